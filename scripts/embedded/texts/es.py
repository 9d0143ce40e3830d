"""Spanish: objects as (noun phrase, feminine)."""

from .en import capital
from .meaning import Clause, Meaning

JOIN = " "
SUBJECTS = ["el maestro", "la doctora", "el niño", "la niña", "el granjero", "mi madre", "mi padre", "mi hermana",
            "mi hermano", "nuestro amigo", "el cocinero", "el conductor", "la estudiante", "el vecino", "mi abuela", "el obrero"]
VERBS = [("come", "comer"), ("cocina", "cocinar"), ("compra", "comprar"), ("vende", "vender"),
         ("lee", "leer"), ("escribe", "escribir"), ("envía", "enviar"),
         ("repara", "reparar"), ("limpia", "limpiar"), ("pinta", "pintar"), ("abre", "abrir"),
         ("ve", "ver"), ("alimenta", "alimentar"), ("encuentra", "encontrar"), ("llama", "llamar")]
OBJECTS = [("el pan", 0), ("el arroz", 0), ("el pescado", 0), ("la manzana", 1), ("la sopa", 1), ("el huevo", 0),
           ("el pastel", 0), ("la papa", 1), ("la carta", 1), ("el libro", 0), ("el periódico", 0), ("el cuento", 0),
           ("el poema", 0), ("el mensaje", 0), ("la puerta", 1), ("la ventana", 1), ("el coche", 0), ("la silla", 1),
           ("la mesa", 1), ("el barco", 0), ("la casa", 1), ("el portón", 0), ("al perro", 0), ("al gato", 0),
           ("al caballo", 0), ("al pájaro", 0), ("a la vaca", 1), ("a la cabra", 1)]
PLACES = ["en el jardín", "en el mercado", "en casa", "en la escuela", "junto al río", "en el pueblo", "en la ciudad",
          "en la cocina", "en la calle", "cerca de la estación"]
TIMES = ["hoy", "todos los días", "por la mañana", "por la tarde", "el lunes", "a menudo", "en invierno", "el domingo"]
ADJECTIVES = [("grande", "grande"), ("pequeño", "pequeña"), ("viejo", "vieja"), ("nuevo", "nueva"), ("hermoso", "hermosa"),
              ("bueno", "buena"), ("caro", "cara"), ("interesante", "interesante")]


def nominative(obj: str) -> str:
    """Animals carry the personal 'a' as objects, not as subjects."""
    return "el " + obj[3:] if obj.startswith("al ") else obj.removeprefix("a ")


def does(c: Clause) -> str:
    return f"{SUBJECTS[c.subject]} {VERBS[c.verb][0]} {OBJECTS[c.object][0]}"


def sentence(m: Meaning) -> str:
    c, d = m.first, m.second
    subject, (verb, infinitive), (obj, feminine) = SUBJECTS[c.subject], VERBS[c.verb], OBJECTS[c.object]
    place, time, adjective, thing = PLACES[m.place], TIMES[m.time], ADJECTIVES[m.adjective][feminine], nominative(obj)
    match m.template:
        case "statement":
            return capital(f"{does(c)} {place} {time}.")
        case "negation":
            return capital(f"{subject} no {verb} {obj} {place}.")
        case "question":
            return f"¿{capital(verb)} {subject} {obj} {time}?"
        case "want":
            return capital(f"{subject} quiere {infinitive} {obj} porque es {adjective}.")
        case "state":
            return capital(f"{thing} {place} es {adjective}.")
        case "and":
            return capital(f"{does(c)}, y {does(d)}.")
        case "when":
            return f"Cuando {does(c)} {place}, {does(d)}."
        case "where":
            return f"¿Dónde está {thing}? {capital(thing)} está {place}."
        case "says":
            return capital(f"{subject} dice que {does(d)} {time}.")
    raise ValueError(m.template)
