"""Writes the base and its adapter as GGUF: matrices quantized, norms F32, tied output left out."""

import json
import os
from pathlib import Path

import gguf
import torch

import tokenizer as bpe
from languages import LANGUAGES
from model import Shape
from lora import ALPHA, STRENGTH
from settings import ADAPTER, OUTPUT, TOKENIZER, WEIGHTS
from tokenizer import BOS, EOS, PRE

BASE, ALIGNED = OUTPUT / "base.gguf", OUTPUT / "aligned-lora.gguf"
SHIPPED = "Q8_0"
# A question is a line; the answer follows.
CHAT_TEMPLATE = r"{% for message in messages %}{{ message['content'] + '\n' }}{% endfor %}"
# Our parameter names to llama.cpp's; Q and K go unpermuted (see model.py).
BLOCK_NAMES = {
    "attention_norm": "attn_norm", "attention.q": "attn_q", "attention.k": "attn_k",
    "attention.v": "attn_v", "attention.output": "attn_output", "ffn_norm": "ffn_norm",
    "ffn.gate": "ffn_gate", "ffn.up": "ffn_up", "ffn.down": "ffn_down",
}


def gguf_name(name: str) -> str:
    name = name.removesuffix(".weight")
    if name.startswith("blocks."):
        _, index, rest = name.split(".", 2)
        return f"blk.{index}.{BLOCK_NAMES[rest]}.weight"
    return {"embedding": "token_embd.weight", "norm": "output_norm.weight"}[name]


def write_metadata(writer: gguf.GGUFWriter, shape: Shape, steps: int, kind: str) -> None:
    writer.add_name("language-neurons embedded")
    writer.add_license("mit")
    writer.add_languages(LANGUAGES)
    writer.add_description(f"Word problems in ten languages, generated sentences and the UDHR; {steps} steps")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{kind}"])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def write_vocabulary(writer: gguf.GGUFWriter) -> None:
    tokenizer = bpe.load(TOKENIZER)
    tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE)
    writer.add_token_list(tokens)
    writer.add_token_types([control if t in (BOS, EOS) else normal for t in tokens])
    writer.add_token_merges(bpe.merges(tokenizer))
    writer.add_bos_token_id(tokens.index(BOS))
    writer.add_eos_token_id(tokens.index(EOS))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export_model(path: Path, kind: str) -> Path:
    """The base with its matrices in a GGML type, such as F16 or Q8_0."""
    saved, shape = torch.load(WEIGHTS), Shape()
    writer = gguf.GGUFWriter(partial(path), "llama")
    write_metadata(writer, shape, saved["step"], kind)
    write_vocabulary(writer)
    quantized = gguf.GGMLQuantizationType[kind]
    for name, tensor in saved["state"].items():
        if tensor.dim() == 2:
            writer.add_tensor(gguf_name(name), gguf.quantize(tensor.numpy(), quantized), raw_dtype=quantized)
        else:
            writer.add_tensor(gguf_name(name), tensor.numpy())
    return finish(writer, path)


def export_adapter(path: Path = ALIGNED) -> Path:
    """The adapter in F16: it is small, and llama.cpp multiplies by it without repacking."""
    writer = gguf.GGUFWriter(partial(path), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", ALPHA * STRENGTH)
    writer.add_name("language-neurons embedded, aligned")
    writer.add_license("mit")
    for name, parts in torch.load(ADAPTER).items():
        for suffix, tensor in zip(("lora_a", "lora_b"), parts):
            writer.add_tensor(f"{gguf_name(name)}.{suffix}", tensor.half().numpy())
    return finish(writer, path)


def partial(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_suffix(".partial")


def finish(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial(path), path)
    print(json.dumps({"file": str(path), "bytes": path.stat().st_size}))
    return path


def main() -> None:
    export_model(BASE, SHIPPED)


if __name__ == "__main__":
    main()
