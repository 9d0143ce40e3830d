#pragma once

#include <cstddef>
#include <cstdint>

// Attention of a batch: for each token and head, the mean of the values of the cells, weighted by the softmax of
// query · key * scale + mask.
namespace products {

// Rows of values and the bytes between them.
struct Strided {
    const char * data;
    size_t row; // tokens, or cells
    size_t head;
    size_t stream;
};

struct Attention {
    Strided queries; // floats
    Strided keys;    // F16, as are values and mask
    Strided values;
    Strided mask; // a row of each token, for all heads
    float * out;  // [streams][tokens][heads][value_size]
    int64_t key_size;
    int64_t value_size;
    int64_t tokens;
    int64_t cells;
    int64_t heads;
    int64_t key_heads; // each serves heads / key_heads heads
    float scale;
};

// The tokens [first, last) of the heads that share a head of keys.
struct AttentionPart {
    int64_t stream;
    int64_t key_head;
    int64_t first;
    int64_t last;
};

struct AttentionKernel {
    // The words of scratch that a part takes, which begin a line of the cache.
    size_t (*words)(const Attention & all, const AttentionPart & part);
    void (*attend)(const Attention & all, const AttentionPart & part, uint32_t * scratch);
    int64_t tile; // tokens of a head that are computed at once
};

// For few tokens, of which ggml takes one cell after another. One of two has its bits: where its compiler fused a
// product and a sum into one operation, or the other. nullptr: this processor has no instructions for it, or the
// compiler knew none.
const AttentionKernel * cellwise_attention(bool fused);

} // namespace products
