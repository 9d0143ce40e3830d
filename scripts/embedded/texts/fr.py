"""French: elision is decided by the first letter; objects as (noun phrase, feminine)."""

from .en import capital
from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["le maître", "le médecin", "le garçon", "la fille", "le fermier", "ma mère", "mon père", "ma sœur",
            "mon frère", "notre ami", "le cuisinier", "le chauffeur", "l'étudiante", "le voisin", "ma grand-mère", "l'ouvrier"]
VERBS = [("mange", "manger"), ("cuisine", "cuisiner"), ("achète", "acheter"), ("vend", "vendre"),
         ("lit", "lire"), ("écrit", "écrire"), ("envoie", "envoyer"),
         ("répare", "réparer"), ("nettoie", "nettoyer"), ("peint", "peindre"), ("ouvre", "ouvrir"),
         ("voit", "voir"), ("nourrit", "nourrir"), ("trouve", "trouver"), ("appelle", "appeler")]
OBJECTS = [("le pain", 0), ("le riz", 0), ("le poisson", 0), ("la pomme", 1), ("la soupe", 1), ("l'œuf", 0), ("le gâteau", 0),
           ("la pomme de terre", 1), ("la lettre", 1), ("le livre", 0), ("le journal", 0), ("l'histoire", 1), ("le poème", 0),
           ("le message", 0), ("la porte", 1), ("la fenêtre", 1), ("la voiture", 1), ("la chaise", 1), ("la table", 1),
           ("le bateau", 0), ("la maison", 1), ("le portail", 0), ("le chien", 0), ("le chat", 0), ("le cheval", 0),
           ("l'oiseau", 0), ("la vache", 1), ("la chèvre", 1)]
PLACES = ["dans le jardin", "au marché", "à la maison", "à l'école", "près de la rivière", "au village", "en ville",
          "dans la cuisine", "dans la rue", "près de la gare"]
TIMES = ["aujourd'hui", "tous les jours", "le matin", "le soir", "lundi", "souvent", "en hiver", "dimanche"]
ADJECTIVES = [("grand", "grande"), ("petit", "petite"), ("vieux", "vieille"), ("neuf", "neuve"), ("beau", "belle"),
              ("bon", "bonne"), ("cher", "chère"), ("intéressant", "intéressante")]


def negated(verb: str) -> str:
    return f"n'{verb} pas" if verb[0] in "aeiouéœ" else f"ne {verb} pas"


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {VERBS[c.verb][0]} {OBJECTS[c.object][0]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (verb, infinitive), (obj, feminine) = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective][feminine]
    match m.template:
        case "statement":
            return capital(f"{does(c)} {place} {time}.")
        case "negation":
            return capital(f"{subject} {negated(verb)} {obj} {place}.")
        case "question":
            return f"Est-ce que {subject} {verb} {obj} {time} ?"
        case "want":
            return capital(f"{subject} veut {infinitive} {obj} parce qu'{'elle' if feminine else 'il'} est {adjective}.")
        case "state":
            return capital(f"{obj} {place} est {adjective}.")
        case "and":
            return capital(f"{does(c)}, et {does(d)}.")
        case "when":
            return f"Quand {does(c)} {place}, {does(d)}."
        case "where":
            return f"Où est {obj} ? {capital(obj)} est {place}."
        case "says":
            return capital(f"{subject} dit que {does(d)} {time}.")
    raise ValueError(m.template)
