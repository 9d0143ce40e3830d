"""The shipped file read back, so that it can be checked where nothing of the training is left.

Weights are dequantized, which is exact in F32; the tokenizer is put together from the file's tokens and merges.
"""

from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer, models

import tokenizer as bpe
from export import finish, gguf_name, partial
from model import Model, Shape


def tokenizer(path: Path) -> Tokenizer:
    reader = gguf.GGUFReader(path)
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    merges = [tuple(pair.split(" ")) for pair in reader.get_field("tokenizer.ggml.merges").contents()]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return bpe.byte_level(models.BPE(vocab=vocabulary, merges=merges))


def model(path: Path) -> Model:
    """With the weights as the file holds them; tensors go by our names, not llama.cpp's."""
    found = weights(path)
    read = Model(Shape(), seed=0)
    read.load_state_dict({name: found.pop(gguf_name(name)) for name in read.state_dict()})
    if found:
        raise SystemExit(f"{path}: tensors that the model lacks: {', '.join(found)}")
    return read


def weights(path: Path) -> dict[str, torch.Tensor]:
    """By llama.cpp's names, F32."""
    tensors = gguf.GGUFReader(path).tensors
    return {one.name: torch.from_numpy(gguf.dequantize(one.data, one.tensor_type).copy()) for one in tensors}


def write_unquantized(source: Path, path: Path) -> Path:
    """A copy with the same weights in F32, exactly, and the same metadata: its matrix products round no inputs."""
    writer = gguf.GGUFWriter(partial(path), "llama")
    for key, field in gguf.GGUFReader(source).fields.items():
        if key == "general.file_type":
            writer.add_file_type(gguf.LlamaFileType.ALL_F32)
        elif not key.startswith("GGUF.") and key != "general.architecture":
            kind, *inner = field.types
            writer.add_key_value(key, field.contents(), kind, inner[-1] if inner else None)
    for name, tensor in weights(source).items():
        writer.add_tensor(name, tensor.numpy())
    return finish(writer, path)
