"""Counts positive FFN activations the way a researcher does it today: transformers and forward hooks.

Usage: python3 torch_hooks.py '{"device": "cpu", "dtype": "float32", "threads": 2, "gguf": "MODEL.gguf"}'
with the weights of a GGUF file, or "shape": {"layers": 32, ...} in its place for a Llama with random ones.
Writes {"versions": "..."} once loaded, then answers each line of JSON on stdin with one on stdout:
  {"windows": [[[1, 306, ...], ...], ...], "skip": 1}  the tokens of each language's windows, of which the first `skip`
        of a window are not counted: {"batch": how many windows at a time are fastest here, or "size" of the request}
  {"run": true}: {"tokens": all that went through, "seconds": ..., "cpu": seconds of all threads}
  {"counts": true}: {"counts": those of the last run, [languages][layers][neurons]}
  {"compare": [[layer, neuron], ...]}: {"signs": whether each is active, [languages], base64 of bits in the order of
        [windows, tokens, neurons], "logProbability": of all tokens but the first of a window, "scored": how many}
"""
import base64
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM  # noqa: E402

MOST_AT_A_TIME = 8


def load(want, device):
    dtype = getattr(torch, want["dtype"])
    if "gguf" in want:
        folder, name = os.path.split(os.path.abspath(want["gguf"]))
        return AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype).to(device)
    shape = want["shape"]
    config = LlamaConfig(
        num_hidden_layers=shape["layers"], hidden_size=shape["embedding"], intermediate_size=shape["width"],
        num_attention_heads=shape["heads"], num_key_value_heads=shape["kvHeads"], vocab_size=shape["vocabulary"],
        max_position_embeddings=8192,
    )
    torch.manual_seed(1)
    torch.set_default_dtype(dtype)
    with torch.device(device):
        return LlamaForCausalLM(config)


class Counter:
    def __init__(self, want):
        self.device = torch.device(want["device"])
        if "threads" in want:
            torch.set_num_threads(want["threads"])
        self.model = load(want, self.device).eval()
        self.skip = 0
        self.counts = []
        self.watched = None
        for layer, block in enumerate(self.model.model.layers):
            block.mlp.act_fn.register_forward_hook(self.counting(layer))

    def counting(self, layer):
        def hook(_module, _inputs, output):  # [windows, tokens, neurons]
            active = output[:, self.skip:] > 0
            self.counts[layer] += active.sum((0, 1))
            if self.watched is not None:
                self.signs.append(active[0, :, self.watched[layer]])
        return hook

    def compare(self, neurons):
        """Window by window; the neurons are in the order of their layers."""
        layers = range(len(self.model.model.layers))
        self.watched = [[j for i, j in neurons if i == layer] for layer in layers]
        self.counts = [0] * len(layers)
        signs, total, scored = [], 0.0, 0
        with torch.inference_mode():
            for windows in self.windows:
                rows = []
                for window in windows:
                    self.signs = []
                    tokens = torch.tensor([window], device=self.device)
                    logits = self.model(tokens, use_cache=False).logits[0, :-1].double()
                    rows.append(torch.cat(self.signs, 1))
                    total += logits.log_softmax(-1).gather(1, tokens[0, 1:, None]).sum().item()
                    scored += len(window) - 1
                bits = numpy.packbits(torch.cat(rows).cpu().numpy())
                signs.append(base64.b64encode(bits.tobytes()).decode())
        self.watched = None
        return {"signs": signs, "logProbability": total, "scored": scored}

    def take(self, windows, skip, best=None):
        """Keeps the windows, and how many of them at a time go fastest with the first language."""
        self.skip = skip
        self.windows = windows
        best = best or self.fastest(windows[0])
        self.batches = [self.batched(language, best) for language in windows]
        return best

    def fastest(self, windows):
        seconds = {}
        size = 1
        while size <= min(MOST_AT_A_TIME, len(windows)):
            self.batches = [self.batched(windows, size)]
            seconds[size] = min(self.run()["seconds"] for _ in range(3))
            size *= 2
        return min(seconds, key=seconds.get)

    def batched(self, windows, size):
        """Windows of equal length side by side: nothing is padded."""
        batches = []
        for window in windows:
            if batches and len(batches[-1]) < size and len(batches[-1][0]) == len(window):
                batches[-1].append(window)
            else:
                batches.append([window])
        return [torch.tensor(batch, device=self.device) for batch in batches]

    def run(self):
        self.synchronize()
        begin, cpu = time.perf_counter(), time.process_time()
        self.languages = []
        with torch.inference_mode():
            for batches in self.batches:
                self.counts = [0] * len(self.model.model.layers)
                for batch in batches:
                    self.model.model(batch, use_cache=False)  # the base model: counting needs no output head
                self.languages.append(self.counts)
        self.synchronize()
        return {
            "tokens": sum(len(window) for windows in self.windows for window in windows),
            "seconds": time.perf_counter() - begin,
            "cpu": time.process_time() - cpu,
        }

    def synchronize(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def answer(message):
    print(json.dumps(message), flush=True)


counter = Counter(json.loads(sys.argv[1]))
answer({"versions": f"torch {torch.__version__}, transformers {transformers.__version__}"})
for line in sys.stdin:
    request = json.loads(line)
    if "windows" in request:
        answer({"batch": counter.take(request["windows"], request["skip"], request.get("size"))})
    elif "compare" in request:
        answer(counter.compare(request["compare"]))
    elif "run" in request:
        answer(counter.run())
    else:
        answer({"counts": [[layer.tolist() for layer in layers] for layers in counter.languages]})
