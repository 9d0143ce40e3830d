#pragma once

#include "InputSquares.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// What the texts of an importance matrix were.
struct ImatrixSource {
    std::vector<std::string> datasets;
    uint32_t chunks = 0;
    uint32_t chunk_size = 0; // tokens
};

// An importance matrix in the form that llama-imatrix writes and llama-quantize reads: a GGUF file with two tensors for
// each matrix of weights, `NAME.in_sum2` and `NAME.counts`.
struct ImatrixFile {
    std::string dataset; // the first
    int64_t chunks = 0;
    // By the names of weights, what the quantizer takes: mean squares, [matrices, width]; 1 where no vector went in.
    std::map<std::string, std::vector<float>> entries;

    // Throws Failure DAMAGED or NOT_FOUND.
    static ImatrixFile read(const std::string & path);
    // Throws Failure UNWRITABLE.
    static void write(
        const std::string & path, const std::map<std::string, InputSquares::Entry> & entries, const ImatrixSource & of
    );
};
