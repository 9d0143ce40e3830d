"""Counts positive FFN activations the way a researcher does it today: transformers, bf16, forward hooks.

Usage: python3 torch_hooks.py '{"layers": 32, "embedding": 4096, ..., "batch": 512, "rounds": 9, "device": "cuda"}'
Prints {"tokensPerSecond": [lower quartile, median, upper quartile], "versions": "..."}.
"""
import json
import sys
import time

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

want = json.loads(sys.argv[1])
device = torch.device(want["device"])
config = LlamaConfig(
    num_hidden_layers=want["layers"], hidden_size=want["embedding"], intermediate_size=want["width"],
    num_attention_heads=want["heads"], num_key_value_heads=want["kvHeads"], vocab_size=want["vocabulary"],
    max_position_embeddings=8192,
)
torch.manual_seed(1)
torch.set_default_dtype(torch.bfloat16)
with torch.device(device):
    model = LlamaForCausalLM(config)
model.eval()

counts = [torch.zeros(want["width"], dtype=torch.int64, device=device) for _ in model.model.layers]


def counting(layer):
    def hook(_module, _inputs, output):
        counts[layer].add_((output > 0).flatten(0, -2).sum(0))
    return hook


for layer, block in enumerate(model.model.layers):
    block.mlp.act_fn.register_forward_hook(counting(layer))

tokens = torch.randint(0, want["vocabulary"], (4, want["batch"]), device=device)


def once():
    if device.type == "cuda":
        torch.cuda.synchronize()
    begin = time.perf_counter()
    with torch.inference_mode():
        # The base model: counting needs no output head. One window after another, as on the other side.
        for window in tokens:
            model.model(window[None], use_cache=False)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return tokens.numel() / (time.perf_counter() - begin)


once()
speeds = sorted(once() for _ in range(want["rounds"]))
at = lambda share: speeds[round(share * (len(speeds) - 1))]
print(json.dumps({
    "tokensPerSecond": [at(0.25), at(0.5), at(0.75)],
    "versions": f"torch {torch.__version__}, transformers {transformers.__version__}",
}))
