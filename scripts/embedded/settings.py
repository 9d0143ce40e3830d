"""Where things are and what is fixed, so that a rerun is the same."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
OUTPUT = Path(os.environ.get("EMBEDDED_OUTPUT", REPOSITORY / "src" / "embedded"))
WORK = Path(os.environ.get("EMBEDDED_WORK", "/tmp/language-neurons-embedded"))
TOKENIZER, WEIGHTS, ADAPTER = WORK / "tokenizer.json", WORK / "model.pt", WORK / "lora.pt"

TEXT_SEED = 20250521  # of the texts that are shipped, and of the tokenizer: the same for every training
SEED = int(os.environ.get("EMBEDDED_SEED", TEXT_SEED))
LENGTH = 256
STEPS = int(os.environ.get("EMBEDDED_STEPS", 4000))
WARM_UP = 100
PEAK, FLOOR = 4e-3, 1e-4
SPARSITY = float(os.environ.get("EMBEDDED_SPARSITY", 6))  # weight of the penalty on neurons that spread over all texts
WORKERS = int(os.environ.get("EMBEDDED_WORKERS", 2))  # training processes, one thread each
