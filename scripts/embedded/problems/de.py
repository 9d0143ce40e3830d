"""German: one plural for every number."""

PERSONS = ["Anna", "Peter", "Maria", "Ivan", "Lisa", "Omar", "Emma", "Leo", "Nina", "Paul", "Sara", "Tom", "Julia", "Max", "Eva", "Ben",
           "Clara", "Hugo", "Rosa", "Felix", "Mona", "Karl", "Ida", "Tim"]
THINGS = ["Äpfel", "Eier", "Karten", "Stifte", "Steine", "Zitronen", "Bälle", "Schlüssel", "Gläser", "Bananen", "Umschläge", "Blumen",
          "Kuchen", "Orangen", "Stühle", "Hefte", "Melonen", "Tomaten", "Kisten", "Pilze"]
QUESTIONS = {
    "more": "{A} hat {a} {x}. {A} kauft noch {b} dazu. Wie viele {x} hat {A} jetzt?",
    "fewer": "{A} hat {a} {x}. {A} gibt {b} davon weg. Wie viele {x} bleiben übrig?",
    "together": "{A} hat {a} {x} und {B} hat {b}. Wie viele {x} haben sie zusammen?",
    "difference": "{A} hat {a} {x} und {B} hat nur {b}. Wie viele {x} mehr hat {A}?",
}
ANSWERS = {
    "more": "Wir zählen zusammen: {step}. Jetzt hat {A} {r} {x}.",
    "fewer": "Wir ziehen ab: {step}. Es bleiben {r} {x} übrig.",
    "together": "Wir zählen zusammen: {step}. Zusammen haben sie {r} {x}.",
    "difference": "Wir ziehen ab: {step}. Also hat {A} {r} {x} mehr.",
}


def words(thing: int, n: int) -> dict[str, str]:
    return {"x": THINGS[thing]}
