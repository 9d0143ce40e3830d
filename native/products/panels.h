#pragma once

// Products with panels: rows of a matrix whose words lie side by side, `columns` of them to a strip.

#include "operands.h"

#include <utility>

#ifdef __AMX_BF16__
#include "tiles.h"
#endif

namespace products {

namespace {

// A token's sums with a strip, of which the first `width` are wanted; added to what is there where `more` is.
inline void write_sums(const Vector (&sums)[2], float * out, int64_t width, bool more) {
    if (width == columns) {
        for (int half = 0; half < 2; ++half) {
            Vector & place = *reinterpret_cast<Vector *>(out + half * lanes);
            place = more ? place + sums[half] : sums[half];
        }
        return;
    }
    float last[columns];
    std::memcpy(last, sums, sizeof(last));
    for (int64_t i = 0; i < width; ++i) {
        out[i] = more ? out[i] + last[i] : last[i];
    }
}

// Sums of `tokens` rows of x with a strip of the panel, over `words` words of each; added to y's where `more` is.
template <typename Operand, int tokens>
void multiply_tile(
    const uint32_t * panel, const uint32_t * x, size_t x_stride, int64_t words, float * y, const int32_t * places,
    size_t y_stride, int64_t width, bool more
) {
    Vector sums[tokens][2] = {};
    for (int64_t k = 0; k < words; ++k, panel += columns) {
#pragma GCC unroll 16
        for (int t = 0; t < tokens; ++t) {
            const uint32_t factor = x[t * x_stride + k];
            sums[t][0] = Operand::add(sums[t][0], panel, factor);
            sums[t][1] = Operand::add(sums[t][1], panel + lanes, factor);
        }
    }
    for (int t = 0; t < tokens; ++t) {
        write_sums(sums[t], y + size_t(places[t]) * y_stride, width, more);
    }
}

using Tile =
    void (*)(const uint32_t *, const uint32_t *, size_t, int64_t, float *, const int32_t *, size_t, int64_t, bool);

template <typename Operand, size_t... tokens> Tile tile_of(int64_t n, std::index_sequence<tokens...>) {
    static constexpr Tile tiles[] = { multiply_tile<Operand, int(tokens) + 1>... };
    return tiles[n - 1];
}

// rows: `columns` rows of words; panel: the same with the rows' words side by side.
inline void interleave(const uint32_t * rows, size_t stride, int64_t words, uint32_t * panel) {
    int64_t k = 0;
#ifdef __AVX512F__
    for (; k + lanes <= words; k += lanes) {
        for (int part = 0; part < columns; part += lanes) {
            __m512i r[lanes], s[lanes];
            for (int i = 0; i < lanes; ++i) {
                r[i] = _mm512_loadu_si512(rows + (part + i) * stride + k);
            }
            for (int i = 0; i < lanes; i += 2) {
                s[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
                s[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
            }
            for (int i = 0; i < lanes; i += 4) {
                r[i] = _mm512_unpacklo_epi64(s[i], s[i + 2]);
                r[i + 1] = _mm512_unpackhi_epi64(s[i], s[i + 2]);
                r[i + 2] = _mm512_unpacklo_epi64(s[i + 1], s[i + 3]);
                r[i + 3] = _mm512_unpackhi_epi64(s[i + 1], s[i + 3]);
            }
            for (int i = 0; i < 4; ++i) { // r[4 a + i]: of rows 4 a .. 4 a + 3 the words i, 4 + i, 8 + i, 12 + i
                s[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
                s[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
                s[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
                s[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
            }
            for (int i = 0; i < 4; ++i) {
                uint32_t * out = panel + (k + i) * columns + part;
                _mm512_storeu_si512(out, _mm512_shuffle_i32x4(s[i], s[8 + i], 0x88));
                _mm512_storeu_si512(out + 8 * columns, _mm512_shuffle_i32x4(s[i], s[8 + i], 0xdd));
                _mm512_storeu_si512(out + 4 * columns, _mm512_shuffle_i32x4(s[4 + i], s[12 + i], 0x88));
                _mm512_storeu_si512(out + 12 * columns, _mm512_shuffle_i32x4(s[4 + i], s[12 + i], 0xdd));
            }
        }
    }
#endif
    for (; k < words; ++k) {
        for (int i = 0; i < columns; ++i) {
            panel[k * columns + i] = rows[i * stride + k];
        }
    }
}

#ifdef __AMX_BF16__
constexpr int64_t most_tile_tokens = 2 * tile_rows;

// Tiles 0 to 3: sums of 16 tokens with 16 rows of the matrix; 4 and 5: tokens; 6 and 7: rows.
inline void shape_for(int64_t tokens, int64_t words) {
    Shapes shapes;
    for (int second = 0; second < 2; ++second) {
        const int64_t height = lesser(tile_rows, tokens - second * tile_rows);
        if (height > 0) {
            shapes.set(2 * second, height, tile_words);
            shapes.set(2 * second + 1, height, tile_words);
            shapes.set(4 + second, height, words);
        }
        shapes.set(6 + second, words, tile_words);
    }
    shape_tiles(shapes);
}

// Adds up `steps` tiles of words, to what is in y where `more` is; y: 16 rows of `columns`, y_stride floats apart, then
// as many where there are more tokens.
template <bool more_tokens>
void add_tiles(
    const uint32_t * panel, const uint32_t * x, size_t x_stride, int64_t steps, float * y, size_t y_stride, bool more
) {
    constexpr size_t row_bytes = columns * sizeof(float);
    const size_t x_bytes = x_stride * sizeof(uint32_t), y_bytes = y_stride * sizeof(float);
    if (more) {
        _tile_loadd(0, y, y_bytes);
        _tile_loadd(1, y + lanes, y_bytes);
    } else {
        _tile_zero(0);
        _tile_zero(1);
    }
    float * second = y + tile_rows * y_stride;
    if (more_tokens && more) {
        _tile_loadd(2, second, y_bytes);
        _tile_loadd(3, second + lanes, y_bytes);
    } else if (more_tokens) {
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int64_t step = 0; step < steps; ++step, panel += tile_words * columns, x += tile_words) {
        _tile_loadd(6, panel, row_bytes);
        _tile_loadd(7, panel + lanes, row_bytes);
        _tile_loadd(4, x, x_bytes);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (more_tokens) {
            _tile_loadd(5, x + tile_rows * x_stride, x_bytes);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
    _tile_stored(0, y, y_bytes);
    _tile_stored(1, y + lanes, y_bytes);
    if (more_tokens) {
        _tile_stored(2, second, y_bytes);
        _tile_stored(3, second + lanes, y_bytes);
    }
}
#endif

} // namespace

} // namespace products
