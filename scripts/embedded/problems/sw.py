"""Swahili: 'how many' agrees with the class of the things."""

PERSONS = ["Ana", "Petro", "Maria", "Ivani", "Lisa", "Omari", "Ema", "Leo", "Nina", "Paulo", "Sara", "Tomasi", "Julia", "Maksi", "Eva", "Beni",
           "Klara", "Hugo", "Roza", "Feliksi", "Mona", "Karlo", "Ida", "Timo"]
THINGS = [("matufaha", "mangapi"), ("mayai", "mangapi"), ("tiketi", "ngapi"), ("penseli", "ngapi"), ("mawe", "mangapi"), ("malimau", "mangapi"),
          ("mipira", "mingapi"), ("funguo", "ngapi"), ("glasi", "ngapi"), ("ndizi", "ngapi"), ("bahasha", "ngapi"), ("maua", "mangapi"),
          ("keki", "ngapi"), ("machungwa", "mangapi"), ("viti", "vingapi"), ("madaftari", "mangapi"), ("matikiti", "mangapi"),
          ("nyanya", "ngapi"), ("masanduku", "mangapi"), ("uyoga", "ngapi")]
QUESTIONS = {
    "more": "{A} ana {x} {a}. {A} ananunua tena {b}. Sasa {A} ana {x} {how}?",
    "fewer": "{A} ana {x} {a}. {A} anagawa {b}. {A} anabaki na {x} {how}?",
    "together": "{A} ana {x} {a} na {B} ana {b}. Kwa pamoja wana {x} {how}?",
    "difference": "{A} ana {x} {a} lakini {B} ana {b} tu. {A} amezidi kwa {x} {how}?",
}
ANSWERS = {
    "more": "Tunajumlisha namba: {step}. Sasa {A} ana {x} {r}.",
    "fewer": "Tunatoa namba: {step}. {A} anabaki na {x} {r}.",
    "together": "Tunajumlisha namba: {step}. Kwa pamoja wana {x} {r}.",
    "difference": "Tunatoa namba: {step}. {A} amezidi kwa {x} {r}.",
}


def words(thing: int, n: int) -> dict[str, str]:
    x, how = THINGS[thing]
    return {"x": x, "how": how}
