"""Held-out perplexities and the language-neuron check, into measured.json."""

import json
import math

import numpy as np
import torch
from torch.nn import functional as F

import tokenizer as bpe
import udhr
from languages import LANGUAGES
from measured import record
from model import Model, Shape
from neurons import language_neurons, random_like
from settings import LENGTH, OUTPUT, SEED, TOKENIZER, WEIGHTS

TOP_RATES = (0.05, 0.10)
RANDOM_DRAWS = 3


def windows(tokenizer, texts: list[str]) -> list[torch.Tensor]:
    """Every text apart, in pieces as long as in training, each after a BOS; equal lengths stacked."""
    begin, rows = tokenizer.token_to_id(bpe.BOS), {}
    for text in texts:
        ids = tokenizer.encode(text).ids
        for at in range(0, len(ids), LENGTH):
            row = [begin, *ids[at:at + LENGTH]]
            rows.setdefault(len(row), []).append(row)
    return [torch.tensor(same) for same in rows.values()]


@torch.no_grad()
def loss(model: Model, rows: list[torch.Tensor], keep=None) -> float:
    """Mean nats a token over all rows."""
    total = tokens = 0
    for row in rows:
        logits = model(row[:, :-1], keep)
        total += F.cross_entropy(logits.flatten(0, 1), row[:, 1:].flatten(), reduction="sum").item()
        tokens += row[:, 1:].numel()
    return total / tokens


@torch.no_grad()
def probabilities(model: Model, rows: list[torch.Tensor]) -> np.ndarray:
    """Share of tokens with a gate above 0, for each neuron (layer by layer)."""
    above, tokens = 0, 0
    for row in rows:
        seen = []
        model.hidden(row, seen=seen)
        above = above + torch.stack([(gate > 0).sum((0, 1)) for gate in seen])
        tokens += row.numel()
    return (above.double() / tokens).flatten().numpy()


def masked_losses(model: Model, texts: dict, neurons: np.ndarray) -> np.ndarray:
    """Each language's loss with the neurons' activations at zero."""
    keep = torch.ones(model.shape.layers * model.shape.ffn)
    keep[torch.from_numpy(neurons)] = 0
    keep = keep.view(model.shape.layers, model.shape.ffn)
    return np.array([loss(model, texts[language], keep) for language in LANGUAGES])


def neuron_check(model: Model, p: np.ndarray, texts: dict, top_rate: float) -> dict:
    """Rises in nats a token: row the silenced language, column the language read."""
    found, parameters = language_neurons(p, top_rate)
    generator = np.random.default_rng(SEED)
    normal = masked_losses(model, texts, np.array([], dtype=int))
    own, control = [], []
    for neurons in found:
        own.append(masked_losses(model, texts, neurons) - normal)
        draws = [random_like(neurons, model.shape.ffn, generator) for _ in range(RANDOM_DRAWS)]
        control.append(np.mean([masked_losses(model, texts, d) - normal for d in draws], 0))
    own, control = np.array(own), np.array(control)
    at = np.arange(len(LANGUAGES))
    others = (own.sum(1) - own[at, at]) / (len(LANGUAGES) - 1)
    return {
        **parameters, "neurons": dict(zip(LANGUAGES, map(len, found))),
        "own language hurt most": int((own.argmax(1) == at).sum()),
        "mean rise, own language": own[at, at].mean(), "mean rise, other languages": others.mean(),
        "mean rise, own language, random neurons": control[at, at].mean(),
        "own against random": own[at, at].mean() / control[at, at].mean(),
        "rises": dict(zip(LANGUAGES, own.round(3).tolist())),
        "rises, random neurons": dict(zip(LANGUAGES, control.round(3).tolist())),
    }


def perplexities(model: Model, texts: dict) -> dict:
    return {language: round(math.exp(loss(model, rows)), 2) for language, rows in texts.items()}


def main() -> None:
    tokenizer, saved = bpe.load(TOKENIZER), torch.load(WEIGHTS)

    def ours(split):
        folder = OUTPUT / "texts" / split
        return {k: windows(tokenizer, [(folder / f"{k}.txt").read_text("utf-8")]) for k in LANGUAGES}

    untrained, model = Model(Shape(), SEED), Model(Shape(), SEED)
    model.load_state_dict(saved["state"])
    declaration = {k: windows(tokenizer, udhr.held_out(k)) for k in LANGUAGES}
    generated, collect = ours("evaluate"), ours("collect")
    record("model", {"steps": saved["step"], "parameters": sum(p.numel() for p in model.parameters())})
    record("perplexity", {
        name: {"trained": perplexities(model, texts), "untrained": perplexities(untrained, texts)}
        for name, texts in (("evaluate texts", generated), ("UDHR 25-30", declaration))
    })
    p = np.stack([probabilities(model, collect[language]) for language in LANGUAGES], 1)
    for top_rate in TOP_RATES:
        result = neuron_check(model, p, generated, top_rate)
        record(f"neurons at {top_rate:.0%}", result)
        print(json.dumps({k: v for k, v in result.items() if not k.startswith("rises")}))


if __name__ == "__main__":
    main()
