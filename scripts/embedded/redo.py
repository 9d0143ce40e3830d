"""Makes the embedded models and their texts anew: everything in this folder, in order."""

import os
import subprocess
import sys
from pathlib import Path

from export import export_model
from measured import FILE
from settings import OUTPUT, TOKENIZER, WEIGHTS, WORK

STEPS = ["udhr.py", "train.py", "export.py", "write_texts.py", "verify.py", "align.py"]
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
    others = [f"{kind}={export_model(WORK / f'base-{kind}.gguf', kind)}" for kind in ("F16", "Q4_0")]
    print("== measure.mjs", flush=True)
    subprocess.run(["node", str(folder / "measure.mjs"), str(OUTPUT), str(FILE), *others], check=True)


if __name__ == "__main__":
    main()
