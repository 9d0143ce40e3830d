"""What a word problem says, before any language says it."""

import hashlib
import random
from dataclasses import dataclass

# Persons and things that every language names in this order; the last ones are for testing alone.
N_PERSONS, N_THINGS = 24, 20
TEST_PERSONS, TEST_THINGS = range(16, 24), range(14, 20)
KINDS = ("more", "fewer", "together", "difference")
ADDS = {"more": True, "fewer": False, "together": True, "difference": False}


@dataclass(frozen=True)
class Problem:
    """Two numbers, and what happens to them: kind as in KINDS; persons and thing are indices."""

    kind: str
    person: int
    other: int
    thing: int
    first: int
    second: int

    @property
    def result(self) -> int:
        return self.first + self.second if ADDS[self.kind] else self.first - self.second

    @property
    def step(self) -> str:
        return f"{self.first} {'+' if ADDS[self.kind] else '-'} {self.second} = {self.result}"


def split_of(first: int, second: int) -> str:
    """Which of 'train', 'collect' and 'test' a pair of numbers belongs to."""
    digest = hashlib.sha256(f"{first} {second}".encode()).digest()[0]
    return "test" if digest < 51 else "collect" if digest < 77 else "train"


def problem(rng: random.Random, split: str) -> Problem:
    """A problem of a split: 'test' has persons, things and pairs of numbers that the others never have."""
    persons = list(TEST_PERSONS) if split == "test" else range(TEST_PERSONS.start)
    things = list(TEST_THINGS) if split == "test" else range(TEST_THINGS.start)
    while True:
        first, second = rng.randint(12, 89), rng.randint(2, 9)
        if split_of(first, second) == split:
            break
    person, other = rng.sample(persons, 2)
    return Problem(rng.choice(KINDS), person, other, rng.choice(things), first, second)
