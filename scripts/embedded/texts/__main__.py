"""Prints samples, for the eye: python -m texts [count]."""

import sys
from itertools import islice

from . import paragraphs

for paragraph in islice(paragraphs("train", 0), int(sys.argv[1]) if len(sys.argv) > 1 else 5):
    for language, text in paragraph.items():
        print(language, text)
    print()
