"""Swahili: persons take a-/ha-; objects as (noun, adjective prefix class)."""

from .en import capital
from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["mwalimu", "daktari", "mvulana", "msichana", "mkulima", "mama yangu", "baba yangu", "dada yangu", "kaka yangu",
            "rafiki yetu", "mpishi", "dereva", "mwanafunzi", "jirani", "bibi yangu", "mfanyakazi"]
# stem and its form after the negative prefix; -la keeps ku- in the affirmative
VERBS = [("anakula", "hali", "kula"), ("anapika", "hapiki", "kupika"), ("ananunua", "hanunui", "kununua"), ("anauza", "hauzi", "kuuza"),
         ("anasoma", "hasomi", "kusoma"), ("anaandika", "haandiki", "kuandika"), ("anatuma", "hatumi", "kutuma"),
         ("anatengeneza", "hatengenezi", "kutengeneza"), ("anasafisha", "hasafishi", "kusafisha"), ("anapaka rangi", "hapaki rangi", "kupaka rangi"),
         ("anafungua", "hafungui", "kufungua"), ("anaona", "haoni", "kuona"), ("analisha", "halishi", "kulisha"),
         ("anapata", "hapati", "kupata"), ("anaita", "haiti", "kuita")]
# class: 0 m-wa (animals), 1 m-mi, 2 ki-vi, 3 ji-ma, 4 n-n, 5 u
OBJECTS = [("mkate", 1), ("wali", 5), ("samaki", 0), ("tufaha", 3), ("supu", 4), ("yai", 3), ("keki", 4), ("kiazi", 2),
           ("barua", 4), ("kitabu", 2), ("gazeti", 3), ("hadithi", 4), ("shairi", 3), ("ujumbe", 5),
           ("mlango", 1), ("dirisha", 3), ("gari", 3), ("kiti", 2), ("meza", 4), ("mashua", 4), ("nyumba", 4), ("lango", 3),
           ("mbwa", 0), ("paka", 0), ("farasi", 0), ("ndege", 0), ("ng'ombe", 0), ("mbuzi", 0)]
PLACES = ["bustanini", "sokoni", "nyumbani", "shuleni", "kando ya mto", "kijijini", "mjini", "jikoni", "barabarani", "karibu na kituo"]
TIMES = ["leo", "kila siku", "asubuhi", "jioni", "Jumatatu", "mara nyingi", "wakati wa baridi", "Jumapili"]
ADJECTIVES = [
    ("mkubwa", "mkubwa", "kikubwa", "kubwa", "kubwa", "mkubwa"), ("mdogo", "mdogo", "kidogo", "dogo", "ndogo", "mdogo"),
    ("mzee", "wa zamani", "cha zamani", "la zamani", "ya zamani", "wa zamani"), ("mpya", "mpya", "kipya", "jipya", "mpya", "mpya"),
    ("mzuri sana", "mzuri sana", "kizuri sana", "zuri sana", "nzuri sana", "mzuri sana"), ("mwema", "mwema", "chema", "jema", "njema", "mwema"),
    ("ghali",) * 6, ("wa kupendeza", "wa kupendeza", "cha kupendeza", "la kupendeza", "ya kupendeza", "wa kupendeza"),
]
WHERE = ["yuko", "uko", "kiko", "liko", "iko", "uko"]


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {VERBS[c.verb][0]} {OBJECTS[c.object][0]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (verb, negative, infinitive), (obj, kind) = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective][kind]
    match m.template:
        case "statement":
            return capital(f"{does(c)} {place} {time}.")
        case "negation":
            return capital(f"{subject} {negative} {obj} {place}.")
        case "question":
            return f"Je, {does(c)} {time}?"
        case "want":
            return capital(f"{subject} anataka {infinitive} {obj} kwa sababu ni {adjective}.")
        case "state":
            return capital(f"{obj} {place} ni {adjective}.")
        case "and":
            return capital(f"{does(c)}, na {does(d)}.")
        case "when":
            return f"Wakati {does(c)} {place}, {does(d)}."
        case "where":
            return f"{capital(obj)} {WHERE[kind]} wapi? {capital(obj)} {WHERE[kind]} {place}."
        case "says":
            return capital(f"{subject} anasema kwamba {does(d)} {time}.")
    raise ValueError(m.template)
