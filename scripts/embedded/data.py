"""Training rows: one language a row, ten rows a step, so languages are balanced exactly.

Generating and tokenizing ten rows takes a few milliseconds, a step of training
hundreds: no background process is needed.
"""

import random
from collections.abc import Iterator

import torch
from tokenizers import Tokenizer

import udhr
from languages import LANGUAGES
from tokenizer import BOS, EOS

END_RATE = 1 / 8  # share of paragraphs after which the document ends
UDHR_EVERY = 10  # one step in so many reads the UDHR: few passes over it in all


def rows(tokenizer: Tokenizer, length: int, seed: int) -> Iterator[torch.Tensor]:
    """Yields [languages, length + 1] token numbers, endlessly."""
    from texts import paragraphs

    chance, step = random.Random(seed), 0
    generated = paragraphs("train", seed)
    declaration = {language: udhr.training(language) for language in LANGUAGES}
    while True:
        step += 1
        from_udhr = step % UDHR_EVERY == 0
        filled = {language: Row(tokenizer, length + 1) for language in LANGUAGES}
        while any(not row.full for row in filled.values()):
            # Rows fill at different speeds; a full one drops its share of the group,
            # so every language sees text of every meaning equally often.
            if from_udhr:
                group = {language: chance.choice(declaration[language]) for language in LANGUAGES}
            else:
                group = next(generated)
            ends = chance.random() < END_RATE
            for language, row in filled.items():
                row.add(group[language], ends)
        yield torch.tensor([filled[language].tokens for language in LANGUAGES])


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
        self.tokens += self.tokenizer.encode(text if ends else text + "\n").ids
        if ends:
            self.tokens += [self.end, self.begin]
        del self.tokens[self.length:]
