"""Writes the trained model as GGUF: matrices F16, norms F32, tied output left out."""

import json
import os

import gguf
import torch

import tokenizer as bpe
from languages import LANGUAGES
from model import Shape
from settings import OUTPUT, TOKENIZER, WEIGHTS
from tokenizer import BOS, EOS, PRE

TARGET = OUTPUT / "embedded.gguf"
MOST_BYTES = 10_000_000
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


def write_metadata(writer: gguf.GGUFWriter, shape: Shape, steps: int) -> None:
    writer.add_name("language-neurons embedded")
    writer.add_license("mit")
    writer.add_languages(LANGUAGES)
    writer.add_description(f"Ten languages from generated sentences and the UDHR; {steps} steps")
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
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
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


def main() -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    saved, shape = torch.load(WEIGHTS), Shape()
    partial = TARGET.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    write_metadata(writer, shape, saved["step"])
    write_vocabulary(writer)
    for name, tensor in saved["state"].items():
        kind = torch.float16 if tensor.dim() == 2 else torch.float32
        writer.add_tensor(gguf_name(name), tensor.to(kind).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if partial.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{partial} has {partial.stat().st_size} bytes")
    os.replace(partial, TARGET)
    print(json.dumps({"file": str(TARGET), "bytes": TARGET.stat().st_size, "step": saved["step"]}))


if __name__ == "__main__":
    main()
