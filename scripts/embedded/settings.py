"""Where things are and what is fixed, so that a rerun is the same."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
OUTPUT = REPOSITORY / "src" / "embedded"
WORK = Path(os.environ.get("EMBEDDED_WORK", "/tmp/language-neurons-embedded"))
TOKENIZER, WEIGHTS = WORK / "tokenizer.json", WORK / "model.pt"

SEED = 20250521
LENGTH = 256
STEPS = 2600
WARM_UP = 100
PEAK, FLOOR = 2e-3, 1e-4
WORKERS = 2  # training processes, one thread each
