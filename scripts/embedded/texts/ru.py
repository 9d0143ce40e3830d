"""Russian: present tense, so that verbs need no gender; objects as (accusative, nominative, gender)."""

from .en import capital
from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["учитель", "врач", "мальчик", "девочка", "фермер", "моя мама", "мой отец", "моя сестра",
            "мой брат", "наш друг", "повар", "водитель", "студент", "сосед", "моя бабушка", "рабочий"]
VERBS = [("ест", "есть"), ("готовит", "готовить"), ("покупает", "покупать"), ("продаёт", "продавать"),
         ("читает", "читать"), ("пишет", "писать"), ("отправляет", "отправлять"),
         ("чинит", "чинить"), ("моет", "мыть"), ("красит", "красить"), ("открывает", "открывать"),
         ("видит", "видеть"), ("кормит", "кормить"), ("находит", "находить"), ("зовёт", "звать")]
OBJECTS = [("хлеб", "хлеб", 0), ("рис", "рис", 0), ("рыбу", "рыба", 1), ("яблоко", "яблоко", 2), ("суп", "суп", 0),
           ("яйцо", "яйцо", 2), ("торт", "торт", 0), ("картошку", "картошка", 1),
           ("письмо", "письмо", 2), ("книгу", "книга", 1), ("газету", "газета", 1), ("рассказ", "рассказ", 0),
           ("стихотворение", "стихотворение", 2), ("сообщение", "сообщение", 2),
           ("дверь", "дверь", 1), ("окно", "окно", 2), ("машину", "машина", 1), ("стул", "стул", 0), ("стол", "стол", 0),
           ("лодку", "лодка", 1), ("дом", "дом", 0), ("калитку", "калитка", 1),
           ("собаку", "собака", 1), ("кошку", "кошка", 1), ("лошадь", "лошадь", 1), ("птицу", "птица", 1),
           ("корову", "корова", 1), ("козу", "коза", 1)]
PLACES = ["в саду", "на рынке", "дома", "в школе", "у реки", "в деревне", "в городе", "на кухне", "на улице", "около вокзала"]
TIMES = ["сегодня", "каждый день", "утром", "вечером", "в понедельник", "часто", "зимой", "в воскресенье"]
ADJECTIVES = [("большой", "большая", "большое"), ("маленький", "маленькая", "маленькое"), ("старый", "старая", "старое"),
              ("новый", "новая", "новое"), ("красивый", "красивая", "красивое"), ("хороший", "хорошая", "хорошее"),
              ("дорогой", "дорогая", "дорогое"), ("интересный", "интересная", "интересное")]
PRONOUNS = ["он", "она", "оно"]


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {VERBS[c.verb][0]} {OBJECTS[c.object][0]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (verb, infinitive), (obj, nominative, gender) = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective][gender]
    match m.template:
        case "statement":
            return capital(f"{time} {place} {does(c)}.")
        case "negation":
            return capital(f"{place} {subject} не {verb} {obj}.")
        case "question":
            return capital(f"{subject} {time} {verb} {obj}?")
        case "want":
            return capital(f"{subject} хочет {infinitive} {obj}, потому что {PRONOUNS[gender]} {adjective}.")
        case "state":
            return capital(f"{nominative} {place} {adjective}.")
        case "and":
            return capital(f"{does(c)}, а {does(d)}.")
        case "when":
            return f"Когда {does(c)} {place}, {does(d)}."
        case "where":
            return f"Где {nominative}? {capital(nominative)} {place}."
        case "says":
            return capital(f"{subject} говорит, что {does(d)} {time}.")
    raise ValueError(m.template)
