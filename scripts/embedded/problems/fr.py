"""French: 'de' before the thing is d' before a vowel."""

PERSONS = ["Anne", "Pierre", "Marie", "Ivan", "Lise", "Omar", "Emma", "Léo", "Nina", "Paul", "Sara", "Thomas", "Julie", "Max", "Ève", "Benoît",
           "Claire", "Hugo", "Rose", "Félix", "Mona", "Charles", "Ida", "Timothée"]
THINGS = ["pommes", "œufs", "billets", "crayons", "pierres", "citrons", "balles", "clés", "verres", "bananes", "enveloppes", "fleurs",
          "gâteaux", "oranges", "chaises", "cahiers", "melons", "tomates", "boîtes", "champignons"]
QUESTIONS = {
    "more": "{A} a {a} {x}. {A} en achète encore {b}. Combien {of} y a-t-il maintenant ?",
    "fewer": "{A} a {a} {x}. {A} en donne {b}. Combien {of} reste-t-il ?",
    "together": "{A} a {a} {x} et {B} en a {b}. Combien {of} ont-ils ensemble ?",
    "difference": "{A} a {a} {x} et {B} en a seulement {b}. Combien {of} de plus a {A} ?",
}
ANSWERS = {
    "more": "On additionne les nombres : {step}. Maintenant {A} a {r} {x}.",
    "fewer": "On soustrait les nombres : {step}. Il reste {r} {x}.",
    "together": "On additionne les nombres : {step}. Ensemble ils ont {r} {x}.",
    "difference": "On soustrait les nombres : {step}. {A} a {r} {x} de plus.",
}


def words(thing: int, n: int) -> dict[str, str]:
    x = THINGS[thing]
    return {"x": x, "of": f"d’{x}" if x[0] in "oeœ" else f"de {x}"}
