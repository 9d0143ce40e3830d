"""The one place that writes measured.json: each script records its own part."""

import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("measured.json")


def record(part: str, values) -> None:
    found = json.loads(FILE.read_text()) if FILE.exists() else {}
    found[part] = values
    partial = FILE.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    os.replace(partial, FILE)
