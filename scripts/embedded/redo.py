"""Makes the embedded model and its texts anew: everything in this folder, in order."""

import os
import subprocess
import sys
from pathlib import Path

from settings import TOKENIZER, WEIGHTS

STEPS = ["udhr.py", "train.py", "export.py", "write_texts.py", "evaluate.py", "verify.py"]
# glibc gives big blocks back to the system after every use; taking them anew, page by
# page, costs training more than arithmetic does.
ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(8 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20), "MALLOC_ARENA_MAX": "1",
}


def main() -> None:
    for old in (TOKENIZER, WEIGHTS):
        old.unlink(missing_ok=True)
    folder = Path(__file__).parent
    for script in STEPS:
        print(f"== {script}", flush=True)
        subprocess.run([sys.executable, str(folder / script)], check=True, env={**os.environ, **ENVIRONMENT})


if __name__ == "__main__":
    main()
