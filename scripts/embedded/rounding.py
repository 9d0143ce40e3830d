"""Rounds the inputs of a model's matrix products as llama.cpp's CPU code does beside Q8_0 weights."""

from contextlib import contextmanager

import torch
from torch import nn

from model import Model

BLOCK = 32  # inputs that share a scale


def rounded(x: torch.Tensor) -> torch.Tensor:
    """Whole numbers of -127 to 127 times a block's scale; the scale is F16, but divides before its own rounding."""
    blocks = x.unflatten(-1, (-1, BLOCK))
    largest = blocks.abs().amax(-1, keepdim=True)
    whole = (blocks * torch.where(largest > 0, 127 / largest, 0)).round()
    return (whole * (largest / 127).half().float()).flatten(-2)


@contextmanager
def inputs_rounded(model: Model):
    """Within, every linear layer rounds what it gets, and the last norm what it gives: the output layer is tied."""
    handles = [
        module.register_forward_pre_hook(lambda _, inputs: (rounded(inputs[0]),))
        for module in model.modules() if isinstance(module, nn.Linear)
    ]
    handles.append(model.norm.register_forward_hook(lambda _, inputs, output: rounded(output)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
