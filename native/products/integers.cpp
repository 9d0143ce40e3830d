// Products of 8-bit integers that are added up as ggml's kernels for x86 do it, to the same bits. Integers are exact in
// any order, so that several products may share a register and be computed side by side; floats are added up in ggml's
// order, which differs between formats:
// - blocks of 32, and Q6_K: eight sums a product, each of the same four values of every 32, rounded block by block, and
//   those added in the same order;
// - Q4_K in ggml's order of rows, eight side by side: one sum a product and one of what the minima take away, rounded
//   after every 64 values, or after every 256 for the tokens that are left where fours are taken.

#include "blocks.h"
#include "products.h"
#include "vectors.h"

#include <cstring>
#include <utility>

namespace products {

namespace {

constexpr int64_t block_words = 16;       // of an operand's block: 32 integers, and their sums by four, times -128
constexpr int registers = 4;              // of a strip, each with the lanes of `halves` rows
constexpr int wide_registers = 2;         // of a strip of Q4_K, each with `halves` times eight rows
constexpr int64_t interleaved = 8;        // rows that ggml keeps side by side
constexpr int64_t cached_bytes = 1 << 19; // of a panel: half of a core's own cache

// A block of a strip's rows.
struct Block {
    uint8_t quants[registers][halves][32]; // with added_to_signed
    float scales[registers][halves][8];    // each row's, eight times
    float minima[registers * halves];
};

// 256 values of a strip's rows in Q6_K.
struct SixBits {
    uint8_t quants[8][registers][halves][32];
    int16_t scales[8][registers][halves][16];
    int16_t offsets[registers][halves][16]; // -32 times each scale
    float scale[registers][halves][8];
};

// 256 values of a strip's rows in Q4_K: four of each row by turns.
struct FourBits {
    uint8_t quants[64][wide_registers][halves][interleaved][4];
    int16_t scales[8][wide_registers][halves][interleaved][2]; // each twice
    float minima[8][wide_registers][halves][interleaved];
    float scale[wide_registers][halves][interleaved];
    float minimum[wide_registers][halves][interleaved];
};

// 256 operands in integers.
struct Operands256 {
    int8_t quants[256];
    int16_t sums[16]; // of 16 of them
    float by_32[8];   // sums of 32 of them
    float scale;
};
static_assert(sizeof(Operands256) <= words_of(Kind::integers, 256) * sizeof(uint32_t), "there is no space for it");

// ggml's block of eight rows.
struct EightRows {
    uint16_t scale[interleaved];
    uint16_t minimum[interleaved];
    uint8_t scales[8][12]; // of 32 values: scales and minima of 6 bits
    uint8_t quants[16][interleaved][8];
};

int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

// As a half precision holds it.
float halved(float value) {
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph(_mm_set_ss(value), _MM_FROUND_TO_NEAREST_INT)));
}

void put(void * at, __m256i bytes) {
    _mm256_storeu_si256(static_cast<__m256i *>(at), bytes);
}

void put_eight(float * at, float value) {
    _mm256_storeu_ps(at, _mm256_set1_ps(value));
}

bool has_minimum(Format format) {
    return format == Format::q4_1 || format == Format::q5_1;
}

// Row i of a strip is in `register`'s half.
void fill(Block & panel, int i, Format format, const char * data) {
    const Unpacked block = unpack(format, data);
    const __m256i added = _mm256_set1_epi8(has_minimum(format) ? 0 : char(added_to_signed));
    put(panel.quants[i / halves][i % halves], _mm256_xor_si256(block.quants, added));
    put_eight(panel.scales[i / halves][i % halves], block.scale);
    panel.minima[i] = block.minimum;
}

void fill(SixBits & panel, int i, Format, const char * data) {
    const int r = i / halves, h = i % halves;
    const char * scales = data + six_bit_scales;
    for (int g = 0; g < 8; ++g) {
        put(panel.quants[g][r][h], six_bits(data, g));
        const __m128i first = _mm_set1_epi16(int8_t(scales[2 * g])), second = _mm_set1_epi16(int8_t(scales[2 * g + 1]));
        put(panel.scales[g][r][h], _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1));
    }
    const __m256i all = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(scales)));
    put(panel.offsets[r][h], _mm256_sub_epi16(_mm256_setzero_si256(), _mm256_slli_epi16(all, 5)));
    put_eight(panel.scale[r][h], half(data + six_bit_scale));
}

// Rows [8 i, 8 i + 8) of a strip.
void fill(FourBits & panel, int i, Format, const char * data) {
    const int r = i / halves, h = i % halves;
    const auto & block = *reinterpret_cast<const EightRows *>(data);
    for (int at = 0; at < 16; ++at) { // eight values of the first 32 of 64, and of the others
        const __m256 first = _mm256_castsi256_ps(bytes_at(block.quants[at][0]));
        const __m256 last = _mm256_castsi256_ps(bytes_at(block.quants[at][4]));
        const __m256i even = _mm256_castps_si256(_mm256_shuffle_ps(first, last, 0x88));
        const __m256i odd = _mm256_castps_si256(_mm256_shuffle_ps(first, last, 0xdd));
        const int step = at / 4 * 16 + at % 4 * 2;
        for (int upper = 0; upper < 2; ++upper) {
            put(panel.quants[step + upper * 8][r][h], _mm256_permute4x64_epi64(bits_of(even, upper * 4, 4), 0xd8));
            put(panel.quants[step + upper * 8 + 1][r][h], _mm256_permute4x64_epi64(bits_of(odd, upper * 4, 4), 0xd8));
        }
    }
    for (int row = 0; row < interleaved; ++row) {
        for (int part = 0; part < 8; ++part) {
            const SixBitScale packed = six_bit_scale_at(block.scales[part], row);
            panel.scales[part][r][h][row][0] = panel.scales[part][r][h][row][1] = int16_t(packed.scale);
            panel.minima[part][r][h][row] = float(packed.minimum);
        }
        panel.scale[r][h][row] = half(&block.scale[row]);
        panel.minimum[r][h][row] = half(&block.minimum[row]);
    }
}

// Where a tile's results go: the first `width` of its rows, for each token.
struct Results {
    float * y;
    size_t stride;
    const int32_t * places;
    int64_t width;
};

template <int64_t columns> void write(const Results & results, int token, const void * sums) {
    float * y = results.y + size_t(results.places[token]) * results.stride;
    if (results.width == columns) {
        std::memcpy(y, sums, columns * sizeof(float)); // of a constant size, which takes no call
    } else {
        std::memcpy(y, sums, size_t(results.width) * sizeof(float));
    }
}

// A strip's products with `tokens` rows of operands.
template <bool minimum, int tokens>
void multiply_tile(
    const Block * panel, const uint32_t * x, size_t x_stride, int64_t blocks, const Results & results, bool
) {
    Floats sums[tokens][registers] = {};
    Columns below[tokens] = {}; // what the minima add
    const float * scales = reinterpret_cast<const float *>(x + blocks * block_words);
    for (int64_t b = 0; b < blocks; ++b) {
        Integers w[registers];
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
            w[r] = load(panel[b].quants[r]);
        }
#pragma GCC unroll 4
        for (int t = 0; t < tokens; ++t) {
            const uint32_t * block = x + size_t(t) * x_stride + b * block_words;
            const Floats scale = spread(scales[size_t(t) * x_stride + size_t(b)]);
#pragma GCC unroll 4
            for (int r = 0; r < registers; ++r) {
                const Floats scaled = load_floats(panel[b].scales[r][0]) * scale;
                sums[t][r] = multiply_add(scaled, floats_of(by_four<!minimum>(w[r], block)), sums[t][r]);
            }
            if (minimum) {
                const float total = scales[size_t(t) * x_stride + size_t(blocks + b)];
                below[t] = multiply_add(load_columns(panel[b].minima), spread_columns(total), below[t]);
            }
        }
    }
#pragma GCC unroll 4
    for (int t = 0; t < tokens; ++t) {
        const Columns found = minimum ? add_lanes(sums[t]) + below[t] : add_lanes(sums[t]);
        write<registers * halves>(results, t, &found);
    }
}

const Operands256 & operands_of(const uint32_t * x, size_t x_stride, int token, int64_t block) {
    return reinterpret_cast<const Operands256 *>(x + size_t(token) * x_stride)[block];
}

template <int tokens>
void multiply_tile(
    const SixBits * panel, const uint32_t * x, size_t x_stride, int64_t blocks, const Results & results, bool
) {
    Floats sums[tokens][registers] = {};
    for (int64_t b = 0; b < blocks; ++b) {
#pragma GCC unroll 4
        for (int r = 0; r < registers; ++r) {
            Integers all[tokens];
#pragma GCC unroll 4
            for (int t = 0; t < tokens; ++t) {
                all[t] = add_by_two(zeros(), repeat(operands_of(x, x_stride, t, b).sums), load(panel[b].offsets[r]));
            }
#pragma GCC unroll 8
            for (int g = 0; g < 8; ++g) {
                const Integers w = load(panel[b].quants[g][r]), scale = load(panel[b].scales[g][r]);
#pragma GCC unroll 4
                for (int t = 0; t < tokens; ++t) {
                    const int8_t * quants = operands_of(x, x_stride, t, b).quants + 32 * g;
                    all[t] = add_by_two(all[t], by_two(w, repeat(quants)), scale);
                }
            }
#pragma GCC unroll 4
            for (int t = 0; t < tokens; ++t) {
                const Floats scale = load_floats(panel[b].scale[r][0]) * spread(operands_of(x, x_stride, t, b).scale);
                sums[t][r] = multiply_add(scale, floats_of(all[t]), sums[t][r]);
            }
        }
    }
#pragma GCC unroll 4
    for (int t = 0; t < tokens; ++t) {
        const Columns found = add_lanes(sums[t]);
        write<registers * halves>(results, t, &found);
    }
}

// seldom: rounds after 256 values, not after 64.
template <int tokens>
void multiply_tile(
    const FourBits * panel, const uint32_t * x, size_t x_stride, int64_t blocks, const Results & results, bool seldom
) {
    constexpr int count = tokens * wide_registers; // of pairs of a token and a register
    Floats sums[count] = {}, below[count] = {};
    for (int64_t b = 0; b < blocks; ++b) {
        Integers all[count] = {};
        Floats minima[count] = {}; // integers of fewer than 24 bits
        for (int part = 0; part < 8; ++part) {
            Integers some[count] = {}; // 16 bits each: 32 values of 15 * 127 at most, added up by two
#pragma GCC unroll 8
            for (int step = 8 * part; step < 8 * part + 8; ++step) {
                Integers w[wide_registers];
#pragma GCC unroll 2
                for (int r = 0; r < wide_registers; ++r) {
                    w[r] = load(panel[b].quants[step][r]);
                }
#pragma GCC unroll 8
                for (int i = 0; i < count; ++i) {
                    int32_t four;
                    std::memcpy(&four, operands_of(x, x_stride, i / wide_registers, b).quants + 4 * step, sizeof(four));
                    some[i] = add_16(some[i], by_two(w[i % wide_registers], spread(four)));
                }
            }
            const bool rounds = seldom ? part == 7 : part % 2 == 1;
#pragma GCC unroll 8
            for (int i = 0; i < count; ++i) {
                const Operands256 & operands = operands_of(x, x_stride, i / wide_registers, b);
                const int r = i % wide_registers;
                all[i] = add_by_two(all[i], some[i], load(panel[b].scales[part][r]));
                minima[i] =
                    multiply_add(load_floats(panel[b].minima[part][r][0]), spread(operands.by_32[part]), minima[i]);
                if (rounds) {
                    const Floats scale = spread(operands.scale);
                    sums[i] = multiply_add(floats_of(all[i]), load_floats(panel[b].scale[r][0]) * scale, sums[i]);
                    below[i] = multiply_add(minima[i], load_floats(panel[b].minimum[r][0]) * scale, below[i]);
                    all[i] = zeros();
                    minima[i] = spread(0.0f);
                }
            }
        }
    }
    for (int t = 0; t < tokens; ++t) {
        Floats found[wide_registers];
        for (int r = 0; r < wide_registers; ++r) {
            found[r] = sums[t * wide_registers + r] - below[t * wide_registers + r];
        }
        write<wide_registers * halves * interleaved>(results, t, found);
    }
}

template <typename Panel>
using Tile = void (*)(const Panel *, const uint32_t *, size_t, int64_t, const Results &, bool);

// Of 1 to most_tokens tokens.
template <typename Panel> struct Tiles {
    Tile<Panel> of[most_tokens];
};

template <bool minimum, size_t... tokens> constexpr Tiles<Block> block_tiles(std::index_sequence<tokens...>) {
    return { { multiply_tile<minimum, int(tokens) + 1>... } };
}

template <typename Panel, size_t... tokens> constexpr Tiles<Panel> tiles_of(std::index_sequence<tokens...>) {
    return { { multiply_tile<int(tokens) + 1>... } };
}

using Numbers = std::make_index_sequence<most_tokens>;

// rows: of a strip. fills: rows that are laid out at once.
template <typename Panel, int64_t rows, int64_t fills>
void multiply_rows(
    const Tiles<Panel> & tiles, const Matrix & w, int64_t first, const Operands & x, float * y, size_t y_stride,
    uint32_t * scratch
) {
    const int64_t blocks = w.k / w.block_values;
    auto * panel = reinterpret_cast<Panel *>(scratch);
    const int64_t all = lesser(panel_rows / rows, (w.rows - first + rows - 1) / rows);
    const int64_t most = lesser(all, 1 + cached_bytes / (blocks * int64_t(sizeof(Panel))));
    for (int64_t begin = 0; begin < all; begin += most) {
        const int64_t end = lesser(all, begin + most);
        for (int64_t strip = begin; strip < end; ++strip) {
            Panel * strip_panel = panel + (strip - begin) * blocks;
            if (first + (strip + 1) * rows > w.rows) { // rows that are not there are zeros
                std::memset(static_cast<void *>(strip_panel), 0, size_t(blocks) * sizeof(Panel));
            }
            for (int64_t i = 0; i < rows / fills; ++i) {
                const int64_t row = first + strip * rows + i * fills;
                const char * data = w.data + size_t(row) * w.row_bytes;
                for (int64_t b = 0; row < w.rows && b < blocks; ++b) {
                    fill(strip_panel[b], int(i), w.format, data + size_t(b * fills) * w.block_bytes);
                }
            }
        }
        const int64_t fours = x.n - x.n % 4;
        for (int64_t token = 0, tokens; token < x.n; token += tokens) {
            tokens = lesser(most_tokens, (token < fours ? fours : x.n) - token);
            const Tile<Panel> tile = tiles.of[tokens - 1];
            for (int64_t strip = begin; strip < end; ++strip) {
                const int64_t row = first + strip * rows;
                tile(
                    panel + (strip - begin) * blocks, x.words + size_t(token) * x.stride, x.stride, blocks,
                    { y + row, y_stride, x.places + token, lesser(rows, w.rows - row) }, token >= fours
                );
            }
        }
    }
}

// Those from `first` on, panel_rows at most.
void multiply_rows(
    const Matrix & w, int64_t first, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
) {
    constexpr int64_t rows = registers * halves, wide_rows = wide_registers * halves * interleaved;
    static constexpr Tiles<Block> plain = block_tiles<false>(Numbers()), with_minimum = block_tiles<true>(Numbers());
    static constexpr Tiles<SixBits> six = tiles_of<SixBits>(Numbers());
    static constexpr Tiles<FourBits> four = tiles_of<FourBits>(Numbers());
    switch (w.format) {
        case Format::q6_k: return multiply_rows<SixBits, rows, 1>(six, w, first, x, y, y_stride, scratch);
        case Format::q4_k:
            return multiply_rows<FourBits, wide_rows, interleaved>(four, w, first, x, y, y_stride, scratch);
        default: break;
    }
    const Tiles<Block> & tiles = has_minimum(w.format) ? with_minimum : plain;
    multiply_rows<Block, rows, 1>(tiles, w, first, x, y, y_stride, scratch);
}

void multiply(
    const Matrix & w, int64_t first, int64_t last, const Operands & x, float * y, size_t y_stride, uint32_t * scratch
) {
    for (int64_t row = first; row < last; row += panel_rows) {
        multiply_rows(w, row, x, y, y_stride, scratch);
    }
}

// The greatest magnitude of n values.
float greatest_of(const float * floats, int64_t n) {
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
    __m256 most = _mm256_and_ps(_mm256_loadu_ps(floats), magnitude);
    for (int64_t i = 8; i < n; i += 8) {
        most = _mm256_max_ps(most, _mm256_and_ps(_mm256_loadu_ps(floats + i), magnitude));
    }
    __m128 few = _mm_max_ps(_mm256_extractf128_ps(most, 1), _mm256_castps256_ps128(most));
    few = _mm_max_ps(few, _mm_movehl_ps(few, few));
    return _mm_cvtss_f32(_mm_max_ss(few, _mm_movehdup_ps(few)));
}

// 32 values times a factor, as integers of 8 bits.
__m256i round_32(const float * floats, float factor) {
    __m256i words[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        words[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(floats + 8 * i), _mm256_set1_ps(factor)));
    }
    const __m256i bytes =
        _mm256_packs_epi16(_mm256_packs_epi32(words[0], words[1]), _mm256_packs_epi32(words[2], words[3]));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

// Sums of four bytes with a sign, times a factor.
__m256i sums_by_four(__m256i bytes, int16_t factor) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes), _mm256_set1_epi16(factor));
}

// Of the lower four, and of the upper four.
void add_fours(__m256i values, int32_t (&sums)[2]) {
    const __m256i two = _mm256_add_epi32(values, _mm256_shuffle_epi32(values, 0x4e));
    const __m256i one = _mm256_add_epi32(two, _mm256_shuffle_epi32(two, 0xb1));
    sums[0] = _mm256_extract_epi32(one, 0);
    sums[1] = _mm256_extract_epi32(one, 4);
}

// A row of operands: its blocks, then their scales, then those times the sums of their integers.
void round_blocks(const float * floats, uint32_t * words, int64_t k) {
    const int64_t blocks = k / integer_block;
    float * scales = reinterpret_cast<float *>(words + blocks * block_words);
    for (int64_t b = 0; b < blocks; ++b, floats += integer_block) {
        const float greatest = greatest_of(floats, integer_block);
        const float scale = greatest / 127.0f;
        const __m256i quants = round_32(floats, greatest != 0.0f ? 127.0f / greatest : 0.0f);
        int32_t sums[2];
        add_fours(sums_by_four(quants, 1), sums);
        put(words + b * block_words, quants);
        put(words + b * block_words + 8, sums_by_four(quants, -128));
        scales[b] = halved(scale);
        scales[blocks + b] = halved(scale * float(sums[0] + sums[1]));
    }
}

// ggml's scale and integers have the other sign where the greatest value is positive; their products are the same.
void round_wide(const float * floats, uint32_t * words, int64_t k) {
    auto * operands = reinterpret_cast<Operands256 *>(words);
    for (int64_t b = 0; b < k / 256; ++b, floats += 256) {
        const float greatest = greatest_of(floats, 256);
        const float factor = greatest != 0.0f ? 127.0f / greatest : 0.0f;
        operands[b].scale = greatest != 0.0f ? 1.0f / factor : 0.0f;
        for (int g = 0; g < 8; ++g) {
            const __m256i quants = round_32(floats + 32 * g, factor);
            int32_t sums[2];
            add_fours(sums_by_four(quants, 1), sums);
            put(operands[b].quants + 32 * g, quants);
            operands[b].sums[2 * g] = int16_t(sums[0]);
            operands[b].sums[2 * g + 1] = int16_t(sums[1]);
            operands[b].by_32[g] = float(sums[0] + sums[1]);
        }
    }
}

void round_row(Format format, const float * floats, uint32_t * words, int64_t k) {
    const bool is_wide = format == Format::q4_k || format == Format::q6_k;
    (is_wide ? round_wide : round_blocks)(floats, words, k);
}

// Measured on Zen 5: there ggml's own kernels of Q8_0 and Q4_K are fastest, and those of AVX2 gain less.
int64_t least_tokens(Format format) {
    constexpr bool is_wide = halves == 2;
    switch (format) {
        case Format::q8_0: return is_wide ? 8 : 32;
        case Format::q4_k: return is_wide ? 9 : 8;
        case Format::q6_k: return is_wide ? 4 : 12;
        case Format::q5_0: return is_wide ? 4 : 6;
        default: return 4;
    }
}

} // namespace

namespace LN_PRODUCTS {

extern const Kernels integers;
const Kernels integers = { multiply, round_row, least_tokens, nullptr, {} };

} // namespace LN_PRODUCTS

} // namespace products
