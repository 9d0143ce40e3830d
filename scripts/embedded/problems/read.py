"""What an answer says: the templates backwards."""

import re
from functools import cache

from . import MODULES
from .meaning import KINDS

FIELDS = ("kind", "person", "thing", "first", "sign", "second", "sum", "result")
STEP = ("kind", "first", "sign", "second", "sum", "result")
PATTERNS = {
    "step": r"(?P<first>\d+) (?P<sign>[+-]) (?P<second>\d+) = (?P<sum>\d+)",
    "A": "(?P<person>.+?)", "x": "(?P<thing>.+?)", "m": "(?P<measure>.+?)", "r": r"(?P<result>\d+)",
}


@cache
def _patterns(language: str) -> dict[str, re.Pattern]:
    def pattern(template: str) -> str:
        parts = re.split(r"\{(\w+)\}", template)
        return "".join(PATTERNS[part] if i % 2 else re.escape(part) for i, part in enumerate(parts))

    return {kind: re.compile(pattern(MODULES[language].ANSWERS[kind]), re.DOTALL) for kind in KINDS}


def read(answer: str, language: str) -> dict[str, object]:
    """The fields that an answer in the language states; empty where it follows no template.

    A person or thing is an index, -1 where no list has it; numbers are as written.
    """
    for kind, pattern in _patterns(language).items():
        if match := pattern.fullmatch(answer.strip()):
            found = match.groupdict()
            return {
                "kind": kind, "first": found["first"], "sign": found["sign"], "second": found["second"],
                "sum": found["sum"], "result": found["result"], "thing": _thing(found, language),
                **({"person": _index(MODULES[language].PERSONS, found["person"])} if "person" in found else {}),
            }
    return {}


def correspondence(answer: str, language: str, pivot: str, pivot_language: str) -> float:
    """Share of the fields stated by the pivot's answer that the answer states alike, from 0 to 1."""
    wanted, found = read(pivot, pivot_language), read(answer, language)
    # Not every language names the person in every answer.
    fields = [field for field in FIELDS if field in wanted and (field in found or not found)]
    return sum(found.get(field) == wanted[field] for field in fields) / len(fields) if fields else 0.0


def same_step(answer: str, language: str, pivot: str, pivot_language: str) -> bool:
    """Whether both state a step and a result, and the same ones."""
    wanted, found = read(pivot, pivot_language), read(answer, language)
    return bool(wanted) and bool(found) and all(found[field] == wanted[field] for field in STEP)


def _thing(found: dict[str, str], language: str) -> int:
    module = MODULES[language]
    for index in range(len(module.THINGS)):
        for n in (1, 2, 5):  # all forms that a number takes
            words = module.words(index, n)
            if words["x"] == found["thing"] and words.get("m") == found.get("measure"):
                return index
    return -1


def _index(names: list[str], name: str) -> int:
    return names.index(name) if name in names else -1
