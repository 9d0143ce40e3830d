"""What a training gave, measured/SEED.json: each script records its own part."""

import json
import os
from pathlib import Path

from settings import SEED

FILE = Path(__file__).parent / "measured" / f"{SEED}.json"


def record(part: str, values) -> None:
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    found[part] = values
    FILE.parent.mkdir(exist_ok=True)
    partial = FILE.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    os.replace(partial, FILE)
