// Compiled once for each kind of processors (CMakeLists.txt), which LN_PRODUCTS names. No templates and inline
// functions of others: the linker would take one kind's code of them for all.

#include "products.h"

#include <cstring>
#include <utility>

#ifdef __AVX512F__
#include <immintrin.h>
#endif
#ifdef __AVX512BF16__
#include "blocks.h"
#endif
#ifdef __AMX_BF16__
#include "tiles.h"
#endif

namespace products {

namespace {

// A vector register, and how many tokens fill the others with sums where each token has two.
#if defined(__AVX512F__)
constexpr int lanes = 16;
constexpr int most_tokens = 12;
#elif defined(__AVX2__)
constexpr int lanes = 8;
constexpr int most_tokens = 6;
#else
constexpr int lanes = 4;
constexpr int most_tokens = 12;
#endif
typedef float Vector __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));

constexpr int columns = 2 * lanes; // of a strip: the rows of the matrix whose sums are in registers

int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

struct F32 {
    static constexpr int values = 1; // a word
    // Whether it makes words of `k` values of a row itself, without floats in memory.
    static bool round_blocks(const Matrix &, const char *, uint32_t *, int64_t) { return false; }
    static void round(const float * floats, uint32_t * words, int64_t k) {
        std::memcpy(words, floats, size_t(k) * sizeof(float));
    }
    static Vector add(Vector sum, const uint32_t * w, uint32_t x) {
        float factor;
        std::memcpy(&factor, &x, sizeof(factor));
        return sum + *reinterpret_cast<const Vector *>(w) * factor;
    }
};

#ifdef __AVX512BF16__
// Rounds to the nearest BF16, and to the even one of two.
uint32_t rounded(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return value != value ? (bits >> 16) | 0x40 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

// 16 bytes with a sign.
__m512 floats_of(__m128i bytes) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
}

void put_rounded(uint32_t * words, __m512 first, __m512 second) {
    _mm512_storeu_si512(words, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

void round_block_32(Format format, const char * data, uint32_t * words) {
    const Unpacked block = unpack(format, data);
    const __m512 scale = _mm512_set1_ps(block.scale), minimum = _mm512_set1_ps(block.minimum);
    put_rounded(
        words, _mm512_fmadd_ps(floats_of(_mm256_castsi256_si128(block.quants)), scale, minimum),
        _mm512_fmadd_ps(floats_of(_mm256_extracti128_si256(block.quants, 1)), scale, minimum)
    );
}

void round_six_bits(const char * data, uint32_t * words) {
    const float scale = half(data + six_bit_scale);
    const auto * scales = reinterpret_cast<const int8_t *>(data + six_bit_scales);
    for (int g = 0; g < 8; ++g) {
        const __m256i quants = _mm256_sub_epi8(six_bits(data, g), _mm256_set1_epi8(32));
        put_rounded(
            words + 16 * g, floats_of(_mm256_castsi256_si128(quants)) * (scale * float(scales[2 * g])),
            floats_of(_mm256_extracti128_si256(quants, 1)) * (scale * float(scales[2 * g + 1]))
        );
    }
}

struct Bf16 {
    static constexpr int values = 2;
    // Formats that ggml dequantizes value by value, which takes longer than to multiply them.
    static bool round_blocks(const Matrix & w, const char * data, uint32_t * words, int64_t k) {
        if (w.format == Format::other || w.format == Format::q4_k) {
            return false;
        }
        for (int64_t i = 0; i < k; i += w.block_values, data += w.block_bytes) {
            if (w.format == Format::q6_k) {
                round_six_bits(data, words + i / 2);
            } else {
                round_block_32(w.format, data, words + i / 2);
            }
        }
        return true;
    }
    static void round(const float * floats, uint32_t * words, int64_t k) {
        int64_t i = 0;
        for (; i + 2 * lanes <= k; i += 2 * lanes) {
            const __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(floats + i + lanes), _mm512_loadu_ps(floats + i));
            _mm512_storeu_si512(words + i / 2, (__m512i)pair);
        }
        for (; i < k; i += 2) {
            words[i / 2] = rounded(floats[i]) | (i + 1 < k ? rounded(floats[i + 1]) << 16 : 0);
        }
    }
    static Vector add(Vector sum, const uint32_t * w, uint32_t x) {
        const __m512i a = _mm512_loadu_si512(w);
        const __m512i b = _mm512_set1_epi32(int(x));
        return Vector(_mm512_dpbf16_ps(__m512(sum), (__m512bh)a, (__m512bh)b));
    }
};
#endif

// A token's sums with a strip, of which the first `width` are wanted; added to what is there where `more` is.
void write_sums(const Vector (&sums)[2], float * out, int64_t width, bool more) {
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
void interleave(const uint32_t * rows, size_t stride, int64_t words, uint32_t * panel) {
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

// Lays out the values [from, from + k) of a strip's rows in the panel; rows that are not there are zeros.
template <typename Operand>
void fill_strip(const Matrix & w, int64_t first, int64_t from, int64_t k, uint32_t * panel, uint32_t * scratch) {
    const int64_t words = (k + Operand::values - 1) / Operand::values;
    const size_t stride = size_t(words) + lanes; // rows a power of two apart would share few lines of the cache
    float * floats = reinterpret_cast<float *>(scratch);
    uint32_t * rows = scratch + panel_values;
    for (int64_t i = 0; i < columns; ++i) {
        uint32_t * row = rows + size_t(i) * stride;
        if (first + i >= w.rows) {
            std::memset(row, 0, size_t(words) * sizeof(*row));
            continue;
        }
        const char * data = w.data + size_t(first + i) * w.row_bytes + size_t(from / w.block_values) * w.block_bytes;
        if (Operand::round_blocks(w, data, row, k)) {
            continue;
        }
        if (w.dequantize != nullptr) {
            w.dequantize(data, floats, k);
        } else {
            std::memcpy(floats, data, size_t(k) * sizeof(float));
        }
        Operand::round(floats, row, k);
    }
    interleave(rows, stride, words, panel);
}

template <typename Operand>
void multiply_rows(
    const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
) {
    uint32_t * panels = scratch + staging_words;
    const int64_t count = (last - first + columns - 1) / columns;
    for (int64_t from = 0; from < w.k; from += panel_values) {
        const int64_t k = lesser(panel_values, w.k - from);
        const int64_t words = (k + Operand::values - 1) / Operand::values;
        for (int64_t strip = 0; strip < count; ++strip) {
            fill_strip<Operand>(w, first + strip * columns, from, k, panels + strip * words * columns, scratch);
        }
        for (int64_t token = 0; token < x.n; token += most_tokens) {
            const int64_t tokens = lesser(most_tokens, x.n - token);
            const Tile tile = tile_of<Operand>(tokens, std::make_index_sequence<most_tokens>());
            const uint32_t * operands = x.words + size_t(token) * x.stride + from / Operand::values;
            for (int64_t strip = 0; strip < count; ++strip) {
                const int64_t row = first + strip * columns;
                tile(
                    panels + strip * words * columns, operands, x.stride, words, y + row, x.places + token, y_stride,
                    lesser(columns, last - row), from > 0
                );
            }
        }
    }
}

template <typename Operand>
void multiply(
    const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
) {
    for (int64_t row = first; row < last; row += panel_rows) {
        multiply_rows<Operand>(w, row, lesser(last, row + panel_rows), x, y, y_stride, scratch);
    }
}

#ifdef __AMX_BF16__
constexpr int64_t most_tile_tokens = 2 * tile_rows;

// Tiles 0 to 3: sums of 16 tokens with 16 rows of the matrix; 4 and 5: tokens; 6 and 7: rows.
void shape_for(int64_t tokens, int64_t words) {
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

// Adds up `steps` tiles of words; sums: 16 rows of `columns`, then as many where there are more tokens.
template <bool more_tokens>
void add_tiles(const uint32_t * panel, const uint32_t * x, size_t x_stride, int64_t steps, Vector (*sums)[2]) {
    constexpr size_t row_bytes = columns * sizeof(float);
    const size_t x_bytes = x_stride * sizeof(uint32_t);
    _tile_zero(0);
    _tile_zero(1);
    if (more_tokens) {
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
    _tile_stored(0, &sums[0][0], row_bytes);
    _tile_stored(1, &sums[0][1], row_bytes);
    if (more_tokens) {
        _tile_stored(2, &sums[tile_rows][0], row_bytes);
        _tile_stored(3, &sums[tile_rows][1], row_bytes);
    }
}

// The rows [first, last) of a matrix as words side by side, in strips that are `strip_words` apart.
struct Panel {
    const uint32_t * words;
    size_t strip_words;
    int64_t first;
    int64_t last;
};

// Products over `words` words from `from` on, which fill whole tiles, or less than one; y: of the matrix' first row.
void multiply_panel(
    const Panel & panel, const Operands & x, int64_t from, int64_t words, float * y, size_t y_stride, bool more
) {
    alignas(64) Vector sums[most_tile_tokens][2];
    const int64_t steps = (words + tile_words - 1) / tile_words;
    int64_t shaped = 0;
    for (int64_t token = 0; token < x.n; token += most_tile_tokens) {
        const int64_t tokens = lesser(most_tile_tokens, x.n - token);
        if (tokens != shaped) {
            shape_for(tokens, lesser(words, tile_words));
            shaped = tokens;
        }
        const auto add = tokens > tile_rows ? add_tiles<true> : add_tiles<false>;
        const uint32_t * strip = panel.words;
        for (int64_t row = panel.first; row < panel.last; row += columns, strip += panel.strip_words) {
            add(strip, x.words + size_t(token) * x.stride + from, x.stride, steps, sums);
            for (int64_t t = 0; t < tokens; ++t) {
                float * out = y + size_t(x.places[token + t]) * y_stride + row;
                write_sums(sums[t], out, lesser(columns, panel.last - row), more);
            }
        }
    }
}

// By tiles, whose rows are operands as they lie, and the panel's. As much of the matrix at once as a core caches:
// operands are read, and results written, as often as it is divided, which takes longer than to multiply.
void multiply_by_tiles(
    const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
) {
    const TilesInUse tiles;
    uint32_t * words = scratch + staging_words;
    const int64_t most = lesser(large_panel_words / columns, (w.k + 1) / 2);
    const int64_t rows = large_panel_words / most / columns * columns;
    for (int64_t from = 0; from < (w.k + 1) / 2; from += most) {
        const int64_t count = lesser(most, (w.k + 1) / 2 - from), whole = count / tile_words * tile_words;
        const size_t strip_words = size_t(count * columns);
        for (int64_t row = first; row < last; row += rows) {
            const Panel panel = { words, strip_words, row, lesser(last, row + rows) };
            uint32_t * strip = words;
            for (int64_t at = row; at < panel.last; at += columns, strip += strip_words) {
                for (int64_t part = 0; part < count; part += panel_values / 2) {
                    const int64_t values = lesser(panel_values, w.k - 2 * (from + part));
                    fill_strip<Bf16>(w, at, 2 * (from + part), values, strip + part * columns, scratch);
                }
            }
            settle();
            if (whole > 0) {
                multiply_panel(panel, x, from, whole, y, y_stride, from > 0);
            }
            if (count > whole) {
                const Panel end = { words + whole * columns, strip_words, panel.first, panel.last };
                multiply_panel(end, x, from + whole, count - whole, y, y_stride, from + whole > 0);
            }
        }
    }
}
#endif

int64_t least_tokens(Format) {
    return 32; // ggml's kernels multiply the quantized values of fewer sooner than they are dequantized
}

template <typename Operand> void round(Format, const float * floats, uint32_t * words, int64_t k) {
    Operand::round(floats, words, k);
}

} // namespace

namespace LN_PRODUCTS {

extern const Kernels f32;
const Kernels f32 = { multiply<F32>, round<F32>, least_tokens };

#if defined(__AMX_BF16__)
extern const Kernels bf16;
const Kernels bf16 = { multiply_by_tiles, round<Bf16>, least_tokens };
#elif defined(__AVX512BF16__)
extern const Kernels bf16;
const Kernels bf16 = { multiply<Bf16>, round<Bf16>, least_tokens };
#endif

} // namespace LN_PRODUCTS

} // namespace products
