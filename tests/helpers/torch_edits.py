"""Edits FFN activations by PyTorch's forward hooks on the module behind act(gate), with the weights of a GGUF file.

Usage: python3 torch_edits.py MODEL.gguf; answers each line of JSON on stdin with one on stdout:
  {"tokens": [1, 306, ...], "prompt": 7, "edits": [{"from": 0, "to": 7, "factors": [[...], ...], "offsets": [[...], ...]}],
   "greedy": 40}
  factors and offsets [layers][neurons] of the tokens at positions from <= p < to (null: to the end).
  -> {"logProbabilities": [...] of each token but the first, "greedy": [...] after the first `prompt` tokens}
  {"tokens": [1, 306, ...], "from": 7, "percents": [50, 90]}
  -> {"means": [[...], ...], "percentiles": [[[...], ...], ...]} of act(gate) over the tokens from there on,
     [layers][neurons] and [percents][layers][neurons]
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

folder, name = os.path.split(os.path.abspath(sys.argv[1]))
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
edits = []
seen = {}


def editing(layer):
    def hook(_module, _inputs, output):  # [1, tokens, neurons], the whole text each time: nothing is cached
        positions = torch.arange(output.shape[1])
        for edit in edits:
            to = output.shape[1] if edit["to"] is None else edit["to"]
            inside = (positions >= edit["from"]) & (positions < to)
            factors = torch.tensor(edit["factors"][layer])
            offsets = torch.tensor(edit["offsets"][layer])
            output = torch.where(inside[None, :, None], factors * output + offsets, output)
        seen[layer] = output[0]
        return output
    return hook


for layer, block in enumerate(model.model.layers):
    block.mlp.act_fn = torch.nn.Sequential(block.mlp.act_fn)  # a module of each layer's own
    block.mlp.act_fn.register_forward_hook(editing(layer))


def logits(tokens):
    with torch.inference_mode():
        return model(torch.tensor([tokens]), use_cache=False).logits[0]


print(json.dumps({"versions": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    edits = request.get("edits", [])
    tokens = request["tokens"]
    if "percents" in request:
        logits(tokens)
        values = [seen[layer][request["from"]:].double() for layer in range(len(seen))]
        shares = torch.tensor(request["percents"], dtype=torch.float64) / 100
        percentiles = [torch.quantile(layer, shares, dim=0).tolist() for layer in values]
        print(json.dumps({
            "means": [layer.mean(0).tolist() for layer in values],
            "percentiles": [[layer[i] for layer in percentiles] for i in range(len(shares))],
        }), flush=True)
        continue
    scores = torch.log_softmax(logits(tokens).double(), -1)
    found = [scores[i, token].item() for i, token in enumerate(tokens[1:])]
    text = tokens[: request["prompt"]]
    for _ in range(request["greedy"]):
        text = text + [int(logits(text)[-1].argmax())]
    print(json.dumps({"logProbabilities": found, "greedy": text[request["prompt"]:]}), flush=True)
