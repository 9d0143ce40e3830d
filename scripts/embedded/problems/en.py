"""English. Things: (plural,)."""

PERSONS = ["Anna", "Peter", "Maria", "Ivan", "Lisa", "Omar", "Emma", "Leo", "Nina", "Paul", "Sara", "Tom", "Julia", "Max", "Eva", "Ben",
           "Clara", "Hugo", "Rosa", "Felix", "Mona", "Karl", "Ida", "Tim"]
THINGS = ["apples", "eggs", "tickets", "pencils", "stones", "lemons", "balls", "keys", "glasses", "bananas", "envelopes", "flowers",
          "cakes", "oranges", "chairs", "notebooks", "melons", "tomatoes", "boxes", "mushrooms"]
QUESTIONS = {
    "more": "{A} has {a} {x}. {A} buys {b} more. How many {x} does {A} have now?",
    "fewer": "{A} has {a} {x}. {A} gives away {b} of them. How many {x} are left?",
    "together": "{A} has {a} {x} and {B} has {b}. How many {x} do they have together?",
    "difference": "{A} has {a} {x} and {B} has only {b}. How many more {x} does {A} have?",
}
ANSWERS = {
    "more": "We add the numbers: {step}. Now {A} has {r} {x}.",
    "fewer": "We subtract the numbers: {step}. There are {r} {x} left.",
    "together": "We add the numbers: {step}. Together they have {r} {x}.",
    "difference": "We subtract the numbers: {step}. {A} has {r} {x} more.",
}


def words(thing: int, n: int) -> dict[str, str]:
    return {"x": THINGS[thing]}
