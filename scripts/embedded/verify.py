"""Checks the GGUF against PyTorch and HF tokenizers, through node-llama-cpp.

Tokenization must be identical on held-out texts of all languages, and on texts made to
be awkward; next-token probabilities must agree within TOLERANCE.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import gguf
import torch

import tokenizer as bpe
import udhr
from export import BASE, SHIPPED
from languages import LANGUAGES
from measured import record
from model import Model, Shape
from settings import OUTPUT, SEED, TOKENIZER, WEIGHTS

# Largest difference of a next-token probability. PyTorch runs with the weights as the file rounds
# them; llama.cpp also rounds the matrix products' inputs to 8 bits and its KV cache to F16.
TOLERANCE = 5e-2
AWKWARD = [
    "It's 10,000.50 - ok?!\n\n  Next  line\t tab \r\nend ", "   ", "'S 're ''ll", "a\u0301e\u0308 ไทย๑๒๓ ๔",
    "১২৩ টাকা।\u200c\u200d", "「こんにちは」…　全角", "😀👩‍👧 ©®", "x²³½ Ⅷ", "\n", " \n \n", "“quotes”—dash",
]


def sequences(tokenizer) -> list[list[int]]:
    """BOS and the start of a held-out text of each language, at several lengths."""
    begin = tokenizer.token_to_id(bpe.BOS)
    found = []
    for language in LANGUAGES:
        lines = (OUTPUT / "texts" / "evaluate" / f"{language}.txt").read_text("utf-8")
        for text, length in ((lines, 20), (lines, 300), (" ".join(udhr.held_out(language)), 200)):
            found.append([begin, *tokenizer.encode(text).ids][:length])
    return found


def llama_cpp(texts: list[str], rows: list[list[int]]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        request.write_text(json.dumps({"texts": texts, "sequences": rows}))
        script = Path(__file__).with_name("llamaCpp.mjs")
        subprocess.run(["node", str(script), str(BASE), str(request), str(answer)], check=True)
        return json.loads(answer.read_text())


def main() -> None:
    tokenizer = bpe.load(TOKENIZER)
    texts = list(AWKWARD)
    for language in LANGUAGES:
        texts += udhr.held_out(language)
        texts += (OUTPUT / "texts" / "evaluate" / f"{language}.txt").read_text("utf-8").splitlines(True)
    rows = sequences(tokenizer)
    answer = llama_cpp(texts, rows)
    if not answer["addsBos"] or answer["bos"] != tokenizer.token_to_id(bpe.BOS):
        raise SystemExit("llama.cpp would not begin with BOS")
    ours = [tokenizer.encode(text).ids for text in texts]
    wrong = [text for text, a, b in zip(texts, ours, answer["tokens"]) if a != b]
    if wrong:
        raise SystemExit(f"{len(wrong)} texts tokenized differently, first: {wrong[0]!r}")

    model, kind = Model(Shape(), SEED), gguf.GGMLQuantizationType[SHIPPED]

    def rounded(tensor):
        return torch.from_numpy(gguf.dequantize(gguf.quantize(tensor.numpy(), kind), kind)) if tensor.dim() == 2 else tensor

    model.load_state_dict({name: rounded(tensor) for name, tensor in torch.load(WEIGHTS)["state"].items()})
    worst, same_top = 0.0, 0
    with torch.no_grad():
        for row, logits in zip(rows, answer["logits"]):
            expected = model(torch.tensor([row]))[0, -1].softmax(-1)
            got = torch.tensor(logits).softmax(-1)
            worst = max(worst, (expected - got).abs().max().item())
            same_top += int(expected.argmax() == got.argmax())
    result = {
        "texts tokenized identically": len(texts), "tokens": sum(map(len, ours)),
        "sequences": len(rows), "same top token": same_top,
        "largest probability difference": worst, "tolerance": TOLERANCE,
    }
    print(json.dumps(result))
    if worst > TOLERANCE:
        raise SystemExit("PyTorch and llama.cpp disagree")
    record("llama.cpp agreement", result)


if __name__ == "__main__":
    main()
