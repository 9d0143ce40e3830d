"""German: verb second, verb last in clauses; objects as (accusative, nominative, gender)."""

from .en import capital
from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["der Lehrer", "die Ärztin", "der Junge", "das Mädchen", "der Bauer", "meine Mutter", "mein Vater", "meine Schwester",
            "mein Bruder", "unser Freund", "der Koch", "der Fahrer", "die Studentin", "der Nachbar", "meine Großmutter", "der Arbeiter"]
VERBS = [("isst", "essen"), ("kocht", "kochen"), ("kauft", "kaufen"), ("verkauft", "verkaufen"),
         ("liest", "lesen"), ("schreibt", "schreiben"), ("schickt", "schicken"),
         ("repariert", "reparieren"), ("putzt", "putzen"), ("streicht", "streichen"), ("öffnet", "öffnen"),
         ("sieht", "sehen"), ("füttert", "füttern"), ("findet", "finden"), ("ruft", "rufen")]
OBJECTS = [("das Brot", "das Brot", 2), ("den Reis", "der Reis", 0), ("den Fisch", "der Fisch", 0), ("den Apfel", "der Apfel", 0),
           ("die Suppe", "die Suppe", 1), ("das Ei", "das Ei", 2), ("den Kuchen", "der Kuchen", 0), ("die Kartoffel", "die Kartoffel", 1),
           ("den Brief", "der Brief", 0), ("das Buch", "das Buch", 2), ("die Zeitung", "die Zeitung", 1),
           ("die Geschichte", "die Geschichte", 1), ("das Gedicht", "das Gedicht", 2), ("die Nachricht", "die Nachricht", 1),
           ("die Tür", "die Tür", 1), ("das Fenster", "das Fenster", 2), ("das Auto", "das Auto", 2), ("den Stuhl", "der Stuhl", 0),
           ("den Tisch", "der Tisch", 0), ("das Boot", "das Boot", 2), ("das Haus", "das Haus", 2), ("das Tor", "das Tor", 2),
           ("den Hund", "der Hund", 0), ("die Katze", "die Katze", 1), ("das Pferd", "das Pferd", 2), ("den Vogel", "der Vogel", 0),
           ("die Kuh", "die Kuh", 1), ("die Ziege", "die Ziege", 1)]
PLACES = ["im Garten", "auf dem Markt", "zu Hause", "in der Schule", "am Fluss", "im Dorf", "in der Stadt", "in der Küche",
          "auf der Straße", "beim Bahnhof"]
TIMES = ["heute", "jeden Tag", "am Morgen", "am Abend", "am Montag", "oft", "im Winter", "am Sonntag"]
ADJECTIVES = ["groß", "klein", "alt", "neu", "schön", "gut", "teuer", "interessant"]
PRONOUNS = ["er", "sie", "es"]


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {VERBS[c.verb][0]} {OBJECTS[c.object][0]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (verb, infinitive), (obj, nominative, gender) = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective]
    other, other_verb, other_obj = SUBJECTS[d.subject], VERBS[d.verb][0], OBJECTS[d.object][0]
    match m.template:
        case "statement":
            return capital(f"{subject} {verb} {time} {place} {obj}.")
        case "negation":
            return capital(f"{subject} {verb} {obj} {place} nicht.")
        case "question":
            return capital(f"{verb} {subject} {time} {obj}?")
        case "want":
            return capital(f"{subject} will {obj} {infinitive}, weil {PRONOUNS[gender]} {adjective} ist.")
        case "state":
            return capital(f"{nominative} {place} ist {adjective}.")
        case "and":
            return capital(f"{does(c)}, und {does(d)}.")
        case "when":
            return f"Wenn {subject} {place} {obj} {verb}, {other_verb} {other} {other_obj}."
        case "where":
            return f"Wo ist {nominative}? {capital(nominative)} ist {place}."
        case "says":
            return capital(f"{subject} sagt, dass {other} {time} {other_obj} {other_verb}.")
    raise ValueError(m.template)
