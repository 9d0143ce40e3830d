"""English: articles are part of the words; 'does' carries negation and question."""

from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["the teacher", "the doctor", "the boy", "the girl", "the farmer", "my mother", "my father", "my sister",
            "my brother", "our friend", "the cook", "the driver", "the student", "the neighbour", "my grandmother", "the worker"]
VERBS = ["eat", "cook", "buy", "sell", "read", "write", "send", "repair", "clean", "paint", "open", "see", "feed", "find", "call"]
OBJECTS = ["bread", "rice", "fish", "the apple", "soup", "the egg", "the cake", "the potato",
           "the letter", "the book", "the newspaper", "the story", "the poem", "the message",
           "the door", "the window", "the car", "the chair", "the table", "the boat", "the house", "the gate",
           "the dog", "the cat", "the horse", "the bird", "the cow", "the goat"]
PLACES = ["in the garden", "at the market", "at home", "at school", "by the river", "in the village", "in the city",
          "in the kitchen", "in the street", "near the station"]
TIMES = ["today", "every day", "in the morning", "in the evening", "on Monday", "often", "in winter", "on Sunday"]
ADJECTIVES = ["big", "small", "old", "new", "beautiful", "good", "expensive", "interesting"]


def third(verb: str) -> str:
    return verb + "s"


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {third(VERBS[c.verb])} {OBJECTS[c.object]}"


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, verb, obj = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective]
    match m.template:
        case "statement":
            return capital(f"{does(c)} {place} {time}.")
        case "negation":
            return capital(f"{subject} does not {verb} {obj} {place}.")
        case "question":
            return f"Does {subject} {verb} {obj} {time}?"
        case "want":
            return capital(f"{subject} wants to {verb} {obj} because it is {adjective}.")
        case "state":
            return capital(f"{obj} {place} is {adjective}.")
        case "and":
            return capital(f"{does(c)}, and {does(d)}.")
        case "when":
            return f"When {does(c)} {place}, {does(d)}."
        case "where":
            return f"Where is {obj}? {capital(obj)} is {place}."
        case "says":
            return capital(f"{subject} says that {does(d)} {time}.")
    raise ValueError(m.template)
