// Products of 8-bit integers: a block's weights as the file holds them, and operands rounded to 8 bits, as many at once
// as the block has values. A block's products are added up as integers, which is exact, and the blocks in F32. Formats
// whose values are no integers are multiplied in BF16.

#include "panels.h"

#include <limits>

namespace products {

namespace {

constexpr int64_t chunk_values = 512; // of a row, laid out at once: a strip stays in the core's first cache
constexpr int64_t chunk_words = chunk_values / 4;
constexpr int64_t rows_stride = chunk_words + lanes; // rows a power of two apart would share few lines of the cache
constexpr int most_int8_tokens = 6;                  // whose sums, of integers and of floats, fit the registers

// The values of a format that share a scale, of a block's integers w: scale * w + minimum, or scale * (w - offset).
struct Group {
    int values; // 0: it has no such groups
    bool has_minimum;
    int offset;
};

constexpr Group group_of(Format format) {
    switch (format) {
        case Format::q8_0:
        case Format::q5_0:
        case Format::q4_0: return { 32, false, 128 };
        case Format::q5_1:
        case Format::q4_1:
        case Format::q5_k:
        case Format::q4_k: return { 32, true, 0 };
        case Format::q6_k: return { 16, false, 32 };
        default: return { 0, false, 0 };
    }
}

// A strip's rows: integers as words side by side, and for each group a scale and a minimum of each row.
struct Strip {
    uint32_t words[chunk_words * columns];
    float scales[chunk_values / 16 * columns];
    float minima[chunk_values / 32 * columns];
    uint32_t rows[columns * rows_stride];
};
static_assert(sizeof(Strip) <= scratch_words(Kind::int8, 0) * sizeof(uint32_t), "there is no space for it");

void put(uint32_t * words, __m256i bytes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(words), bytes);
}

// 256 values in Q4_K or Q5_K: halves of what scales and minima are multiplied with, those, fifth bits in Q5_K, nibbles.
void lay_out_256(Format format, const char * data, uint32_t * row, float * scales, float * minima) {
    const float scale = half(data), minimum = half(data + 2);
    const auto * packed = reinterpret_cast<const uint8_t *>(data + 4);
    const char * fifth = data + 16;
    const char * quants = format == Format::q5_k ? fifth + 32 : fifth;
    for (int g = 0; g < 8; ++g) {
        const SixBitScale by = six_bit_scale_at(packed, g);
        __m256i values = bits_of(bytes_at(quants + g / 2 * 32), g % 2 * 4, 4);
        if (format == Format::q5_k) {
            values = _mm256_or_si256(values, _mm256_slli_epi16(bits_of(bytes_at(fifth), g, 1), 4));
        }
        put(row + 8 * g, values);
        scales[g * columns] = scale * float(by.scale);
        minima[g * columns] = -minimum * float(by.minimum);
    }
}

void lay_out_six_bits(const char * data, uint32_t * row, float * scales) {
    const float scale = half(data + six_bit_scale);
    for (int g = 0; g < 8; ++g) {
        put(row + 8 * g, six_bits(data, g));
    }
    for (int g = 0; g < 16; ++g) {
        scales[g * columns] = scale * float(int8_t(data[six_bit_scales + g]));
    }
}

// The values [from, from + k) of the row `row`, the strip's `i`th.
void lay_out(const Matrix & w, int64_t row, int64_t from, int64_t k, Strip & strip, int i) {
    const char * data = w.data + size_t(row) * w.row_bytes + size_t(from / w.block_values) * w.block_bytes;
    const Group group = group_of(w.format);
    uint32_t * words = strip.rows + i * rows_stride;
    for (int64_t at = 0; at < k; at += w.block_values, data += w.block_bytes) {
        float * scales = strip.scales + at / group.values * columns + i;
        float * minima = strip.minima + at / 32 * columns + i;
        switch (w.format) {
            case Format::q6_k: lay_out_six_bits(data, words + at / 4, scales); break;
            case Format::q5_k:
            case Format::q4_k: lay_out_256(w.format, data, words + at / 4, scales, minima); break;
            default:
                const Unpacked block = unpack(w.format, data);
                put(words + at / 4, _mm256_xor_si256(block.quants, _mm256_set1_epi8(char(group.offset))));
                *scales = block.scale;
                *minima = block.minimum;
        }
    }
}

void fill(const Matrix & w, int64_t first, int64_t from, int64_t k, Strip & strip) {
    for (int i = 0; i < columns; ++i) {
        // in the place of rows that are not there, the last one: what it gives is not written
        lay_out(w, lesser(first + i, w.rows - 1), from, k, strip, i);
    }
    interleave(strip.rows, rows_stride, k / 4, strip.words);
}

// Rows of operands from one value on, `stride` words apart: integers, for each group of the format a scale, and what is
// added to the group: the scale times the sum of its integers, or for a format with an offset, minus the offset times
// that sum, as an integer.
struct Rounded {
    const uint32_t * words;
    const float * scales;
    const uint32_t * added;
    size_t stride;
};

// Sums of `tokens` operands with a strip over `groups` groups of `steps` words; added to y's where `more` is.
template <int steps, bool has_minimum, int tokens>
void multiply_tile(
    const Strip & strip, const Rounded & x, int64_t groups, float * y, const int32_t * places, size_t y_stride,
    int64_t width, bool more
) {
    __m512 sums[tokens][2] = {};
    const uint32_t * panel = strip.words;
    for (int64_t g = 0; g < groups; ++g) {
        __m512i all[tokens][2];
#pragma GCC unroll 8
        for (int t = 0; t < tokens; ++t) {
            const auto start = has_minimum ? 0 : int(x.added[size_t(t) * x.stride + size_t(g)]);
            all[t][0] = all[t][1] = _mm512_set1_epi32(start);
        }
#pragma GCC unroll 8
        for (int step = 0; step < steps; ++step, panel += columns) {
            const __m512i first = _mm512_loadu_si512(panel), second = _mm512_loadu_si512(panel + lanes);
#pragma GCC unroll 8
            for (int t = 0; t < tokens; ++t) {
                const __m512i four = _mm512_set1_epi32(int(x.words[size_t(t) * x.stride + size_t(g * steps + step)]));
                all[t][0] = _mm512_dpbusd_epi32(all[t][0], first, four);
                all[t][1] = _mm512_dpbusd_epi32(all[t][1], second, four);
            }
        }
        const float * scales = strip.scales + g * columns;
        const float * minima = strip.minima + g * columns;
#pragma GCC unroll 8
        for (int t = 0; t < tokens; ++t) {
            const __m512 scale = _mm512_set1_ps(x.scales[size_t(t) * x.stride + size_t(g)]);
            float total;
            std::memcpy(&total, x.added + size_t(t) * x.stride + size_t(g), sizeof(total));
#pragma GCC unroll 2
            for (int half = 0; half < 2; ++half) {
                const __m512 by = _mm512_mul_ps(_mm512_loadu_ps(scales + half * lanes), scale);
                sums[t][half] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(all[t][half]), by, sums[t][half]);
                if (has_minimum) {
                    const __m512 minimum = _mm512_loadu_ps(minima + half * lanes);
                    sums[t][half] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(total), sums[t][half]);
                }
            }
        }
    }
    for (int t = 0; t < tokens; ++t) {
        const Vector both[2] = { Vector(sums[t][0]), Vector(sums[t][1]) };
        write_sums(both, y + size_t(places[t]) * y_stride, width, more);
    }
}

using Int8Tile = void (*)(const Strip &, const Rounded &, int64_t, float *, const int32_t *, size_t, int64_t, bool);

template <int steps, bool has_minimum, size_t... tokens> Int8Tile tile_of(int64_t n, std::index_sequence<tokens...>) {
    static constexpr Int8Tile tiles[] = { multiply_tile<steps, has_minimum, int(tokens) + 1>... };
    return tiles[n - 1];
}

Int8Tile tile_of(const Group & group, int64_t n) {
    constexpr auto numbers = std::make_index_sequence<most_int8_tokens>();
    return group.values == 16 ? tile_of<4, false>(n, numbers)
         : group.has_minimum  ? tile_of<8, true>(n, numbers)
                              : tile_of<8, false>(n, numbers);
}

// 16 values times a factor, as integers of 8 bits.
__m128i rounded_16(__m512 values, float factor) {
    return _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(values, _mm512_set1_ps(factor))));
}

} // namespace

namespace LN_PRODUCTS {

extern const Kernels bf16; // of kernels.cpp

void multiply_int8(
    const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
) {
    const Group group = group_of(w.format);
    if (group.values == 0) {
        return bf16.multiply(w, first, last, x, y, y_stride, scratch);
    }
    auto & strip = *reinterpret_cast<Strip *>(scratch);
    for (int64_t from = 0; from < w.k; from += chunk_values) {
        const int64_t k = lesser(chunk_values, w.k - from), begin = from / group.values;
        const uint32_t * scales = x.words + w.k / 4 + begin;
        for (int64_t row = first; row < last; row += columns) {
            fill(w, row, from, k, strip);
            for (int64_t token = 0; token < x.n; token += most_int8_tokens) {
                const int64_t tokens = lesser(most_int8_tokens, x.n - token);
                const size_t skipped = size_t(token) * x.stride;
                const Rounded rounded = { x.words + from / 4 + skipped,
                                          reinterpret_cast<const float *>(scales + skipped),
                                          scales + w.k / group.values + skipped, x.stride };
                tile_of(group, tokens)(
                    strip, rounded, k / group.values, y + row, x.places + token, y_stride, lesser(columns, last - row),
                    from > 0
                );
            }
        }
    }
}

void round_int8(Format format, const float * floats, uint32_t * words, int64_t k) {
    const Group group = group_of(format);
    if (group.values == 0) {
        return bf16.round(format, floats, words, k);
    }
    auto * scales = reinterpret_cast<float *>(words + k / 4);
    uint32_t * added = words + k / 4 + k / group.values;
    for (int64_t i = 0; i < k; i += group.values, floats += group.values) {
        const __m512 values[2] = { _mm512_loadu_ps(floats), _mm512_loadu_ps(floats + group.values - lanes) };
        const float greatest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(values[0]), _mm512_abs_ps(values[1])));
        const float factor = greatest > 0 ? 127 / greatest : 0;
        __m512i all = _mm512_setzero_si512();
        for (int at = 0; at < group.values; at += lanes) {
            const __m128i bytes = rounded_16(values[at / lanes], factor);
            _mm_storeu_si128(reinterpret_cast<__m128i *>(words + (i + at) / 4), bytes);
            all = _mm512_add_epi32(all, _mm512_cvtepi8_epi32(bytes));
        }
        const bool has_nan = _mm512_cmp_ps_mask(values[0], values[1], _CMP_UNORD_Q) != 0; // which no integer tells
        const float scale = has_nan ? std::numeric_limits<float>::quiet_NaN() : greatest / 127;
        const int32_t sum = _mm512_reduce_add_epi32(all), start = -group.offset * sum;
        const float total = scale * float(sum);
        scales[i / group.values] = scale;
        std::memcpy(added + i / group.values, group.has_minimum ? static_cast<const void *>(&total) : &start, 4);
    }
}

} // namespace LN_PRODUCTS

} // namespace products
