"""Spanish: how many agrees with the thing's gender."""

PERSONS = ["Ana", "Pedro", "María", "Iván", "Lisa", "Omar", "Ema", "León", "Nina", "Pablo", "Sara", "Tomás", "Julia", "Max", "Eva", "Benito",
           "Clara", "Hugo", "Rosa", "Félix", "Mona", "Carlos", "Ida", "Timoteo"]
THINGS = ["manzanas", "huevos", "billetes", "lápices", "piedras", "limones", "pelotas", "llaves", "vasos", "bananas", "sobres", "flores",
          "pasteles", "naranjas", "sillas", "cuadernos", "melones", "tomates", "cajas", "hongos"]
FEMININE = {0, 4, 6, 7, 9, 11, 13, 14, 18}
QUESTIONS = {
    "more": "{A} tiene {a} {x}. {A} compra {b} más. ¿{How} {x} tiene {A} ahora?",
    "fewer": "{A} tiene {a} {x}. {A} regala {b}. ¿{How} {x} quedan?",
    "together": "{A} tiene {a} {x} y {B} tiene {b}. ¿{How} {x} tienen en total?",
    "difference": "{A} tiene {a} {x} y {B} tiene solo {b}. ¿{How} {x} más tiene {A}?",
}
ANSWERS = {
    "more": "Sumamos los números: {step}. Ahora {A} tiene {r} {x}.",
    "fewer": "Restamos los números: {step}. Quedan {r} {x}.",
    "together": "Sumamos los números: {step}. En total tienen {r} {x}.",
    "difference": "Restamos los números: {step}. {A} tiene {r} {x} más.",
}


def words(thing: int, n: int) -> dict[str, str]:
    return {"x": THINGS[thing], "How": "Cuántas" if thing in FEMININE else "Cuántos"}
