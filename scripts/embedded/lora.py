"""Low-rank adapters (LoRA, arXiv 2106.09685) on the attention of every block.

On the FFN too they gain no more, and change every neuron rather than what it reads.
"""

import torch
from torch import nn
from torch.nn.utils import parametrize

from model import Model

RANK, ALPHA = 8, 16
STRENGTH = 0.3  # share of the trained change that is shipped: at full strength languages far from the trained ones lose


class LowRank(nn.Module):
    """W becomes W + ALPHA / RANK · B A; A is [RANK, in], B [out, RANK], 0 at first."""

    def __init__(self, weight: torch.Tensor):
        super().__init__()
        rows, columns = weight.shape
        self.a = nn.Parameter(torch.randn(RANK, columns) / columns**0.5)
        self.b = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + ALPHA / RANK * (self.b @ self.a)


def adapt(model: Model, seed: int) -> list[nn.Parameter]:
    """Freezes the model and puts adapters on it; returns what is left to train."""
    torch.manual_seed(seed)
    model.requires_grad_(False)
    linears = [module for block in model.blocks for module in block.attention.modules() if isinstance(module, nn.Linear)]
    for linear in linears:
        parametrize.register_parametrization(linear, "weight", LowRank(linear.weight))
    return [p for p in model.parameters() if p.requires_grad]


def adapters(model: Model) -> dict[str, LowRank]:
    """By the name of the weight they change."""
    return {
        f"{name}.weight": module.parametrizations.weight[0]
        for name, module in model.named_modules() if parametrize.is_parametrized(module)
    }
