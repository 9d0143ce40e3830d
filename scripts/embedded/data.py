"""Training rows, of one language each: some of ordinary texts, some of word problems.

Ordinary texts are balanced over the languages; word problems are nearly all English, as most
of what large models learn to reason from is. Generating and tokenizing a step's rows takes a few
milliseconds, the step hundreds: no background process is needed.
"""

import random
from collections.abc import Iterator

import torch
from tokenizers import Tokenizer

import udhr
from languages import LANGUAGES
from problems import document, problem
from tokenizer import BOS, EOS

END_RATE = 1 / 8  # share of paragraphs after which the document ends
UDHR_EVERY = 10  # one row a language in so many is of the UDHR: few passes over it in all
ROWS = 6  # of each kind in a step: small steps, as a model learns to copy numbers by the step rather than by the token
# Share of the rows of word problems.
PROBLEM_SHARES = {"en": 0.961, "ru": 0.007, "ja": 0.006, "th": 0.005, "de": 0.004, "fr": 0.004, "es": 0.004, "zh": 0.004, "bn": 0.003, "sw": 0.002}


def rows(tokenizer: Tokenizer, length: int, seed: int) -> Iterator[torch.Tensor]:
    """Yields [2 ROWS, length + 1] token numbers, endlessly: ordinary texts and word problems by turns."""
    chance, texts = random.Random(seed), text_rows(tokenizer, length + 1, seed)
    while True:
        mixed = [row for _ in range(ROWS) for row in (next(texts), problem_row(tokenizer, length + 1, chance))]
        yield torch.tensor([row.tokens for row in mixed])


def text_rows(tokenizer: Tokenizer, length: int, seed: int) -> Iterator["Row"]:
    """One row a language, in turn."""
    from texts import paragraphs

    chance, turn = random.Random(seed), 0
    generated = paragraphs("train", seed)
    declaration = {language: udhr.training(language) for language in LANGUAGES}
    while True:
        turn += 1
        from_udhr = turn % UDHR_EVERY == 0
        filled = {language: Row(tokenizer, length) for language in LANGUAGES}
        while any(not row.full for row in filled.values()):
            # Rows fill at different speeds; a full one drops its share of the group,
            # so every language sees text of every meaning equally often.
            if from_udhr:
                group = {language: chance.choice(declaration[language]) for language in LANGUAGES}
            else:
                group = next(generated)
            ends = chance.random() < END_RATE
            for language, row in filled.items():
                row.add(group[language] if ends else group[language] + "\n", ends)
        yield from filled.values()


def problem_row(tokenizer: Tokenizer, length: int, chance: random.Random) -> "Row":
    """Problems with their answers, a document each."""
    row = Row(tokenizer, length)
    (language,) = chance.choices(list(PROBLEM_SHARES), list(PROBLEM_SHARES.values()))
    while not row.full:
        row.add(document(problem(chance, "train"), language), True)
    return row


class Row:
    """Tokens of documents of one language, cut at the length."""

    def __init__(self, tokenizer: Tokenizer, length: int):
        self.tokenizer, self.length = tokenizer, length
        self.begin, self.end = tokenizer.token_to_id(BOS), tokenizer.token_to_id(EOS)
        self.tokens = [self.begin]

    @property
    def full(self) -> bool:
        return len(self.tokens) >= self.length

    def add(self, text: str, ends: bool) -> None:
        if self.full:
            return
        self.tokens += self.tokenizer.encode(text).ids
        if ends:
            self.tokens += [self.end, self.begin]
        del self.tokens[self.length:]
