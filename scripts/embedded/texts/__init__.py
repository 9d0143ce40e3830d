"""Endless parallel paragraphs in ten languages, from templates and word lists."""

import random
from collections.abc import Iterator

from . import bn, de, en, es, fr, ja, ru, sw, th, zh
from .meaning import in_split, meaning

MODULES = {"en": en, "ru": ru, "es": es, "fr": fr, "de": de, "zh": zh, "ja": ja, "bn": bn, "th": th, "sw": sw}
LANGUAGES = list(MODULES)


def paragraphs(split: str, seed: int) -> Iterator[dict[str, str]]:
    """Yields paragraphs of 2 to 4 sentences, the same meanings in every language.

    split: 'train', 'collect' or 'evaluate'; no sentence of one is in another. The same seed gives the
    same paragraphs.
    """
    rng = random.Random(f"{split} {seed}")
    while True:
        meanings = []
        wanted = rng.randint(2, 4)
        while len(meanings) < wanted:
            m = meaning(rng)
            if in_split(m, split):
                meanings.append(m)
        yield {
            language: module.JOIN.join(module.sentence(m) for m in meanings)
            for language, module in MODULES.items()
        }
