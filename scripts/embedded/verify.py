"""Checks the GGUF against PyTorch and HF tokenizers, through node-llama-cpp.

Tokenization must be identical on held-out texts of all languages, and on texts made to
be awkward; next-token probabilities of the F16 file must agree within its tolerance.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import gguf
import torch

import tokenizer as bpe
import udhr
from export import BASE, SHIPPED, export_model
from languages import LANGUAGES
from measured import record
from model import Model, Shape
from settings import OUTPUT, SEED, TOKENIZER, WEIGHTS, WORK

# Largest difference of a next-token probability. PyTorch runs with the weights as the file rounds them, and in
# F32; llama.cpp rounds the KV cache to F16, and with Q8_0 weights the matrix products' inputs to 8 bits.
TOLERANCES = {"F16": 5e-3, SHIPPED: None}  # None: recorded, not judged
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


def llama_cpp(path: Path, texts: list[str], rows: list[list[int]]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        request.write_text(json.dumps({"texts": texts, "sequences": rows}))
        script = Path(__file__).with_name("llamaCpp.mjs")
        subprocess.run(["node", str(script), str(path), str(request), str(answer)], check=True)
        return json.loads(answer.read_text())


def main() -> None:
    tokenizer = bpe.load(TOKENIZER)
    texts = list(AWKWARD)
    for language in LANGUAGES:
        texts += udhr.held_out(language)
        texts += (OUTPUT / "texts" / "evaluate" / f"{language}.txt").read_text("utf-8").splitlines(True)
    rows = sequences(tokenizer)
    results = {"texts": len(texts), "sequences": len(rows)}
    for kind, tolerance in TOLERANCES.items():
        path = BASE if kind == SHIPPED else export_model(WORK / f"base-{kind}.gguf", kind)
        answer = llama_cpp(path, texts, rows)
        if not answer["addsBos"] or answer["bos"] != tokenizer.token_to_id(bpe.BOS):
            raise SystemExit("llama.cpp would not begin with BOS")
        ours = [tokenizer.encode(text).ids for text in texts]
        wrong = [text for text, a, b in zip(texts, ours, answer["tokens"]) if a != b]
        if wrong:
            raise SystemExit(f"{len(wrong)} texts tokenized differently, first: {wrong[0]!r}")
        results[kind] = compare(rows, answer["logits"], kind)
        print(json.dumps({kind: results[kind]}))
        if tolerance is not None and results[kind]["largest probability difference"] > tolerance:
            raise SystemExit(f"PyTorch and llama.cpp disagree by more than {tolerance}")
    record("llama.cpp agreement", results)


def compare(rows: list[list[int]], answered: list[list[float]], kind: str) -> dict:
    """Next-token probabilities of PyTorch, with the weights rounded as in the file, beside llama.cpp's."""
    model, quantization = Model(Shape(), SEED), gguf.GGMLQuantizationType[kind]

    def rounded(tensor):
        return torch.from_numpy(gguf.dequantize(gguf.quantize(tensor.numpy(), quantization), quantization)) if tensor.dim() == 2 else tensor

    model.load_state_dict({name: rounded(tensor) for name, tensor in torch.load(WEIGHTS)["state"].items()})
    worst, same_top = 0.0, 0
    with torch.no_grad():
        for row, logits in zip(rows, answered):
            expected = model(torch.tensor([row]))[0, -1].softmax(-1)
            got = torch.tensor(logits).softmax(-1)
            worst = max(worst, (expected - got).abs().max().item())
            same_top += int(expected.argmax() == got.argmax())
    return {"same top token": same_top, "largest probability difference": worst}


if __name__ == "__main__":
    main()
