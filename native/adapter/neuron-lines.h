#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

constexpr size_t neuron_line_words = 16; // of a cache line

// Where the first line begins. words: a line more than are needed.
inline uint32_t * neuron_line_of(std::vector<uint32_t> & words) {
    const auto address = reinterpret_cast<uintptr_t>(words.data());
    return words.data() + (neuron_line_words - address / sizeof(uint32_t) % neuron_line_words) % neuron_line_words;
}
