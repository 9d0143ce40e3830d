// Products of 8-bit integers that are added up as ggml's kernels for x86 do it, to the same bits: eight sums a product,
// each of the same four values of every block, rounded block by block; and those added in the same order. Integers are
// exact in any order, so that several products may share a register and be computed side by side.

#include "products.h"

#include <cstring>
#include <immintrin.h>
#include <utility>

namespace products {

namespace {

constexpr int64_t block_words = 16; // of an operand's block: 32 integers, and their sums by four, times -128
constexpr int pairs = 4;            // of rows in a strip, each of which shares registers
constexpr int64_t columns = 2 * pairs;
constexpr int64_t strips = panel_rows / columns;
constexpr int most_tokens = 4;
constexpr int64_t cached_bytes = 1 << 19; // of a panel: half of a core's own cache

// A block of a strip's rows.
struct Block {
    uint8_t quants[pairs][2][32]; // with 128 added where some are negative
    float scales[pairs][2][8];    // each row's, eight times
};

int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

float half(const char * at) {
    uint16_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

// As a half precision holds it.
float halved(float value) {
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph(_mm_set_ss(value), _MM_FROUND_TO_NEAREST_INT)));
}

__m256i quants_at(const char * at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(at));
}

// The first 16 values are in the lower halves of bytes, the others in the upper ones.
__m256i nibbles(const char * at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
    return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

// Fifth bits of 32 values, as bytes of `value`.
__m256i fifth_bits(const char * at, char value) {
    uint32_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    return _mm256_maskz_set1_epi8(bits, value);
}

struct Unpacked {
    __m256i quants;
    float scale;
    float minimum;
};

// A block as the file holds it: halves of the scale, and of the minimum where the format has one, then the values.
Unpacked unpack(Format format, const char * block) {
    switch (format) {
        case Format::q8_0: return { quants_at(block + 2), half(block), 0.0f };
        case Format::q5_0:
            return {
                _mm256_sub_epi8(_mm256_or_si256(nibbles(block + 6), fifth_bits(block + 2, 16)), _mm256_set1_epi8(16)),
                half(block), 0.0f
            };
        case Format::q5_1:
            return { _mm256_or_si256(nibbles(block + 8), fifth_bits(block + 4, 16)), half(block), half(block + 2) };
        case Format::q4_1:
        default: return { nibbles(block + 4), half(block), half(block + 2) };
    }
}

bool has_minimum(Format format) {
    return format == Format::q4_1 || format == Format::q5_1;
}

// Rows that are not there are zeros.
void fill_strip(const Matrix & w, int64_t first, Block * panel, float * minima) {
    const int64_t blocks = w.k / integer_block;
    for (int64_t i = 0; i < columns; ++i) {
        const char * row = w.data + size_t(first + i) * w.row_bytes;
        for (int64_t b = 0; b < blocks; ++b) {
            const Unpacked block = first + i < w.rows ? unpack(w.format, row + size_t(b) * w.block_bytes)
                                                      : Unpacked{ _mm256_setzero_si256(), 0.0f, 0.0f };
            const __m256i quants =
                has_minimum(w.format) ? block.quants : _mm256_xor_si256(block.quants, _mm256_set1_epi8(-128));
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(panel[b].quants[i / 2][i % 2]), quants);
            _mm256_storeu_ps(panel[b].scales[i / 2][i % 2], _mm256_set1_ps(block.scale));
            minima[b * columns + i] = block.minimum;
        }
    }
}

// The sums of eight lanes each of the strip's pairs, row by row.
__m256 sums_of(const __m512 (&lanes)[pairs]) {
    __m512 four[pairs]; // of each row: lanes and those four further on
#pragma GCC unroll 4
    for (int p = 0; p < pairs; ++p) {
        four[p] = _mm512_add_ps(_mm512_shuffle_f32x4(lanes[p], lanes[p], 0xb1), lanes[p]);
    }
    const __m512 a = _mm512_mask_blend_ps(0xf0f0, four[0], four[1]);
    const __m512 b = _mm512_mask_blend_ps(0xf0f0, four[2], four[3]);
    const __m512 two = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    const __m512 one = _mm512_add_ps(two, _mm512_permute_ps(two, 0x4e));
    const __m512i order = _mm512_setr_epi32(0, 8, 4, 12, 1, 9, 5, 13, 0, 0, 0, 0, 0, 0, 0, 0);
    return _mm512_castps512_ps256(_mm512_permutexvar_ps(order, one));
}

__m512i both_halves(const uint32_t * at) {
    return _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(at)));
}

// A strip's products with `tokens` rows of operands.
template <bool minimum, int tokens>
void multiply_tile(
    const Block * panel, const float * minima, const uint32_t * x, size_t x_stride, int64_t blocks, float * y,
    const int32_t * places, size_t y_stride, int64_t width
) {
    __m512 sums[tokens][pairs];
    __m256 below[tokens]; // what the minima add
#pragma GCC unroll 4
    for (int t = 0; t < tokens; ++t) {
#pragma GCC unroll 4
        for (int p = 0; p < pairs; ++p) {
            sums[t][p] = _mm512_setzero_ps();
        }
        below[t] = _mm256_setzero_ps();
    }
    const float * scales = reinterpret_cast<const float *>(x + blocks * block_words);
    for (int64_t b = 0; b < blocks; ++b) {
        __m512i w[pairs];
#pragma GCC unroll 4
        for (int p = 0; p < pairs; ++p) {
            w[p] = _mm512_loadu_si512(panel[b].quants[p]);
        }
#pragma GCC unroll 4
        for (int t = 0; t < tokens; ++t) {
            const uint32_t * block = x + size_t(t) * x_stride + b * block_words;
            const __m512i quants = both_halves(block);
            const __m512i surplus = minimum ? _mm512_setzero_si512() : both_halves(block + 8);
            const __m512 scale = _mm512_set1_ps(scales[size_t(t) * x_stride + size_t(b)]);
#pragma GCC unroll 4
            for (int p = 0; p < pairs; ++p) {
                const __m512 dot = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(surplus, w[p], quants));
                const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(panel[b].scales[p]), scale);
                sums[t][p] = _mm512_fmadd_ps(scaled, dot, sums[t][p]);
            }
            if (minimum) {
                const __m256 total = _mm256_set1_ps(scales[size_t(t) * x_stride + size_t(blocks + b)]);
                below[t] = _mm256_fmadd_ps(_mm256_loadu_ps(minima + b * columns), total, below[t]);
            }
        }
    }
#pragma GCC unroll 4
    for (int t = 0; t < tokens; ++t) {
        const __m256 found = minimum ? _mm256_add_ps(sums_of(sums[t]), below[t]) : sums_of(sums[t]);
        _mm256_mask_storeu_ps(y + size_t(places[t]) * y_stride, __mmask8((1u << width) - 1), found);
    }
}

using Tile = void (*)(
    const Block *, const float *, const uint32_t *, size_t, int64_t, float *, const int32_t *, size_t, int64_t
);

template <size_t... tokens> Tile tile_of(bool minimum, int64_t n, std::index_sequence<tokens...>) {
    static constexpr Tile plain[] = { multiply_tile<false, int(tokens) + 1>... };
    static constexpr Tile with_minimum[] = { multiply_tile<true, int(tokens) + 1>... };
    return (minimum ? with_minimum : plain)[n - 1];
}

void multiply(const Matrix & w, int64_t first, const Operands & x, float * y, size_t y_stride, uint32_t * scratch) {
    const int64_t blocks = w.k / integer_block;
    auto * panel = reinterpret_cast<Block *>(scratch);
    const int64_t all = lesser(strips, (w.rows - first + columns - 1) / columns);
    const int64_t most = lesser(all, 1 + cached_bytes / (blocks * int64_t(sizeof(Block))));
    auto * minima = reinterpret_cast<float *>(panel + strips * blocks);
    for (int64_t begin = 0; begin < all; begin += most) {
        const int64_t count = lesser(most, all - begin);
        const int64_t row = first + begin * columns;
        for (int64_t strip = 0; strip < count; ++strip) {
            fill_strip(w, row + strip * columns, panel + strip * blocks, minima + strip * blocks * columns);
        }
        for (int64_t token = 0; token < x.n; token += most_tokens) {
            const int64_t tokens = lesser(most_tokens, x.n - token);
            const Tile tile = tile_of(has_minimum(w.format), tokens, std::make_index_sequence<most_tokens>());
            for (int64_t strip = 0; strip < count; ++strip) {
                const int64_t at = row + strip * columns;
                tile(
                    panel + strip * blocks, minima + strip * blocks * columns, x.words + size_t(token) * x.stride,
                    x.stride, blocks, y + at, x.places + token, y_stride, lesser(columns, w.rows - at)
                );
            }
        }
    }
}

// A row of operands: its blocks, then their scales, then those times the sums of their integers.
void round_row(const float * floats, uint32_t * words, int64_t k) {
    const int64_t blocks = k / integer_block;
    float * scales = reinterpret_cast<float *>(words + blocks * block_words);
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    for (int64_t b = 0; b < blocks; ++b, floats += integer_block) {
        __m256 most = _mm256_and_ps(_mm256_loadu_ps(floats), magnitude);
        for (int i = 8; i < integer_block; i += 8) {
            most = _mm256_max_ps(most, _mm256_and_ps(_mm256_loadu_ps(floats + i), magnitude));
        }
        __m128 few = _mm_max_ps(_mm256_extractf128_ps(most, 1), _mm256_castps256_ps128(most));
        few = _mm_max_ps(few, _mm_movehl_ps(few, few));
        few = _mm_max_ss(few, _mm_movehdup_ps(few));
        const float greatest = _mm_cvtss_f32(few);
        const float scale = greatest / 127.0f;
        const __m512 factor = _mm512_set1_ps(greatest != 0.0f ? 127.0f / greatest : 0.0f);
        const __m512i low = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(floats), factor));
        const __m512i high = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(floats + 16), factor));
        const int32_t sum = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
        const __m256i quants =
            _mm256_inserti128_si256(_mm256_castsi128_si256(_mm512_cvtsepi32_epi8(low)), _mm512_cvtsepi32_epi8(high), 1);
        const __m256i by_four = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(-128), quants);
        uint32_t * block = words + b * block_words;
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(block), quants);
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(block + 8), _mm256_sub_epi32(_mm256_setzero_si256(), by_four));
        scales[b] = halved(scale);
        scales[blocks + b] = halved(scale * float(sum));
    }
}

} // namespace

namespace LN_PRODUCTS {

extern const Kernels integers;
const Kernels integers = { multiply, round_row };

} // namespace LN_PRODUCTS

} // namespace products
