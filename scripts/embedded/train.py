"""Trains the tokenizer and the model; saves the weights every SAVE_EVERY steps.

Two processes of one thread each share a step: unlike two OpenMP threads, which meet after
every operation, they meet once a step, and so lose little on a machine that others use.
Log lines: step, loss (of the first process, mean since the last line), tokens a second, seconds so far.
"""

import math
import os
import shutil
import tempfile
import time

import torch
import torch.distributed as dist
from torch.nn import functional as F

import tokenizer as bpe
from data import rows
from measured import record
from model import Model, Shape
from settings import FLOOR, LENGTH, PEAK, SEED, SPARSITY, STEPS, TOKENIZER, WARM_UP, WEIGHTS, WORK, WORKERS

LOG_EVERY, SAVE_EVERY = 50, 200
SHARPNESS = 2.0  # of the sigmoid: nearer to counting gates above zero


def rate(step: int) -> float:
    """Linear warm-up, then half a cosine down to FLOOR."""
    if step < WARM_UP:
        return PEAK * (step + 1) / WARM_UP
    done = (step - WARM_UP) / (STEPS - WARM_UP)
    return FLOOR + (PEAK - FLOOR) * (1 + math.cos(math.pi * done)) / 2


def optimizers(model: Model, rank: int) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, which learn from fewer tokens with it; AdamW for the rest.

    Muon's orthogonalization costs a good part of a step: each worker updates its share of the matrices.
    """
    matrices = matrices_of(model)
    others = [p for p in model.parameters() if all(p is not matrix for matrix in matrices)]
    return [
        torch.optim.Muon(matrices[rank::WORKERS], lr=PEAK, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=PEAK, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


def matrices_of(model: Model) -> list[torch.nn.Parameter]:
    return [p for p in model.blocks.parameters() if p.dim() == 2]


@torch.no_grad()
def share_updates(model: Model, rank: int) -> None:
    """Every matrix as its worker updated it."""
    matrices = matrices_of(model)
    together = torch.cat([p.flatten() if index % WORKERS == rank else torch.zeros(p.numel()) for index, p in enumerate(matrices)])
    dist.all_reduce(together)
    for matrix, updated in zip(matrices, together.split([p.numel() for p in matrices])):
        matrix.copy_(updated.view_as(matrix))


def spread(gates: list[torch.Tensor]) -> torch.Tensor:
    """Over how much of a batch neurons spread, from 0 to 1: mean over layers, rows and neurons of the
    root mean square, over a row's tokens, of a gate's sigmoid (about 1 where active, 0 where not).

    A group lasso whose groups are rows: a neuron active at all tokens of few texts costs less than one
    active at few tokens of all. Kept small, neurons specialise in texts of some kind, of which language is the
    plainest; the penalty is not told languages, and a model this small has little need to specialise by itself.
    """
    return torch.stack([(torch.sigmoid(SHARPNESS * gate.float()).square().mean(1) + 1e-12).sqrt().mean() for gate in gates]).mean()


def save(model: Model, step: int) -> None:
    partial = WEIGHTS.with_suffix(".partial")
    torch.save({"step": step, "state": model.state_dict()}, partial)
    os.replace(partial, WEIGHTS)


def work(rank: int, rendezvous: str) -> None:
    """One worker: its share of every step's rows, gradients averaged with the others."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=WORKERS)
    model = Model(Shape(), SEED)
    updates = optimizers(model, rank)

    def losses_of(batch):
        gates = []
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch[:, :-1], gates)
        return F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten()), spread(gates)

    # Inductor needs a C++ compiler; without one the same steps run, slower.
    step_losses = torch.compile(losses_of, dynamic=False) if shutil.which("g++") else losses_of
    batches = rows(bpe.load(TOKENIZER), LENGTH, SEED)
    start = last = time.monotonic()
    losses, reading = [], 0.0
    for step in range(STEPS):
        before = time.monotonic()
        batch = next(batches)
        reading += time.monotonic() - before
        loss, wide = step_losses(batch[rank::WORKERS])
        (loss + SPARSITY * wide).backward()
        average_gradients(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for update in updates:
            for group in update.param_groups:
                group["lr"] = rate(step)
            update.step()
        share_updates(model, rank)
        model.zero_grad()
        losses.append(loss.item())
        if rank:
            continue
        if (step + 1) % LOG_EVERY == 0 or step == 0:
            now = time.monotonic()
            speed = len(losses) * batch[:, 1:].numel() / (now - last)
            print(f"step {step + 1} loss {sum(losses) / len(losses):.4f} spread {wide.item():.3f} tokens/s {speed:.0f} "
                  f"seconds {now - start:.0f} reading {reading:.1f}", flush=True)
            last, losses = now, []
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == STEPS:
            save(model, step + 1)
    if rank == 0:
        seconds, tokens = time.monotonic() - start, STEPS * batch[:, 1:].numel()
        record("training", {"steps": STEPS, "tokens": tokens, "seconds": round(seconds),
                            "tokens/s": round(tokens / seconds)})
    dist.barrier()
    dist.destroy_process_group()


def average_gradients(model: Model) -> None:
    gradients = [p.grad for p in model.parameters()]
    together = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(together)
    together /= WORKERS
    for gradient, mean in zip(gradients, together.split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient))


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    if not TOKENIZER.exists():
        bpe.train().save(str(TOKENIZER))
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(work, (f"{folder}/rendezvous",), nprocs=WORKERS)


if __name__ == "__main__":
    main()
