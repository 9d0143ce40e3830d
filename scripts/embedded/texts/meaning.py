"""Language-independent meanings: what a sentence says, before any language says it."""

import hashlib
import random
from dataclasses import dataclass

# Sizes of the word lists that every language module fills; an index means the same in all of them.
N_SUBJECTS = 16  # teacher doctor boy girl farmer mother father sister brother friend cook driver student neighbour grandmother worker
N_PLACES = 10    # garden market home school river village city kitchen street station
N_TIMES = 8      # today, every day, in the morning, in the evening, on Monday, often, in winter, on Sunday
N_ADJECTIVES = 8  # big small old new beautiful good expensive interesting
# Verbs go with objects of their own group: food, texts, things, animals.
VERBS = [(0, 1, 2, 3), (4, 5, 6), (7, 8, 9, 10), (11, 12, 13, 14)]
# eat cook buy sell | read write send | repair clean paint open | see feed find call
OBJECTS = [range(0, 8), range(8, 14), range(14, 22), range(22, 28)]
# bread rice fish apple soup egg cake potato | letter book newspaper story poem message |
# door window car chair table boat house gate | dog cat horse bird cow goat

TEMPLATES = ("statement", "negation", "question", "want", "state", "and", "when", "where", "says")


@dataclass(frozen=True)
class Clause:
    """Somebody does something: indices into the word lists."""

    subject: int
    verb: int
    object: int


@dataclass(frozen=True)
class Meaning:
    template: str
    first: Clause
    second: Clause
    place: int
    time: int
    adjective: int


def clause(rng: random.Random) -> Clause:
    group = rng.randrange(len(VERBS))
    return Clause(rng.randrange(N_SUBJECTS), rng.choice(VERBS[group]), rng.choice(OBJECTS[group]))


def meaning(rng: random.Random) -> Meaning:
    return Meaning(
        rng.choice(TEMPLATES), clause(rng), clause(rng),
        rng.randrange(N_PLACES), rng.randrange(N_TIMES), rng.randrange(N_ADJECTIVES),
    )


# These print the first clause whole; the others leave its verb or object out, so that two meanings of
# different splits could make the same sentence.
HELD_OUT_TEMPLATES = ("statement", "negation", "question", "want", "and", "when")


def in_split(m: Meaning, split: str) -> bool:
    """Whether a meaning belongs to 'train', 'collect' or 'evaluate'.

    Decided by the first clause: a held-out sentence begins with a clause that begins no sentence of
    another split.
    """
    if split != "train" and m.template not in HELD_OUT_TEMPLATES:
        return False
    digest = hashlib.sha256(repr(m.first).encode()).digest()[0]
    return split == ("collect" if digest < 10 else "evaluate" if digest < 20 else "train")
