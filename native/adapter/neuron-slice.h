#pragma once

// How custom operations on the CPU divide their work.

#include "ggml.h"

#include <algorithm>
#include <cstdint>

// A thread's share of the neurons: no two threads write the same cache line, and the slice of a counter that is added
// to stays in the first-level cache.
struct neuron_slice {
    neuron_slice(int64_t width, int ith, int nth) {
        constexpr int64_t line = 16; // floats in a cache line
        const int64_t lines = (width + line - 1) / line;
        begin = line * (lines * ith / nth);
        end = std::min(width, line * (lines * (ith + 1) / nth));
    }
    int64_t begin, end;
};

// A row of floats.
inline float * neuron_row(const ggml_tensor * t, int64_t i1, int64_t i2) {
    return reinterpret_cast<float *>(static_cast<char *>(t->data) + i1 * t->nb[1] + i2 * t->nb[2]);
}

// The expert that a token's slot was routed to; `selected` may be strided.
inline int32_t neuron_expert(const ggml_tensor * selected, int64_t slot, int64_t token) {
    return *reinterpret_cast<const int32_t *>(
        static_cast<const char *>(selected->data) + slot * selected->nb[0] + token * selected->nb[1]
    );
}
