"""Aligns the base toward English in a few languages, in MAPO's manner (arXiv 2401.06838).

The base answers word problems in each language several times; answers are ranked by how well they
correspond to its own English answer to the same problem. MAPO asks a translation model for that;
here templates tell it exactly. Direct preference optimization (DPO, arXiv 2305.18290) then
trains a LoRA adapter on pairs of a better and a worse answer. No right answer is ever shown.
"""

import json
import random
import subprocess
import time

import torch
from torch.nn import functional as F

import tokenizer as bpe
from data import text_rows
from export import export_adapter, export_model
from lora import adapt, adapters
from measured import record
from model import Model, Shape
from problems import problem, question
from problems.read import correspondence, same_step
from settings import ADAPTER, LENGTH, REPOSITORY, SEED, TOKENIZER, WEIGHTS, WORK

PIVOT, ALIGNED = "en", ("zh", "de")
PROBLEMS, ANSWERS, TEMPERATURE = 1600, 4, 0.7
PAIRS = 2  # of one problem in one language, at most
# A small beta lets so small a model wander off: it unlearns English and every sentence not in the pairs.
BETA, EPOCHS, BATCH, RATE = 0.5, 2, 32, 2e-4
LIKELIHOOD = 1.0  # weight of the better answers' own likelihood, per token, which DPO alone lets fall
KEPT, KEEP = 8, 1.0  # the base's English answers in each step, and the weight of their likelihood: English stays
TEXTS = 2  # rows of ordinary text in each step, of the languages in turn, as in the base's training


def respond(folder, model, languages, *options: str) -> dict[tuple[str, str], list[str]]:
    """What the model answers, by language and question: with the tool's own command."""
    out = folder / f"answers-{'-'.join(languages)}.json"
    out.unlink(missing_ok=True)
    command = ["node", str(REPOSITORY / "dist" / "cli.js"), "respond", "--model", str(model), "--data", str(folder), "--template", "chat",
               "--languages", ",".join(languages), "--max-tokens", "96", "--gpu", "off", "--threads", "1", "--out", str(out), *options]
    subprocess.run(command, check=True)
    tags = {"English": "en", "Chinese": "zh", "German": "de"}
    return {
        (tags[item["lang"]], item["instruction"].strip()): [answer["generated"] for answer in item["answers"]]
        for item in json.loads(out.read_text("utf-8"))
    }


def preferences() -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """(question, better answer, worse answer), the better one with the English answer's step and result; and the base's
    own (question, answer) in English."""
    chance, folder = random.Random(SEED), WORK / "align"
    folder.mkdir(exist_ok=True)
    asked = [problem(chance, "train") for _ in range(PROBLEMS)]
    for language in (PIVOT, *ALIGNED):
        lines = [f"{question(p, language)}\t{p.result}\n" for p in asked]
        (folder / f"mgsm_{language}.tsv").write_text("".join(lines), "utf-8")
    base = export_model(WORK / "base-f16.gguf", "F16")
    english = respond(folder, base, [PIVOT])
    sampled = respond(folder, base, list(ALIGNED), "--answers", str(ANSWERS), "--temperature", str(TEMPERATURE), "--seed", str(SEED))
    found, scores = [], []
    for p in asked:
        (pivot,) = english[PIVOT, question(p, PIVOT)]
        for language in ALIGNED:
            answers = sampled[language, question(p, language)]
            distinct = list(dict.fromkeys(answers))
            ranked = [(correspondence(answer, language, pivot, PIVOT), answer) for answer in distinct]
            sound = {answer for answer in distinct if same_step(answer, language, pivot, PIVOT)}
            scores += [correspondence(answer, language, pivot, PIVOT) for answer in answers]
            better = [(a[1], b[1]) for a in ranked for b in ranked if a[1] in sound and a[0] > b[0]]
            found += [(question(p, language), *pair) for pair in chance.sample(better, min(PAIRS, len(better)))]
    record("preferences", {
        "problems": PROBLEMS, "languages": list(ALIGNED), "answers each": ANSWERS, "pairs": len(found),
        "mean correspondence": round(sum(scores) / len(scores), 3), "full correspondence": round(scores.count(1.0) / len(scores), 3),
    })
    return found, [(question(p, PIVOT), english[PIVOT, question(p, PIVOT)][0]) for p in asked]


def sequences(tokenizer, questions: list[str], answers: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token numbers [texts, longest], and 1.0 where an answer's token is predicted [texts, longest - 1]."""
    begin, end = tokenizer.token_to_id(bpe.BOS), tokenizer.token_to_id(bpe.EOS)
    rows, weights = [], []
    for asked, answer in zip(questions, answers):
        prompt = [begin, *tokenizer.encode(asked + "\n").ids]
        row = [*prompt, *tokenizer.encode(answer).ids, end]
        rows.append(torch.tensor(row))
        weights.append(torch.tensor([0.0] * (len(prompt) - 1) + [1.0] * (len(row) - len(prompt))))
    pad = torch.nn.utils.rnn.pad_sequence
    return pad(rows, batch_first=True), pad(weights, batch_first=True)


def log_probabilities(model: Model, tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Of each answer, all its tokens together [texts]."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(tokens[:, :-1])
    chosen = -F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    return (chosen.view_as(weights) * weights).sum(1)


def optimize(model: Model, tokenizer, pairs: list[tuple[str, str, str]], kept: list[tuple[str, str]]) -> None:
    """DPO with the base as reference; what the base says in English, and ordinary texts, stay likely."""
    reference, texts = [], text_rows(tokenizer, LENGTH + 1, SEED + 1)
    batches = [pairs[at:at + BATCH] for at in range(0, len(pairs), BATCH)]

    def both(batch):
        questions, better, worse = map(list, zip(*batch))
        return sequences(tokenizer, questions * 2, better + worse)

    with torch.no_grad():
        for batch in batches:
            reference.append(log_probabilities(model, *both(batch)).chunk(2))
    trained = adapt(model, SEED)
    update = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(update, RATE, total_steps=EPOCHS * len(batches), pct_start=0.1)
    order, step = list(range(len(batches))), 0
    for _ in range(EPOCHS):
        random.Random(SEED + step).shuffle(order)
        for index in order:
            tokens, weights = both(batches[index])
            better, worse = log_probabilities(model, tokens, weights).chunk(2)
            margin = (better - reference[index][0]) - (worse - reference[index][1])
            lengths = weights.sum(1).chunk(2)[0]
            loss = -F.logsigmoid(BETA * margin).mean() - LIKELIHOOD * (better / lengths).mean()
            at = step * KEPT % len(kept)
            tokens, weights = sequences(tokenizer, *map(list, zip(*(kept + kept)[at:at + KEPT])))
            loss = loss - KEEP * (log_probabilities(model, tokens, weights) / weights.sum(1)).mean()
            tokens = torch.tensor([next(texts).tokens for _ in range(TEXTS)])
            loss = loss - KEEP * log_probabilities(model, tokens, torch.ones(TEXTS, LENGTH)).mean() / LENGTH
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            update.step()
            update.zero_grad()
            schedule.step()
            step += 1
            if step % 20 == 0:
                print(f"step {step} of {EPOCHS * len(batches)} loss {loss.item():.4f} preferred {(margin > 0).float().mean().item():.2f}", flush=True)


def main() -> None:
    begin = time.monotonic()
    tokenizer, model = bpe.load(TOKENIZER), Model(Shape(), SEED)
    model.load_state_dict(torch.load(WEIGHTS)["state"])
    pairs, kept = preferences()
    random.Random(SEED).shuffle(pairs)
    optimize(model, tokenizer, pairs, kept)
    torch.save({name: (part.a.data, part.b.data) for name, part in adapters(model).items()}, ADAPTER)
    export_adapter()
    record("alignment", {"pairs": len(pairs), "epochs": EPOCHS, "seconds": round(time.monotonic() - begin)})


if __name__ == "__main__":
    main()
