#pragma once

// Whether native/products computes the attention of few tokens as ggml does on this processor, to the bit.

#include "llama.h"

#include <cstdint>

// Computes attention of three tokens both ways, once in a process for each size of keys and values, and compares the
// results. false where this processor has no such kernel.
LLAMA_API bool llama_neurons_attention_has_ggml_bits(int64_t key_size, int64_t value_size);
