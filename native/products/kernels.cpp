// Compiled once for each kind of processors (CMakeLists.txt), which LN_PRODUCTS names. No templates and inline
// functions of others: the linker would take one kind's code of them for all.

#include "attention.h"
#include "panels.h"

#ifdef __AVX512F__
#include "exponentials.h"
#endif

namespace products {

namespace {

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
            add(strip, x.words + size_t(token) * x.stride + from, x.stride, steps, reinterpret_cast<float *>(sums),
                columns, false);
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

#ifdef __AVX512F__
// x * sigmoid(linear * x + cubic * x^3)
template <typename Factors> void activate(const float * gate, const float * up, float * out, int64_t n) {
    for (int64_t i = 0; i < n; i += lanes) {
        const auto some = __mmask16(n - i < lanes ? (1 << (n - i)) - 1 : 0xffff);
        const __m512 x = _mm512_maskz_loadu_ps(some, gate + i);
        const __m512 factor = _mm512_fmadd_ps(
            _mm512_mul_ps(x, x), _mm512_set1_ps(-powers_of_two * Factors::cubic),
            _mm512_set1_ps(-powers_of_two * Factors::linear)
        );
        const __m512 exponent = _mm512_min_ps(_mm512_mul_ps(x, factor), _mm512_set1_ps(126));
        __m512 value = _mm512_div_ps(x, _mm512_add_ps(_mm512_set1_ps(1), power_of_two(exponent)));
        if (up != nullptr) {
            value = _mm512_mul_ps(value, _mm512_maskz_loadu_ps(some, up + i));
        }
        _mm512_mask_storeu_ps(out + i, some, value);
    }
}

// (1 + tanh(u)) / 2 is sigmoid(2 u)
struct ByTanh {
    static constexpr float linear = 2 * 0.7978845608f;
    static constexpr float cubic = linear * 0.044715f;
};
struct BySigmoid {
    static constexpr float linear = 1.702f;
    static constexpr float cubic = 0;
};
constexpr Gelus gelus = { activate<ByTanh>, activate<BySigmoid> };
#else
constexpr Gelus gelus = {};
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
const Kernels f32 = { multiply<F32>, round<F32>, least_tokens, nullptr, gelus };

#ifdef __AVX512BF16__
extern const AttentionKernel attention; // of attention.cpp

#ifdef __AMX_BF16__
constexpr auto multiply_bf16 = multiply_by_tiles;
#else
constexpr auto multiply_bf16 = multiply<Bf16>;
#endif
extern const Kernels bf16;
const Kernels bf16 = { multiply_bf16, round<Bf16>, least_tokens, &attention, gelus };

#ifdef __AVX512VNNI__
// Of int8.cpp.
void multiply_int8(
    const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
);
void round_int8(Format format, const float * floats, uint32_t * words, int64_t k);

extern const Kernels int8;
const Kernels int8 = { multiply_int8, round_int8, least_tokens, &attention, gelus };
#endif
#endif

} // namespace LN_PRODUCTS

} // namespace products
