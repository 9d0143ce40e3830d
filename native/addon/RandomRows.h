#pragma once

#include <ggml.h>

#include <cstdint>
#include <vector>

// Rows of a matrix of random weights, even in [-bound, bound), as ggml stores them in a type.
std::vector<uint8_t> random_rows(ggml_type type, int64_t width, int64_t rows, float bound, uint64_t seed);
