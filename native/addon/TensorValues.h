#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <vector>

// What llama.cpp's eval callback reads of the tensors that it meets.

// The layer that a tensor's name ends in, as "ffn_gate-3"; -1: none.
int layer_of(const char * name);

// Every byte that a tensor's elements lie in, strided or not.
std::vector<char> bytes_of(const ggml_tensor * tensor);

// Columns of a tensor in F32 from one on, row by row.
std::vector<float> values_of(const ggml_tensor * tensor, int64_t columns, int64_t first);
