"""Checks the shipped GGUF against PyTorch and HF tokenizers, through node-llama-cpp.

Needs the repository alone: weights and tokens are read from the shipped file. Where the trained weights and tokenizer
are still in EMBEDDED_WORK, the file must besides hold exactly the rounding of those weights, and tokenize as that one.

Tokenization must be identical on held-out texts of all languages, and on texts made to be awkward. Next-token
probabilities are compared three times, as llama.cpp with Q8_0 weights rounds the inputs of matrix products to 8 bits:

- weights: an F32 copy of the file, keys and values F32, so that nothing is rounded on either side;
- products: the file itself, two tokens, PyTorch rounding the inputs as llama.cpp does. With more tokens a last bit of
  a sum turns one rounding or another, and what follows is another rounding throughout;
- whole: the file itself as the tool runs it, keys and values F16, PyTorch unrounded. The difference is the rounding.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer

import shipped
import tokenizer as bpe
import udhr
from export import BASE, SHIPPED, gguf_name
from languages import LANGUAGES
from measured import record
from rounding import inputs_rounded
from settings import OUTPUT, TOKENIZER, WEIGHTS, WORK

# Each beside what was measured on an AMD EPYC (AVX2). Differences are of next-token probabilities.
LIMITS = {
    "weights": {"largest difference": 1e-5},  # 3.0e-6: the order of F32 sums; with keys and values in F16 8.2e-4
    # Without the inputs rounded 1.1e-2, so that a wrong block, scale or order would show.
    "products": {"median difference": 5e-7},  # 1.3e-7
    # PyTorch with its inputs rounded lies as far from PyTorch without, "rounding alone" in measured/.
    "whole": {"largest difference": 0.1, "mean divergence": 2e-3},  # 5.7e-2, 8.7e-4
}
CLOSE = 1e-5  # two tokens whose probabilities agree so far met no rounding that turned
FEWEST_CLOSE = 0.8  # 0.92 did
AWKWARD = [
    "It's 10,000.50 - ok?!\n\n  Next  line\t tab \r\nend ", "   ", "'S 're ''ll", "a\u0301e\u0308 ไทย๑๒๓ ๔",
    "১২৩ টাকা।\u200c\u200d", "「こんにちは」…　全角", "😀👩‍👧 ©®", "x²³½ Ⅷ", "\n", " \n \n", "“quotes”—dash",
]


def main() -> None:
    torch.set_num_threads(1)
    tokenizer = bpe.load(TOKENIZER) if TOKENIZER.exists() else shipped.tokenizer(BASE)
    if WEIGHTS.exists():
        check_rounding(shipped.weights(BASE))
    begin, texts = tokenizer.token_to_id(bpe.BOS), texts_to_tokenize()
    rows = sequences(tokenizer)
    pairs = [[begin, token] for token in range(begin + 2, tokenizer.get_vocab_size(), 4)]
    copy = shipped.write_unquantized(BASE, WORK / "base-F32.gguf")
    answers = {
        "weights": llama_cpp(copy, [], rows, exact=True),
        "products": llama_cpp(BASE, [], pairs, exact=True),
        "whole": llama_cpp(BASE, texts, rows, exact=False),
    }
    check_tokens(tokenizer, texts, answers["whole"])
    model = shipped.model(BASE)
    plain = probabilities(model, rows)
    with inputs_rounded(model):
        rounded, rounded_pairs = probabilities(model, rows), probabilities(model, pairs)
    got = {name: torch.tensor(answer["logits"]).softmax(-1) for name, answer in answers.items()}
    results = {
        "weights": compare(plain, got["weights"]),
        "products": compare(rounded_pairs, got["products"]),
        "whole": compare(plain, got["whole"]),
        "rounding alone": compare(plain, rounded),
    }
    print(json.dumps(results, indent=1))
    judge(results)
    record("llama.cpp agreement", {"texts": len(texts), **results})


def texts_to_tokenize() -> list[str]:
    texts = list(AWKWARD)
    for language in LANGUAGES:
        texts += udhr.held_out(language)
        texts += (OUTPUT / "texts" / "evaluate" / f"{language}.txt").read_text("utf-8").splitlines(True)
    return texts


def sequences(tokenizer: Tokenizer) -> list[list[int]]:
    """BOS and the start of a held-out text of each language, at several lengths."""
    begin = tokenizer.token_to_id(bpe.BOS)
    found = []
    for language in LANGUAGES:
        lines = (OUTPUT / "texts" / "evaluate" / f"{language}.txt").read_text("utf-8")
        for text, length in ((lines, 20), (lines, 300), (" ".join(udhr.held_out(language)), 200)):
            found.append([begin, *tokenizer.encode(text).ids][:length])
    return found


def llama_cpp(path: Path, texts: list[str], rows: list[list[int]], exact: bool) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        request.write_text(json.dumps({"texts": texts, "sequences": rows, "exact": exact}))
        script = Path(__file__).with_name("llamaCpp.mjs")
        subprocess.run(["node", str(script), str(path), str(request), str(answer)], check=True)
        return json.loads(answer.read_text())


def check_rounding(held: dict[str, torch.Tensor]) -> None:
    """The file's weights are the trained ones, rounded, bit for bit."""
    kind = gguf.GGMLQuantizationType[SHIPPED]
    for name, trained in torch.load(WEIGHTS)["state"].items():
        if trained.dim() == 2:
            trained = torch.from_numpy(gguf.dequantize(gguf.quantize(trained.numpy(), kind), kind))
        if not torch.equal(trained, held[gguf_name(name)]):
            raise SystemExit(f"{BASE}: {name} is not the rounding of the one in {WEIGHTS}")


def check_tokens(tokenizer: Tokenizer, texts: list[str], answer: dict) -> None:
    if not answer["addsBos"] or answer["bos"] != tokenizer.token_to_id(bpe.BOS):
        raise SystemExit("llama.cpp would not begin with BOS")
    ours = [tokenizer.encode(text).ids for text in texts]
    wrong = [text for text, a, b in zip(texts, ours, answer["tokens"]) if a != b]
    if wrong:
        raise SystemExit(f"{len(wrong)} texts tokenized differently, first: {wrong[0]!r}")


def probabilities(model, rows: list[list[int]]) -> torch.Tensor:
    """Of the token after each row: [row, vocabulary]."""
    with torch.no_grad():
        return torch.stack([model(torch.tensor([row]))[0, -1].softmax(-1) for row in rows])


def compare(expected: torch.Tensor, got: torch.Tensor) -> dict:
    """Differences are each row's largest; divergence is Kullback and Leibler's, of `got` from `expected`, in nats."""
    difference = (expected - got).abs().amax(-1)
    return {
        "sequences": len(expected),
        "same top token": int((expected.argmax(-1) == got.argmax(-1)).sum()),
        "close": int((difference < CLOSE).sum()),
        "median difference": significant(difference.median()),
        "largest difference": significant(difference.max()),
        "mean divergence": significant((got.double() * (got.double() / expected.double()).log()).sum(-1).mean()),
    }


def significant(value: torch.Tensor) -> float:
    return float(f"{value.item():.2e}")


def judge(results: dict) -> None:
    for name, limits in LIMITS.items():
        for figure, limit in limits.items():
            if results[name][figure] > limit:
                raise SystemExit(f"{name}: {figure} of PyTorch and llama.cpp is over {limit}")
    # Near a tie another token could be the likeliest by rounding; among these rows there is no such tie.
    for name in ("weights", "whole"):
        if results[name]["same top token"] < results[name]["sequences"]:
            raise SystemExit(f"{name}: another likeliest token")
    if results["products"]["close"] < FEWEST_CLOSE * results["products"]["sequences"]:
        raise SystemExit(f"products: fewer than {FEWEST_CLOSE:.0%} agree within {CLOSE}")


if __name__ == "__main__":
    main()
