"""Byte-level BPE whose pre-tokenizer is llama.cpp's "qwen35".

That one keeps combining marks with their letters ([\\p{L}\\p{M}]+), which Bengali and
Thai need: under "gpt-2" or "llama-bpe" each of their marks would start a new word.
"""

import itertools
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import udhr
from languages import LANGUAGES
from problems import document, problem
from settings import TEXT_SEED

PRE = "qwen35"
PATTERN = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Few tokens, so that words are spelt from pieces: with 4096 most of the templates' words, and
# whole phrases, were single tokens.
VOCABULARY = 1024
BOS, EOS = "<|begin|>", "<|end|>"
# Few paragraphs and short tokens: more would spend the vocabulary on whole phrases of the
# templates, which no other text has.
PARAGRAPHS = 300  # generated paragraphs a language that the merges are learnt from
PROBLEMS = 150  # and word problems
LONGEST = 18  # bytes a token


def train() -> Tokenizer:
    from texts import paragraphs  # late: verify.py and others need no generator

    tokenizer = byte_level(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[BOS, EOS], show_progress=False, max_token_length=LONGEST,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(mix(paragraphs), trainer)
    if tokenizer.get_vocab_size() != VOCABULARY:
        raise SystemExit(f"only {tokenizer.get_vocab_size()} tokens")
    return tokenizer


def byte_level(model: models.BPE) -> Tokenizer:
    """The tokenizer around a vocabulary with its merges, or around an empty one to be trained."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def mix(paragraphs):
    """Parallel generated paragraphs and word problems, and the training part of the UDHR once."""
    chance = random.Random(TEXT_SEED)
    for group in itertools.islice(paragraphs("train", TEXT_SEED), PARAGRAPHS):
        yield from (group[language] for language in LANGUAGES)
    for _ in range(PROBLEMS):
        asked = problem(chance, "train")
        yield from (document(asked, language) for language in LANGUAGES)
    for language in LANGUAGES:
        yield from udhr.training(language)


def load(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def merges(tokenizer: Tokenizer) -> list[str]:
    """The merges in order, as GGUF wants them: "left right"."""
    import json

    pairs = json.loads(tokenizer.to_str())["model"]["merges"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]
