"""Writes the collect and evaluate texts that go with the embedded model.

One paragraph a line, line N of every language of a split saying the same thing.
"""

import tokenizer as bpe
from languages import LANGUAGES
from settings import OUTPUT, SEED, TOKENIZER
from texts import paragraphs

# Tokens a language, on average over the languages: parallel texts differ in length.
WANTED = {"collect": 6000, "evaluate": 1500}


def gather(split: str, tokenizer) -> list[dict[str, str]]:
    """Paragraph groups, none twice, until the languages' mean length is reached."""
    groups, seen, tokens = [], set(), 0
    for group in paragraphs(split, SEED):
        if group["en"] in seen:
            continue
        seen.add(group["en"])
        groups.append(group)
        tokens += sum(len(tokenizer.encode(text + "\n").ids) for text in group.values())
        if tokens >= WANTED[split] * len(LANGUAGES):
            return groups


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


if __name__ == "__main__":
    main()
