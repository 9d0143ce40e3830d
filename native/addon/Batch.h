#pragma once

#include "llama.h"

#include <cstdint>
#include <vector>

// One batch; every vector has one entry a token.
struct Batch {
    std::vector<llama_token> tokens;
    std::vector<llama_pos> positions;
    std::vector<llama_seq_id> sequences;
    std::vector<uint8_t> counted;
    std::vector<llama_token> targets;
    std::vector<int32_t> edits;
    std::vector<llama_seq_id> finished; // sequences whose cells are freed after the batch
    // pairs of a sequence and the position from which on it loses its cells, before the batch
    std::vector<int32_t> trimmed;
    std::vector<llama_seq_id> moved; // pairs of a sequence and the free one that it becomes, before the batch
    std::vector<int32_t> shared;     // pairs of token index and further sequence
};

// A batch as llama.cpp takes it. outputs: [n_tokens] 1: the token has an output.
class NativeBatch {
public:
    NativeBatch(const Batch & batch, const std::vector<uint8_t> & outputs);
    ~NativeBatch() { llama_batch_free(native); }
    NativeBatch(const NativeBatch &) = delete;
    NativeBatch & operator=(const NativeBatch &) = delete;

    llama_batch native;
};
