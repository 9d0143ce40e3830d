#pragma once

#include <cstddef>
#include <cstdint>

// Products of a batch's activations with a quantized matrix: y[n][m] = sum over k of x[n][k] * w[m][k], added up in
// F32. In F32 or, where the processor multiplies so, in BF16, a few rows of the matrix are dequantized at a time, so
// that they stay in the core's cache, and are laid out as the vector units read them. In integers of 8 bits they are
// laid out likewise, and the results have the bits of ggml's.
namespace products {

struct AttentionKernel;

enum class Kind { integers, f32, bf16, int8 };

// Those that one chooses by name in the place of ggml's.
struct NamedKind {
    const char * name;
    Kind kind;
};
constexpr NamedKind named_kinds[] = { { "f32", Kind::f32 }, { "bf16", Kind::bf16 }, { "int8", Kind::int8 } };

// ggml's formats whose products can be computed in integers.
// q4_k: as the file holds it, but for Kind::integers in ggml's order for x86, eight rows side by side.
enum class Format { other, q8_0, q5_0, q5_1, q4_0, q4_1, q6_k, q4_k, q5_k };

// Turns `k` quantized values from the beginning of a block on into floats.
using Dequantize = void (*)(const void * values, float * floats, int64_t k);

// `rows` rows of `k` values, in blocks of `block_values` values and `block_bytes` bytes.
struct Matrix {
    const char * data;
    size_t row_bytes;
    int64_t rows;
    int64_t k;
    int64_t block_values;
    size_t block_bytes;
    Dequantize dequantize; // nullptr: they are floats
    Format format;
};

// `n` rows of operands, words of 32 bits: a float each, or two BF16 of which the first is the lower half; or blocks of
// integers and their scales.
struct Operands {
    const uint32_t * words;
    size_t stride; // words
    int64_t n;
    const int32_t * places; // the row of y of each
};

// Values that share a scale in the formats of the fewest such values.
constexpr int64_t integer_block = 32;

constexpr int64_t words_of(Kind kind, int64_t k) {
    return kind == Kind::f32 ? k : kind == Kind::integers ? k / integer_block * 18 : (k + 1) / 2;
}

// Rows of a matrix that are multiplied at once, by most kernels.
constexpr int64_t panel_rows = 64;
// Values of a row that are dequantized at once: whole blocks of every type.
constexpr int64_t panel_values = 1024;
// Words of a panel that is laid out where multiplying takes less than reading the operands again: half of a core's own
// cache.
constexpr int64_t large_panel_words = 1 << 18;
// Words for values, and for rows a little apart.
constexpr int64_t staging_words = panel_values + panel_rows * (panel_values + 16);
// Words that a thread needs beside its operands: staging and a panel; of integers, whole rows with eight scales a block
// and what else a format has.
constexpr size_t scratch_words(Kind kind, int64_t k) {
    return kind == Kind::integers ? size_t(panel_rows * (k / integer_block) * 18)
         : kind == Kind::f32      ? staging_words + panel_rows * panel_values
                                  : staging_words + large_panel_words;
}

// n times function(gate), or function(gate) * up where up is not nullptr.
using Activation = void (*)(const float * gate, const float * up, float * out, int64_t n);

// GELU (Hendrycks and Gimpel 2016, arXiv 1606.08415): its approximation by tanh, and the one by a sigmoid.
struct Gelus {
    Activation by_tanh;
    Activation by_sigmoid;
};

struct Kernels {
    // The products with the rows [first, last) of `w`; y: from the matrix' first row on, its rows y_stride floats
    // apart; scratch: scratch_words. Fastest where operands and scratch begin lines of the cache.
    void (*multiply)(
        const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride,
        uint32_t * scratch
    );
    // Makes words of k floats: copies them, or rounds them to BF16, with a zero after an odd one, or to integers, as
    // they are multiplied with the format's.
    void (*round)(Format format, const float * floats, uint32_t * words, int64_t k);
    // Fewest tokens of a batch for which laying out the format's weights is worth it: with fewer, ggml's kernels are
    // faster (npm run bench:kernels).
    int64_t (*least_tokens)(Format format);
    const AttentionKernel * attention; // of attention.h; nullptr: ggml's
    Gelus gelus;                       // nullptr: ggml's, which reads it from a table of F16 values
};

// The fastest for this processor, or nullptr where it has no instructions for them or the compiler knew none.
const Kernels * kernels_of(Kind kind);

} // namespace products
