#pragma once

// Which kernel of native/products computes the attention of few tokens as ggml does on this processor, to the bit.

#include "attention.h"

#include "llama.h"

#include <cstdint>

// Computes attention of some tokens by ggml and by the kernels, once in a process for each size of keys and values, and
// compares the results. nullptr where no kernel has the same.
const products::AttentionKernel * neuron_attention_with_ggml_bits(int64_t key_size, int64_t value_size);

LLAMA_API bool llama_neurons_attention_has_ggml_bits(int64_t key_size, int64_t value_size);
