"""The direct effect of neurons on the logits by PyTorch, in float64, with the weights that PyPI's gguf dequantizes.

Usage: python3 torch_effects.py MODEL.gguf "[[layer, neuron], ...]"; of a dense model with RMS norms.
  -> JSON: for each neuron [the 20 tokens with the largest logits, their logits, the 20 with the smallest, theirs, the
     mean of all logits]
"""
import json
import sys

import torch
from gguf import GGUFReader
from gguf.quants import dequantize

tensors = {tensor.name: tensor for tensor in GGUFReader(sys.argv[1]).tensors}


def weights(name):
    return torch.tensor(dequantize(tensors[name].data, tensors[name].tensor_type)).double()


head = weights("output.weight" if "output.weight" in tensors else "token_embd.weight")  # [vocabulary, n_embd]
final = torch.diag(weights("output_norm.weight"))
answers = []
for layer, neuron in json.loads(sys.argv[2]):
    activation = torch.zeros(tensors[f"blk.{layer}.ffn_down.weight"].shape[0], dtype=torch.float64)
    activation[neuron] = 1
    added = torch.nn.functional.linear(activation, weights(f"blk.{layer}.ffn_down.weight"))
    if f"blk.{layer}.post_ffw_norm.weight" in tensors:
        added = torch.diag(weights(f"blk.{layer}.post_ffw_norm.weight")) @ added
    logits = torch.nn.functional.linear(final @ added, head)
    raised, lowered = torch.topk(logits, 20), torch.topk(logits, 20, largest=False)
    lists = [part.tolist() for part in (raised.indices, raised.values, lowered.indices, lowered.values)]
    answers.append([*lists, logits.mean().item()])
print(json.dumps(answers))
