"""Arithmetic word problems in ten languages, the same meanings in every language."""

from . import bn, de, en, es, fr, ja, ru, sw, th, zh
from .meaning import KINDS, N_PERSONS, N_THINGS, Problem, problem

MODULES = {"en": en, "ru": ru, "es": es, "fr": fr, "de": de, "zh": zh, "ja": ja, "bn": bn, "th": th, "sw": sw}


def question(p: Problem, language: str) -> str:
    return _fill(MODULES[language].QUESTIONS[p.kind], p, language, p.first)


def answer(p: Problem, language: str) -> str:
    """One step, and the number in a sentence: both in the language."""
    return _fill(MODULES[language].ANSWERS[p.kind], p, language, p.result)


def document(p: Problem, language: str) -> str:
    """As the model reads it: the question, a line's end, the answer."""
    return f"{question(p, language)}\n{answer(p, language)}"


def _fill(template: str, p: Problem, language: str, counted: int) -> str:
    module = MODULES[language]
    names = {"A": module.PERSONS[p.person], "B": module.PERSONS[p.other]}
    numbers = {"a": p.first, "b": p.second, "r": p.result, "step": p.step}
    return template.format(**names, **numbers, **module.words(p.thing, counted))


def _check() -> None:
    for language, module in MODULES.items():
        for found, wanted in ((module.PERSONS, N_PERSONS), (module.THINGS, N_THINGS), (module.QUESTIONS, len(KINDS)), (module.ANSWERS, len(KINDS))):
            if len(found) != wanted:
                raise AssertionError(f"{language}: {len(found)} of {wanted}")
        if len(set(module.PERSONS)) < N_PERSONS or len({str(x) for x in module.THINGS}) < N_THINGS:
            raise AssertionError(f"{language}: a word twice")


_check()
