"""Aligns Qwen2.5-Coder 0.5B toward its own English answers, and writes a LoRA adapter that llama.cpp loads.

The method is the one of preference optimization for multilingual reasoning (MAPO, arXiv 2401.06838), with a plainer
reward. The model answers word problems in English, German and Chinese. Of several sampled answers to a German or
Chinese question, one is better than another when it shares more of its numbers with the model's own English answer.
The right results are not used. Direct preference optimization (arXiv 2305.18290) trains a LoRA of the attention's four
matrices on the best and the worst answer to each question.

    python align.py sample MODEL.gguf QUESTIONS answers.json    QUESTIONS: the folder of mgsm_LL.tsv
    python align.py train MODEL.gguf answers.json adapter.gguf
    python align.py heldout QUESTIONS FOLDER

The model is the quantized file with its weights dequantized to BF16. Questions after the first ASKED are never seen;
`heldout` writes them into a folder.
"""

import collections
import json
import pathlib
import random
import re
import sys
import time

import gguf
import torch
import transformers

ASKED = 100
SAMPLES = 4
LONGEST_ANSWER = 320
TEMPERATURE = 0.8
TOP_K = 50
SIDE_BY_SIDE = 100
ALIGNED = ["de", "zh"]
# A pair says something only when the better answer shares clearly more with the English one.
LEAST_DIFFERENCE = 0.15

RANK = 8
ALPHA = 16
BETA = 0.1
# Weight of the better answer's own log-probability, so that training does not only push the worse one down.
LIKELIHOOD = 0.1
RATE = 1e-4
EPOCHS = 2
PAIRS_A_STEP = 8
MATRICES = {"q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output"}


def grouped_attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **_):
    """Attention whose keys and values are not copied for each query head: several times faster on a CPU."""
    batch, heads, tokens, width = query.shape
    groups = heads // key.shape[1]
    if attention_mask is None:
        causal = torch.ones(tokens, key.shape[2], dtype=torch.bool).tril(key.shape[2] - tokens)
        attention_mask = causal[None, None]
    mask = attention_mask[..., : key.shape[2]].repeat(1, 1, groups, 1)
    out = torch.nn.functional.scaled_dot_product_attention(
        query.reshape(batch, key.shape[1], groups * tokens, width), key, value, attn_mask=mask, scale=scaling
    )
    return out.reshape(batch, heads, tokens, width).transpose(1, 2).contiguous(), None


transformers.AttentionInterface.register("grouped", grouped_attention)
transformers.AttentionMaskInterface.register("grouped", transformers.masking_utils.sdpa_mask)


def load(path):
    """The tokenizer and the model of a GGUF file, in BF16."""
    path = pathlib.Path(path).resolve()
    where = {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
    unpacked = transformers.GgufConfig(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        **where, dtype=torch.bfloat16, quantization_config=unpacked, attn_implementation="grouped"
    )
    return tokenizer, model


def prompt_of(tokenizer, question):
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True
    )


@torch.inference_mode()
def continuations(tokenizer, model, prompts, samples):
    """`samples` answers to each prompt, in the prompts' order; None for an answer that was cut off."""
    ends = torch.tensor(tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"]))
    tokenizer.padding_side = "left"
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
    mask = inputs.attention_mask
    position = mask.cumsum(-1) - 1
    out = model(inputs.input_ids, attention_mask=mask, position_ids=position.clamp(min=0), logits_to_keep=1)
    cache, logits = out.past_key_values, out.logits[:, -1].repeat_interleave(samples, 0)
    cache.batch_repeat_interleave(samples)
    mask, position = mask.repeat_interleave(samples, 0), position[:, -1:].repeat_interleave(samples, 0)
    tokens = [[] for _ in range(len(logits))]
    ended = [False] * len(tokens)
    rows = torch.arange(len(tokens))
    for _ in range(LONGEST_ANSWER):
        if samples == 1:
            chosen = logits.argmax(-1, keepdim=True)
        else:
            likeliest = logits.float().topk(TOP_K)
            picked = torch.multinomial(torch.softmax(likeliest.values / TEMPERATURE, -1), 1)
            chosen = likeliest.indices.gather(1, picked)
        for row, token in zip(rows.tolist(), chosen[:, 0].tolist()):
            tokens[row].append(token)
        going = ~torch.isin(chosen[:, 0], ends)
        for row in rows[~going].tolist():
            ended[row] = True
        if not going.any():
            break
        if not going.all():
            cache.batch_select_indices(going.nonzero()[:, 0])
            rows, chosen, mask, position = rows[going], chosen[going], mask[going], position[going]
        mask = torch.cat([mask, torch.ones_like(chosen)], 1)
        position = position + 1
        out = model(chosen, attention_mask=mask, position_ids=position, past_key_values=cache)
        cache, logits = out.past_key_values, out.logits[:, -1]
    texts = [tokenizer.decode(answer[:-1]) if end else None for answer, end in zip(tokens, ended)]
    return [texts[start : start + samples] for start in range(0, len(texts), samples)]


def answers_to(tokenizer, model, questions, samples):
    """The answers to each question, questions of like length side by side."""
    found = [None] * len(questions)
    order = sorted(range(len(questions)), key=lambda index: len(questions[index]))
    size = SIDE_BY_SIDE // samples
    for start in range(0, len(order), size):
        began = time.time()
        chosen = order[start : start + size]
        prompts = [prompt_of(tokenizer, questions[index]) for index in chosen]
        for index, answers in zip(chosen, continuations(tokenizer, model, prompts, samples)):
            found[index] = answers
        print(f"{start + len(chosen)} of {len(questions)} questions, {time.time() - began:.0f} s", flush=True)
    return found


def sample(model_path, questions, out):
    torch.manual_seed(1)
    tokenizer, model = load(model_path)
    path = pathlib.Path(out)
    answers = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for language in ["en", *ALIGNED]:
        if language in answers:
            continue
        lines = (pathlib.Path(questions) / f"mgsm_{language}.tsv").read_text(encoding="utf-8").splitlines()
        asked = [line.split("\t")[0] for line in lines[:ASKED]]
        print(language, flush=True)
        found = answers_to(tokenizer, model, asked, 1 if language == "en" else SAMPLES)
        answers[language] = [{"question": q, "answers": a} for q, a in zip(asked, found)]
        path.write_text(json.dumps(answers, ensure_ascii=False, indent=1), encoding="utf-8")


def numbers_of(answer):
    """The numbers of an answer with how often each stands there; 1,000 and 1.000 and 1000 are the same."""
    found = re.findall(r"\d+(?:[.,]\d+)*", answer)
    return collections.Counter(re.sub(r"[.,](?=\d{3}(?:\D|$))", "", number).replace(",", ".") for number in found)


def shared(one, other):
    """F1 of the numbers that two answers share, 0 to 1."""
    a, b = numbers_of(one), numbers_of(other)
    both = sum((a & b).values())
    return 2 * both / (sum(a.values()) + sum(b.values())) if both else 0.0


def is_in(language, answer):
    """Whether an answer is in German or Chinese, not in English: otherwise English answers would be preferred."""
    if language == "zh":
        return len(re.findall(r"[\u4e00-\u9fff]", answer)) > len(re.findall(r"[A-Za-z]", answer))
    german, english = (
        sum(word in words for word in re.findall(r"\w+", answer.lower()))
        for words in ({"der", "die", "das", "und", "ist", "von", "wir"}, {"the", "and", "is", "of", "we", "to", "for"})
    )
    return german > english


def pairs_of(answers):
    """
    A pair of the best and the worst answer to each question where they differ clearly, of those that are finished and
    in the question's language.
    """
    pairs = []
    for language in ALIGNED:
        for english, asked in zip(answers["en"], answers[language]):
            reference = english["answers"][0]
            finished = [answer for answer in asked["answers"] if answer is not None and is_in(language, answer)]
            if reference is None or len(finished) < 2:
                continue
            ranked = sorted(finished, key=lambda answer: shared(answer, reference))
            if shared(ranked[-1], reference) - shared(ranked[0], reference) < LEAST_DIFFERENCE:
                continue
            pairs.append(
                {"language": language, "question": asked["question"], "better": ranked[-1], "worse": ranked[0]}
            )
    return pairs


class Lora(torch.nn.Module):
    """A frozen linear layer with a low-rank change that can be switched off: Wx + ALPHA / RANK * B A x."""

    on = True

    def __init__(self, linear):
        super().__init__()
        self.linear = linear
        self.a = torch.nn.Parameter(torch.randn(RANK, linear.in_features) / RANK)
        self.b = torch.nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, x):
        out = self.linear(x)
        if not Lora.on:
            return out
        change = x @ self.a.to(x.dtype).T @ self.b.to(x.dtype).T
        return out + change * (ALPHA / RANK)


def log_probability(model, prompt, answer):
    """Summed log-probability of an answer's tokens, and how many they are."""
    tokens = torch.tensor([prompt + answer])
    hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state[0, len(prompt) - 1 : -1]
    logits = model.lm_head(hidden).float()
    target = torch.tensor(answer)
    return torch.log_softmax(logits, -1).gather(1, target[:, None]).sum(), len(answer)


def train(model_path, answers, out):
    torch.manual_seed(1)
    random.seed(1)
    pairs = pairs_of(json.loads(pathlib.Path(answers).read_text(encoding="utf-8")))
    counts = collections.Counter(pair["language"] for pair in pairs)
    print(f"{len(pairs)} pairs: {dict(counts)}", flush=True)
    tokenizer, model = load(model_path)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    adapters = {}
    for number, layer in enumerate(model.model.layers):
        for name, tensor in MATRICES.items():
            adapter = Lora(getattr(layer.self_attn, name))
            setattr(layer.self_attn, name, adapter)
            adapters[f"blk.{number}.{tensor}.weight"] = adapter
    trained = [parameter for adapter in adapters.values() for parameter in (adapter.a, adapter.b)]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0)

    for pair in pairs:
        pair["prompt"] = tokenizer.encode(prompt_of(tokenizer, pair["question"]), add_special_tokens=False)
        for side in ("better", "worse"):
            # The answer's end is learned too, so that an answer that ends is preferred with its end.
            pair[side] = tokenizer.encode(pair[side] + "<|im_end|>", add_special_tokens=False)
    began = time.time()
    with torch.no_grad():
        Lora.on = False
        for pair in pairs:
            pair["before"] = [log_probability(model, pair["prompt"], pair[side])[0] for side in ("better", "worse")]
        Lora.on = True
    print(f"reference: {time.time() - began:.0f} s", flush=True)

    order = [index for _ in range(EPOCHS) for index in random.sample(range(len(pairs)), len(pairs))]
    steps = [order[start : start + PAIRS_A_STEP] for start in range(0, len(order), PAIRS_A_STEP)]
    for number, step in enumerate(steps):
        # Warm-up over a tenth of the steps, then down to zero along a line.
        part = (number + 1) / len(steps)
        optimizer.param_groups[0]["lr"] = RATE * min(part / 0.1, (1 - part) / 0.9 + 1 / len(steps))
        total, right = 0.0, 0
        for index in step:
            pair = pairs[index]
            better, length = log_probability(model, pair["prompt"], pair["better"])
            worse, _ = log_probability(model, pair["prompt"], pair["worse"])
            margin = (better - pair["before"][0]) - (worse - pair["before"][1])
            loss = -torch.nn.functional.logsigmoid(BETA * margin) - LIKELIHOOD * better / length
            (loss / len(step)).backward()
            total += float(loss.detach())
            right += float(margin.detach()) > 0
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        print(
            f"step {number + 1} of {len(steps)}: loss {total / len(step):.3f}, "
            f"better answer gained more in {right} of {len(step)}, {time.time() - began:.0f} s",
            flush=True,
        )
        write(adapters, out)


def write(adapters, out):
    """The adapter in the form that llama.cpp loads."""
    writer = gguf.GGUFWriter(out, "qwen2")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, ALPHA)
    for name, adapter in adapters.items():
        writer.add_tensor(f"{name}.lora_a", adapter.a.detach().float().numpy())
        writer.add_tensor(f"{name}.lora_b", adapter.b.detach().float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def heldout(questions, out):
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    for path in pathlib.Path(questions).glob("mgsm_*.tsv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (pathlib.Path(out) / path.name).write_text("".join(lines[ASKED:]), encoding="utf-8")


if __name__ == "__main__":
    {"sample": sample, "train": train, "heldout": heldout}[sys.argv[1]](*sys.argv[2:])
