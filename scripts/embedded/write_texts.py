"""Writes the collect and evaluate texts that go with the embedded model.

One paragraph a line, line N of every language of a split saying the same thing.
"""

import json
import random

import tokenizer as bpe
from languages import LANGUAGES
from problems import answer, problem, question
from settings import OUTPUT, TEXT_SEED, TOKENIZER
from texts import paragraphs

# Tokens a language, on average over the languages: parallel texts differ in length.
WANTED = {"collect": 6000, "evaluate": 800}
SOLVED, ASKED = 150, 100  # word problems a language, with answers to count on and without to be answered


def gather(split: str, tokenizer) -> list[dict[str, str]]:
    """Paragraph groups, none twice, until the languages' mean length is reached."""
    groups, seen, tokens = [], set(), 0
    for group in paragraphs(split, TEXT_SEED):
        if group["en"] in seen:
            continue
        seen.add(group["en"])
        groups.append(group)
        tokens += sum(len(tokenizer.encode(text + "\n").ids) for text in group.values())
        if tokens >= WANTED[split] * len(LANGUAGES):
            return groups


def distinct(split: str, count: int) -> list:
    chance, found = random.Random(f"{split} {TEXT_SEED}"), {}
    while len(found) < count:
        found[problem(chance, split)] = None
    return list(found)


def write_problems() -> None:
    """Parallel by line too: MGSM's files of questions, and JSONL of questions with their answers."""
    folder = OUTPUT / "problems"
    (folder / "test").mkdir(parents=True, exist_ok=True)
    solved, asked = distinct("collect", SOLVED), distinct("test", ASKED)
    lines = [
        json.dumps({"language": language, "prompt": question(p, language) + "\n", "response": answer(p, language)}, ensure_ascii=False)
        for language in LANGUAGES for p in solved
    ]
    (folder / "collect.jsonl").write_bytes(("\n".join(lines) + "\n").encode())
    for language in LANGUAGES:
        rows = "".join(f"{question(p, language)}\t{p.result}\n" for p in asked)
        (folder / "test" / f"mgsm_{language}.tsv").write_bytes(rows.encode())


def main() -> None:
    tokenizer = bpe.load(TOKENIZER)
    for split in WANTED:
        groups = gather(split, tokenizer)
        folder = OUTPUT / "texts" / split
        folder.mkdir(parents=True, exist_ok=True)
        for language in LANGUAGES:
            lines = [group[language] for group in groups]
            if any("\n" in line for line in lines):
                raise SystemExit(f"{language}: a paragraph of more than one line")
            text = "\n".join(lines) + "\n"
            (folder / f"{language}.txt").write_bytes(text.encode())
            print(split, language, len(lines), "paragraphs", len(tokenizer.encode(text).ids), "tokens")
    write_problems()


if __name__ == "__main__":
    main()
