// Attention of few tokens, with the bits of ggml's: queries are rounded to F16; scores are added up in F32 over whole
// steps of four vectors, and over the rest in doubles, one value after another; the sums of values are rounded to F16
// at each cell, in the order of the cells. Compiled as kernels.cpp is, but that a product is rounded before it is added
// to something, unless both are fused here. For the sum of a head's weights it depends on the compiler of ggml's
// backend whether they are, so that both are there.

#include "attention.h"
#include "products.h"

#include <immintrin.h>

#include <math.h>
#include <type_traits>
#include <utility>

namespace products {

namespace {

constexpr int64_t lanes = 16;
constexpr int64_t step = 4 * lanes;         // values of a key that are added up in vectors
constexpr int64_t side_by_side = 8;         // cells, whose rests are added up at once
constexpr int64_t most_sums = 8;            // vectors of a head's sums at once: registers beside what is added
constexpr uint16_t minus_infinity = 0xfc00; // in F16: a cell that the token does not see

int64_t whole(int64_t n, int64_t of) {
    return (n + of - 1) / of * of;
}

__mmask16 first_lanes(int64_t n) {
    return __mmask16(n < lanes ? (1 << n) - 1 : 0xffff);
}

// Up to 16 halves; zeros in the place of those that are not there.
__m512 load_halves(const uint16_t * from, int64_t n) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first_lanes(n), from));
}

__m512 rounded_to_half(__m512 x) {
    return _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

// All lanes of four vectors added up in ggml's order.
float add_up(const __m512 (&sums)[4]) {
    const __m512 all = _mm512_add_ps(_mm512_add_ps(sums[0], sums[2]), _mm512_add_ps(sums[1], sums[3]));
    const __m256 upper = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(all), 1));
    const __m256 eight = _mm256_add_ps(upper, _mm512_castps512_ps256(all));
    const __m128 four = _mm_add_ps(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// A token's cells, and what it has of each head that shares the keys.
struct Work {
    const Attention & all;
    int64_t stream = 0;
    int64_t key_head = 0;
    int64_t token = 0;
    int64_t group = 0; // heads
    int64_t seen = 0;  // cells

    int32_t * cells = nullptr;    // [seen], with the last again to a whole multiple of side_by_side
    float * mask = nullptr;       // [seen]
    float * queries = nullptr;    // [group][whole(key_size, lanes)]
    float * scores = nullptr;     // [group][whole(cells, side_by_side)]
    float * kept = nullptr;       // [whole(cells, side_by_side)], of one head: what of the sums so far is kept
    float * transposed = nullptr; // [step][side_by_side], the rests of keys

    int64_t query_stride() const { return whole(all.key_size, lanes); }
    int64_t score_stride() const { return whole(all.cells, side_by_side); }

    size_t place(uint32_t * scratch) {
        size_t taken = 0;
        const auto take = [&](auto *& array, int64_t words) {
            array = reinterpret_cast<std::remove_reference_t<decltype(array)>>(scratch + taken);
            taken += size_t(whole(words, lanes));
        };
        take(cells, score_stride());
        take(mask, score_stride());
        take(queries, group * query_stride());
        take(scores, group * score_stride());
        take(kept, score_stride());
        take(transposed, step * side_by_side);
        return taken;
    }
};

template <typename Value> const Value * row_of(const Work & work, const Strided & tensor, int64_t head, int64_t row) {
    return reinterpret_cast<const Value *>(
        tensor.data + size_t(work.stream) * tensor.stream + size_t(head) * tensor.head + size_t(row) * tensor.row
    );
}

void find_cells(Work & work) {
    constexpr int64_t at_once = 32;
    const auto * mask = row_of<uint16_t>(work, work.all.mask, 0, work.token);
    const __m512i closed = _mm512_set1_epi16(short(minus_infinity));
    work.seen = 0;
    for (int64_t first = 0; first < work.all.cells; first += at_once) {
        const int64_t left = work.all.cells - first;
        const auto some = __mmask32(left < at_once ? (1u << left) - 1 : ~0u);
        const __m512i values = _mm512_maskz_loadu_epi16(some, mask + first);
        for (uint32_t open = _mm512_mask_cmpneq_epi16_mask(some, values, closed); open != 0; open &= open - 1) {
            const int64_t cell = first + __builtin_ctz(open);
            work.cells[work.seen] = int32_t(cell);
            work.mask[work.seen++] = _cvtsh_ss(mask[cell]);
        }
    }
    for (int64_t i = work.seen; i % side_by_side != 0; ++i) {
        work.cells[i] = work.cells[work.seen - 1];
        work.mask[i] = 0;
    }
}

void round_queries(const Work & work) {
    for (int64_t head = 0; head < work.group; ++head) {
        const auto * query = row_of<float>(work, work.all.queries, work.key_head * work.group + head, work.token);
        float * rounded = work.queries + head * work.query_stride();
        for (int64_t k = 0; k < work.all.key_size; k += lanes) {
            const __m512 values = _mm512_maskz_loadu_ps(first_lanes(work.all.key_size - k), query + k);
            _mm512_storeu_ps(rounded + k, rounded_to_half(values));
        }
    }
}

// A key's product with a query over whole steps.
float multiply_steps(const uint16_t * key, const float * query, int64_t n) {
    __m512 sums[4] = { _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps() };
    for (int64_t k = 0; k < n; k += step) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            const int64_t at = k + i * lanes;
            sums[i] = _mm512_fmadd_ps(load_halves(key + at, lanes), _mm512_loadu_ps(query + at), sums[i]);
        }
    }
    return add_up(sums);
}

// Values of eight rows, up to eight from `from` on, so that those of a place lie side by side.
void transpose(const uint16_t * const (&rows)[side_by_side], int64_t from, int64_t n, float * out) {
    const auto some = __mmask8(n < 8 ? (1 << n) - 1 : 0xff);
    __m256 x[8], two[8], four[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
        x[i] = _mm256_cvtph_ps(_mm_maskz_loadu_epi16(some, rows[i] + from));
    }
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
        two[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
        two[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        four[i] = _mm256_shuffle_ps(two[i], two[i + 2], 0x44);
        four[i + 1] = _mm256_shuffle_ps(two[i], two[i + 2], 0xee);
        four[i + 2] = _mm256_shuffle_ps(two[i + 1], two[i + 3], 0x44);
        four[i + 3] = _mm256_shuffle_ps(two[i + 1], two[i + 3], 0xee);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        _mm256_storeu_ps(out + i * side_by_side, _mm256_permute2f128_ps(four[i], four[i + 4], 0x20));
        _mm256_storeu_ps(out + (i + 4) * side_by_side, _mm256_permute2f128_ps(four[i], four[i + 4], 0x31));
    }
}

// Scores of eight cells, by all heads that share the keys.
void score_cells(const Work & work, int64_t first) {
    const Attention & all = work.all;
    const int64_t in_steps = all.key_size / step * step, rest = all.key_size - in_steps;
    const uint16_t * keys[side_by_side];
    for (int64_t i = 0; i < side_by_side; ++i) {
        keys[i] = row_of<uint16_t>(work, all.keys, work.key_head, work.cells[first + i]);
    }
    for (int64_t k = 0; k < rest; k += 8) {
        transpose(keys, in_steps + k, rest - k, work.transposed + k * side_by_side);
    }
    for (int64_t head = 0; head < work.group; ++head) {
        const float * query = work.queries + head * work.query_stride();
        float * scores = work.scores + head * work.score_stride() + first;
        for (int64_t i = 0; i < side_by_side; ++i) {
            scores[i] = in_steps > 0 ? multiply_steps(keys[i], query, in_steps) : 0;
        }
        __m512d sums = _mm512_cvtps_pd(_mm256_loadu_ps(scores));
        for (int64_t k = 0; k < rest; ++k) { // a product of two halves is exact
            const __m512d values = _mm512_cvtps_pd(_mm256_loadu_ps(work.transposed + k * side_by_side));
            sums = _mm512_fmadd_pd(values, _mm512_set1_pd(double(query[in_steps + k])), sums);
        }
        const __m256 scaled = _mm256_mul_ps(_mm512_cvtpd_ps(sums), _mm256_set1_ps(all.scale));
        _mm256_storeu_ps(scores, _mm256_add_ps(scaled, _mm256_loadu_ps(work.mask + first)));
    }
}

// Turns a head's scores into the cells' weights beside the highest score so far, and says what of the sums is kept
// where that is a new one; returns the sum of the weights.
template <bool fused> float weigh(const Work & work, float * scores) {
    float highest = -__builtin_inff(), sum = 0;
    for (int64_t i = 0; i < work.seen; ++i) {
        const float score = scores[i];
        const bool is_highest = score > highest;
        const float power = expf(is_highest ? highest - score : score - highest);
        highest = is_highest ? score : highest;
        work.kept[i] = is_highest ? power : 1;
        scores[i] = is_highest ? 1 : power;
        sum = fused ? __builtin_fmaf(sum, work.kept[i], scores[i]) : sum * work.kept[i] + scores[i];
    }
    return sum;
}

// The weighted mean of `count` vectors of the cells' values, from value `from` on.
template <int count> void add_values(const Work & work, const float * weights, float sum, int64_t from, float * out) {
    const int64_t n = work.all.value_size - from;
    __m512 sums[count];
#pragma GCC unroll 8
    for (int v = 0; v < count; ++v) {
        sums[v] = _mm512_setzero_ps();
    }
    for (int64_t i = 0; i < work.seen; ++i) {
        const auto * values = row_of<uint16_t>(work, work.all.values, work.key_head, work.cells[i]) + from;
        if (work.kept[i] != 1) {
#pragma GCC unroll 8
            for (int v = 0; v < count; ++v) {
                sums[v] = rounded_to_half(_mm512_mul_ps(sums[v], _mm512_set1_ps(work.kept[i])));
            }
        }
#pragma GCC unroll 8
        for (int v = 0; v < count; ++v) {
            const __m512 some = load_halves(values + v * lanes, n - v * lanes);
            sums[v] = rounded_to_half(_mm512_fmadd_ps(some, _mm512_set1_ps(weights[i]), sums[v]));
        }
    }
    const float factor = sum == 0 ? 0 : 1 / sum; // 0: a token that sees nothing
    for (int v = 0; v < count; ++v) {
        const __m512 mean = _mm512_mul_ps(sums[v], _mm512_set1_ps(factor));
        _mm512_mask_storeu_ps(out + from + v * lanes, first_lanes(n - v * lanes), mean);
    }
}

using AddValues = void (*)(const Work & work, const float * weights, float sum, int64_t from, float * out);

template <size_t... counts> AddValues add_values_of(int64_t count, std::index_sequence<counts...>) {
    static constexpr AddValues of[] = { add_values<int(counts) + 1>... };
    return of[count - 1];
}

template <bool fused> void attend_to_cells(Work & work) {
    const Attention & all = work.all;
    find_cells(work);
    round_queries(work);
    for (int64_t first = 0; first < work.seen; first += side_by_side) {
        score_cells(work, first);
    }
    const int64_t vectors = whole(all.value_size, lanes) / lanes;
    for (int64_t head = 0; head < work.group; ++head) {
        float * weights = work.scores + head * work.score_stride();
        const float sum = weigh<fused>(work, weights);
        const int64_t place = (work.stream * all.tokens + work.token) * all.heads + work.key_head * work.group + head;
        for (int64_t v = 0; v < vectors; v += most_sums) {
            const int64_t count = vectors - v < most_sums ? vectors - v : most_sums;
            add_values_of(count, std::make_index_sequence<most_sums>())(
                work, weights, sum, v * lanes, all.out + place * all.value_size
            );
        }
    }
}

Work work_of(const Attention & all, const AttentionPart & part) {
    Work work = { all };
    work.stream = part.stream;
    work.key_head = part.key_head;
    work.group = all.heads / all.key_heads;
    return work;
}

size_t words(const Attention & all, const AttentionPart & part) {
    return work_of(all, part).place(nullptr);
}

template <bool fused> void attend(const Attention & all, const AttentionPart & part, uint32_t * scratch) {
    Work work = work_of(all, part);
    work.place(scratch);
    for (work.token = part.first; work.token < part.last; ++work.token) {
        attend_to_cells<fused>(work);
    }
}

} // namespace

namespace LN_PRODUCTS {
extern const AttentionKernel cellwise;
extern const AttentionKernel cellwise_fused;
const AttentionKernel cellwise = { words, attend<false>, 1 };
const AttentionKernel cellwise_fused = { words, attend<true>, 1 };
} // namespace LN_PRODUCTS

} // namespace products
