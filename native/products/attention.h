#pragma once

#include <cstddef>
#include <cstdint>

// Attention of a batch: for each token and head, the mean of the values of the cells, weighted by the softmax of
// query · key * scale + mask. Queries, keys, values and weights are rounded to BF16; products, softmax and mean are
// added up in F32, a block of cells at a time, so that scores are never in memory as a whole (FlashAttention, arXiv
// 2205.14135).
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

// Tokens of a head that are computed at once.
constexpr int64_t attention_tile = 32;

} // namespace products
