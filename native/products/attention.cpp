// Attention with queries, keys, values and weights rounded to BF16; products, softmax and mean are added up in F32, a
// block of cells at a time, so that scores are never in memory as a whole (FlashAttention, arXiv 2205.14135). Compiled
// once for each kind of processors that multiplies BF16, as kernels.cpp is.

#include "attention.h"
#include "exponentials.h"
#include "panels.h"

#ifdef __AVX512BF16__

namespace products {

namespace {

constexpr int64_t tile = 32;   // tokens of a head that are computed at once
constexpr int64_t block = 128; // cells whose keys and values are laid out at once
constexpr int64_t strips = block / columns;
constexpr int64_t word_lanes = 2 * lanes; // BF16 of a register
constexpr uint16_t half_of_minus_infinity = 0xfc00;
static_assert(columns == tile, "a strip of the panel is as wide as a tile is high");

int64_t whole(int64_t values) { // registers
    return (values + word_lanes - 1) / word_lanes * word_lanes;
}

// Up to 16 halves, with `other` in the place of those that are not there.
__m512 halves_at(const uint16_t * from, int64_t n, uint16_t other = 0) {
    if (n >= lanes) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)));
    }
    alignas(32) uint16_t some[lanes];
    for (int64_t i = 0; i < lanes; ++i) {
        some[i] = i < n ? from[i] : other;
    }
    return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i *>(some)));
}

float power_of_two(float x) {
    return _mm512_cvtss_f32(power_of_two(_mm512_set1_ps(x)));
}

// What of a strip of cells a tile's tokens see.
enum class Seen : uint32_t { none, all, some };

// One part under way. Rows: tiles of tokens, of one head after another.
struct Work {
    const Attention & all;
    const AttentionPart & part;
    int64_t group = 0;       // heads
    int64_t tiles = 0;       // of each head
    int64_t key_words = 0;   // of a query or key, with zeros to whole registers
    int64_t value_width = 0; // of a token's sums, likewise

    uint32_t * queries = nullptr; // [rows][key_words]
    float * sums = nullptr;       // [rows][value_width], of values times 2^(score - highest)
    float * highest = nullptr;    // [rows], scores so far, in powers of two
    float * weights = nullptr;    // [rows], sums of 2^(score - highest)
    Seen * seen = nullptr;        // [tiles][strips]
    uint32_t * keys = nullptr;    // a block's panel, of key_words words
    uint32_t * values = nullptr;  // likewise, of block / 2 words: pairs of cells
    uint32_t * staging = nullptr; // keys of a strip, before they are side by side
    float * scores = nullptr;     // [tile][block]
    uint32_t * shares = nullptr;  // [tile][block / 2], 2^(score - highest) in BF16

    int64_t rows() const { return group * tiles * tile; }
    int64_t staging_stride() const { return key_words + lanes; }
    int64_t tokens_of(int64_t t) const { return lesser(tile, part.last - part.first - t * tile); }

    // Takes words of `scratch` for each of the arrays; returns how many.
    size_t place(uint32_t * scratch) {
        size_t taken = 0;
        const auto take = [&](auto *& array, int64_t words) {
            array = reinterpret_cast<std::remove_reference_t<decltype(array)>>(scratch + taken);
            taken += size_t(whole(words));
        };
        take(queries, rows() * key_words);
        take(sums, rows() * value_width);
        take(highest, rows());
        take(weights, rows());
        take(seen, tiles * strips);
        take(keys, block * key_words);
        take(values, block / 2 * value_width);
        take(staging, tile * staging_stride());
        take(scores, tile * block);
        take(shares, tile * block / 2);
        return taken;
    }
};

Work work_of(const Attention & all, const AttentionPart & part) {
    Work work = { all, part };
    work.group = all.heads / all.key_heads;
    work.tiles = (part.last - part.first + tile - 1) / tile;
    work.key_words = whole(all.key_size) / 2;
    work.value_width = whole(all.value_size);
    return work;
}

const char * row_of(const Strided & tensor, int64_t stream, int64_t head, int64_t row) {
    return tensor.data + size_t(stream) * tensor.stream + size_t(head) * tensor.head + size_t(row) * tensor.row;
}

// Rounds the part's queries; nothing is added up yet.
void begin(const Work & work) {
    const Attention & all = work.all;
    std::memset(work.queries, 0, size_t(work.rows() * work.key_words) * sizeof(uint32_t));
    std::memset(work.sums, 0, size_t(work.rows() * work.value_width) * sizeof(float));
    std::memset(work.weights, 0, size_t(work.rows()) * sizeof(float));
    for (int64_t row = 0; row < work.rows(); ++row) {
        const int64_t head = row / (work.tiles * tile), token = work.part.first + row % (work.tiles * tile);
        work.highest[row] = -__builtin_inff();
        if (token < work.part.last) {
            const char * query = row_of(all.queries, work.part.stream, work.part.key_head * work.group + head, token);
            Bf16::round(reinterpret_cast<const float *>(query), work.queries + row * work.key_words, all.key_size);
        }
    }
}

const uint16_t * mask_of(const Work & work, int64_t token, int64_t cell) {
    return reinterpret_cast<const uint16_t *>(row_of(work.all.mask, work.part.stream, 0, token)) + cell;
}

Seen seen_of(const Work & work, int64_t t, int64_t cell) {
    const int64_t cells = lesser(columns, work.all.cells - cell);
    bool open = cells == columns, closed = true;
    for (int64_t i = 0; i < work.tokens_of(t) && (open || closed); ++i) {
        const uint16_t * mask = mask_of(work, work.part.first + t * tile + i, cell);
        if (cells == columns) {
            const __m512i values = _mm512_loadu_si512(mask);
            open = open && _mm512_test_epi16_mask(values, values) == 0;
            closed = closed && _mm512_cmpneq_epi16_mask(values, _mm512_set1_epi16(short(half_of_minus_infinity))) == 0;
        }
        for (int64_t c = 0; c < cells && cells < columns; ++c) {
            closed = closed && mask[c] == half_of_minus_infinity;
        }
    }
    return closed ? Seen::none : open ? Seen::all : Seen::some;
}

// Strips of a block from the first to the last that is seen.
struct Range {
    int64_t first;
    int64_t last;
};

Range seen_by(const Work & work, int64_t t) {
    Range range = { strips, 0 };
    for (int64_t strip = 0; strip < strips; ++strip) {
        if (work.seen[t * strips + strip] != Seen::none) {
            range = { lesser(range.first, strip), strip + 1 };
        }
    }
    return range;
}

// Notes which strips of a block each tile sees; returns those from the first to the last that any does.
Range look(const Work & work, int64_t cell) {
    Range all = { strips, 0 };
    for (int64_t t = 0; t < work.tiles; ++t) {
        for (int64_t strip = 0; strip < strips; ++strip) {
            const int64_t first = cell + strip * columns;
            work.seen[t * strips + strip] = first < work.all.cells ? seen_of(work, t, first) : Seen::none;
        }
        const Range own = seen_by(work, t);
        all = { lesser(all.first, own.first), own.last > all.last ? own.last : all.last };
    }
    return all;
}

void lay_out_keys(const Work & work, int64_t cell, const Range & range) {
    const int64_t stride = work.staging_stride();
    for (int64_t strip = range.first; strip < range.last; ++strip) {
        std::memset(work.staging, 0, size_t(tile * stride) * sizeof(uint32_t));
        for (int64_t i = 0; i < lesser(tile, work.all.cells - cell - strip * tile); ++i) {
            const auto * key = reinterpret_cast<const uint16_t *>(
                row_of(work.all.keys, work.part.stream, work.part.key_head, cell + strip * tile + i)
            );
            for (int64_t k = 0; k < work.all.key_size; k += word_lanes) {
                const int64_t left = work.all.key_size - k;
                put_rounded(
                    work.staging + i * stride + k / 2, halves_at(key + k, left),
                    left > lanes ? halves_at(key + k + lanes, left - lanes) : _mm512_setzero_ps()
                );
            }
        }
        interleave(work.staging, size_t(stride), work.key_words, work.keys + strip * work.key_words * columns);
    }
}

__m512i rounded_values(const uint16_t * from, int64_t n) {
    return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(halves_at(from, n)));
}

void lay_out_values(const Work & work, int64_t cell, const Range & range) {
    const auto value_of = [&](int64_t i) {
        return reinterpret_cast<const uint16_t *>(
            row_of(work.all.values, work.part.stream, work.part.key_head, cell + i)
        );
    };
    const int64_t cells = lesser(block, work.all.cells - cell);
    for (int64_t i = range.first * columns; i < range.last * columns; i += 2) {
        for (int64_t v = 0; v < work.value_width; v += lanes) {
            const int64_t left = work.all.value_size - v;
            const __m512i zero = _mm512_setzero_si512();
            const __m512i lower = i < cells ? rounded_values(value_of(i) + v, left) : zero;
            const __m512i upper = i + 1 < cells ? rounded_values(value_of(i + 1) + v, left) : zero;
            uint32_t * out = work.values + (v / columns * (block / 2) + i / 2) * columns + v % columns;
            _mm512_storeu_si512(out, _mm512_or_si512(lower, _mm512_slli_epi32(upper, 16)));
        }
    }
}

// Rows of operands, of which tiles read as many as they are high.
struct Rows {
    const uint32_t * words;
    int64_t stride;
    int64_t n;
};

// Products with the strips of a panel over `words` words, of whole tiles, which lie `strip_words` apart; added to y's
// where `more` is. Rows of y up to the tile's end may be written.
void multiply(
    const uint32_t * panel, int64_t count, int64_t strip_words, int64_t words, const Rows & x, float * y,
    int64_t y_stride, bool more
) {
    for (int64_t strip = 0; strip < count; ++strip, panel += strip_words, y += columns) {
#ifdef __AMX_BF16__
        const auto add = x.n > tile_rows ? add_tiles<true> : add_tiles<false>;
        add(panel, x.words, size_t(x.stride), words / tile_words, y, size_t(y_stride), more);
#else
        static constexpr int32_t places[most_tokens] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
        for (int64_t t = 0; t < x.n; t += most_tokens) {
            const Tile multiply_some =
                tile_of<Bf16>(lesser(most_tokens, x.n - t), std::make_index_sequence<most_tokens>());
            multiply_some(
                panel, x.words + t * x.stride, size_t(x.stride), words, y + t * y_stride, places, size_t(y_stride),
                columns, more
            );
        }
#endif
    }
}

// Scales a token's scores and adds its mask; returns the highest so far.
float mask_scores(const Work & work, int64_t t, int64_t i, int64_t cell, const Range & range, float highest) {
    const __m512 scale = _mm512_set1_ps(work.all.scale * powers_of_two);
    const uint16_t * mask = mask_of(work, work.part.first + t * tile + i, cell);
    __m512 top = _mm512_set1_ps(highest);
    for (int64_t strip = range.first; strip < range.last; ++strip) {
        for (int64_t c = strip * columns; c < (strip + 1) * columns; c += lanes) {
            float * place = work.scores + i * block + c;
            __m512 score = _mm512_mul_ps(_mm512_loadu_ps(place), scale);
            if (work.seen[t * strips + strip] != Seen::all) {
                const int64_t left = work.all.cells - cell - c;
                const __m512 added =
                    left > 0 ? halves_at(mask + c, left, half_of_minus_infinity) : _mm512_set1_ps(-__builtin_inff());
                score = _mm512_fmadd_ps(added, _mm512_set1_ps(powers_of_two), score);
            }
            _mm512_storeu_ps(place, score);
            top = _mm512_max_ps(top, score);
        }
    }
    return _mm512_reduce_max_ps(top);
}

// Turns a token's scores into weights, and what it has so far into what it is beside the new highest score.
void weigh(const Work & work, int64_t row, int64_t i, const Range & range, float highest) {
    const int64_t first = range.first * columns, last = range.last * columns;
    uint32_t * shares = work.shares + i * block / 2;
    if (highest == -__builtin_inff()) {
        std::memset(shares + first / 2, 0, size_t(last - first) / 2 * sizeof(*shares));
        return;
    }
    const float * scores = work.scores + i * block;
    const __m512 top = _mm512_set1_ps(highest);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t c = first; c < last; c += word_lanes) {
        const __m512 lower = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(scores + c), top));
        const __m512 upper = power_of_two(_mm512_sub_ps(_mm512_loadu_ps(scores + c + lanes), top));
        sum = _mm512_add_ps(sum, _mm512_add_ps(lower, upper));
        put_rounded(shares + c / 2, lower, upper);
    }
    const float kept = power_of_two(work.highest[row] - highest);
    work.highest[row] = highest;
    work.weights[row] = work.weights[row] * kept + _mm512_reduce_add_ps(sum);
    if (kept != 1) {
        float * sums = work.sums + row * work.value_width;
        for (int64_t v = 0; v < work.value_width; v += lanes) {
            _mm512_storeu_ps(sums + v, _mm512_mul_ps(_mm512_loadu_ps(sums + v), _mm512_set1_ps(kept)));
        }
    }
}

void attend_to_block(const Work & work, int64_t cell) {
    const int64_t key_strip = work.key_words * columns, value_strip = block / 2 * columns;
    for (int64_t t = 0; t < work.tiles; ++t) {
        const Range range = seen_by(work, t);
        const int64_t tokens = work.tokens_of(t), first = range.first * columns;
        for (int64_t head = 0; head < work.group && range.last > 0; ++head) {
            const int64_t row = (head * work.tiles + t) * tile;
            multiply(
                work.keys + range.first * key_strip, range.last - range.first, key_strip, work.key_words,
                { work.queries + row * work.key_words, work.key_words, tokens }, work.scores + first, block, false
            );
            for (int64_t i = 0; i < tokens; ++i) {
                const float highest = mask_scores(work, t, i, cell, range, work.highest[row + i]);
                weigh(work, row + i, i, range, highest);
            }
            multiply(
                work.values + first / 2 * columns, work.value_width / columns, value_strip,
                (range.last - range.first) * columns / 2, { work.shares + first / 2, block / 2, tokens },
                work.sums + row * work.value_width, work.value_width, true
            );
        }
    }
}

void write_means(const Work & work) {
    const Attention & all = work.all;
    for (int64_t row = 0; row < work.rows(); ++row) {
        const int64_t head = row / (work.tiles * tile), token = work.part.first + row % (work.tiles * tile);
        if (token >= work.part.last) {
            continue;
        }
        const float factor = work.weights[row] == 0 ? 0 : 1 / work.weights[row]; // 0: a token that sees nothing
        const int64_t place =
            (work.part.stream * all.tokens + token) * all.heads + work.part.key_head * work.group + head;
        float * out = all.out + place * all.value_size;
        const float * sums = work.sums + row * work.value_width;
        for (int64_t v = 0; v < all.value_size; ++v) {
            out[v] = sums[v] * factor;
        }
    }
}

size_t words(const Attention & all, const AttentionPart & part) {
    return work_of(all, part).place(nullptr);
}

void attend(const Attention & all, const AttentionPart & part, uint32_t * scratch) {
#ifdef __AMX_BF16__
    const TilesInUse tiles;
    shape_for(2 * tile_rows, tile_words);
#endif
    Work work = work_of(all, part);
    work.place(scratch);
    begin(work);
    for (int64_t cell = 0; cell < all.cells; cell += block) {
        const Range range = look(work, cell);
        if (range.last > 0) {
            lay_out_keys(work, cell, range);
            lay_out_values(work, cell, range);
#ifdef __AMX_BF16__
            settle();
#endif
            attend_to_block(work, cell);
        }
    }
    write_means(work);
}

} // namespace

namespace LN_PRODUCTS {
extern const AttentionKernel attention;
const AttentionKernel attention = { words, attend, tile };
} // namespace LN_PRODUCTS

} // namespace products

#endif
