"""A small Llama: RMSNorm, interleaved RoPE, SwiGLU, tied embeddings.

RoPE rotates neighbouring pairs (0,1), (2,3), ... as llama.cpp does for
LLM_ARCH_LLAMA, so that Q and K are exported as they are, without a permutation.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 1024
    width: int = 128
    heads: int = 4
    layers: int = 6
    ffn: int = 1024
    context: int = 512
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class Norm(nn.Module):
    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return F.rms_norm(x.float(), (x.shape[-1],), self.weight, self.epsilon)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.q, self.k, self.v, self.output = (
            nn.Linear(shape.width, shape.width, bias=False) for _ in range(4)
        )

    def forward(self, x, rotation):
        batch, length, _ = x.shape

        def split(y):
            return y.view(batch, length, self.shape.heads, -1).transpose(1, 2)

        q, k = rotate(split(self.q(x)), rotation), rotate(split(self.k(x)), rotation)
        v = split(self.v(x))
        y = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, is_causal=True)
        return self.output(y.transpose(1, 2).reshape(batch, length, -1))


class FeedForward(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate = nn.Linear(shape.width, shape.ffn, bias=False)
        self.up = nn.Linear(shape.width, shape.ffn, bias=False)
        self.down = nn.Linear(shape.ffn, shape.width, bias=False)

    def forward(self, x, seen=None):
        gate = self.gate(x)
        if seen is not None:
            seen.append(gate)
        return self.down(F.silu(gate) * self.up(x))


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.attention_norm, self.ffn_norm = (Norm(shape.width, shape.epsilon) for _ in range(2))
        self.attention, self.ffn = Attention(shape), FeedForward(shape)


class Model(nn.Module):
    def __init__(self, shape: Shape, seed: int):
        super().__init__()
        torch.manual_seed(seed)
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                # Writers into the residual stream start smaller, by depth (as in GPT-2).
                writes = name.endswith(("output.weight", "down.weight"))
                spread = 0.05 / (2 * shape.layers) ** 0.5 if writes else 0.05
                nn.init.normal_(parameter, std=spread)
        self.register_buffer("angles", angles(shape), persistent=False)

    def hidden(self, tokens, seen=None):
        """Last hidden states; `seen` collects each layer's gates before their SiLU."""
        x = self.embedding(tokens)
        rotation = self.angles[: tokens.shape[1]]
        for block in self.blocks:
            x = x + block.attention(block.attention_norm(x), rotation)
            x = x + block.ffn(block.ffn_norm(x), seen)
        return self.norm(x)

    def forward(self, tokens, seen=None):
        return F.linear(self.hidden(tokens, seen), self.embedding.weight)


def angles(shape: Shape):
    """cos and sin by position and pair: [context, head_width / 2, 2]."""
    pairs = torch.arange(0, shape.head_width, 2).double() / shape.head_width
    turned = torch.outer(torch.arange(shape.context).double(), shape.rope_base ** -pairs)
    return torch.stack((turned.cos(), turned.sin()), -1).float()


def rotate(x, rotation):
    pair = x.float().unflatten(-1, (-1, 2))
    a, b, cos, sin = pair[..., 0], pair[..., 1], rotation[..., 0], rotation[..., 1]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)
