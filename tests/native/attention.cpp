// Attention by one kernel of native/products, LN_ATTENTION of LN_PRODUCTS, beside the same in doubles. Prints the
// largest difference of any, as a share of the largest magnitude of the values that are averaged.

#include "attention.h"
#include "otherTiles.h"
#include "products.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <random>
#include <vector>

namespace products {
namespace LN_PRODUCTS {
extern const AttentionKernel LN_ATTENTION;
} // namespace LN_PRODUCTS
} // namespace products

using namespace products;

struct Sizes {
    int64_t key_size, value_size, tokens, cells, heads, key_heads, streams;
};

// Halves of whole 64ths between -2 and 2, which F16 holds.
uint16_t half_of(int sixty_fourths) {
    if (sixty_fourths == 0) {
        return 0;
    }
    const int size = std::abs(sixty_fourths), power = int(std::floor(std::log2(size)));
    return uint16_t((sixty_fourths < 0 ? 0x8000 : 0) | (power + 9) << 10 | (size * 1024 / (1 << power) & 1023));
}

double value_of(uint16_t half) {
    const int power = half >> 10 & 31;
    return power == 0 ? 0 : (half & 0x8000 ? -1 : 1) * std::ldexp(1024 + (half & 1023), power - 25);
}

enum class Mask { open, causal, packed, biased };

// Causal: a token sees the cells up to its own; packed: every third 150 of them, as of sequences side by side, and the
// first token none; biased: all, less by the distance.
uint16_t mask_of(Mask mask, int64_t token, int64_t cell, const Sizes & sizes) {
    constexpr uint16_t closed = 0xfc00;
    const int64_t last = sizes.cells - sizes.tokens + token;
    switch (mask) {
        case Mask::open: return 0;
        case Mask::causal: return cell > last ? closed : 0;
        case Mask::packed: return token == 0 || cell > last || (cell / 150 + token / 40) % 3 != 0 ? closed : 0;
        default: return half_of(-int(std::abs(cell - last) % 100));
    }
}

double worst(const Sizes & s, Mask kind, int64_t step) {
    std::mt19937 random(uint32_t(s.key_size * 31 + s.tokens * 7 + s.cells + int(kind)));
    const auto some = [&](int64_t n) {
        std::vector<uint16_t> halves;
        std::generate_n(std::back_inserter(halves), n, [&] { return half_of(int(random() % 257) - 128); });
        return halves;
    };
    const std::vector<uint16_t> keys = some(s.streams * s.cells * s.key_heads * s.key_size);
    const std::vector<uint16_t> values = some(s.streams * s.cells * s.key_heads * s.value_size);
    const auto exact = [](const std::vector<uint16_t> & halves) {
        std::vector<double> doubles(halves.size());
        std::transform(halves.begin(), halves.end(), doubles.begin(), value_of);
        return doubles;
    };
    const std::vector<double> exact_keys = exact(keys), exact_values = exact(values);
    std::vector<float> queries(size_t(s.streams * s.tokens * s.heads * s.key_size));
    std::generate(queries.begin(), queries.end(), [&] { return float(double(random()) / double(random.max()) - 0.5); });
    std::vector<uint16_t> mask;
    for (int64_t token = 0; token < s.tokens; ++token) {
        for (int64_t cell = 0; cell < s.cells; ++cell) {
            mask.push_back(mask_of(kind, token, cell, s));
        }
    }
    std::vector<float> out(size_t(s.streams * s.tokens * s.heads * s.value_size) + 1, -7);
    const auto strided = [](const auto & data, int64_t rows, int64_t heads, int64_t size) {
        const size_t bytes = sizeof(data[0]) * size_t(size);
        return Strided{ reinterpret_cast<const char *>(data.data()), bytes * size_t(heads), bytes,
                        bytes * size_t(heads * rows) };
    };
    const float scale = 1 / std::sqrt(float(s.key_size));
    const Attention all = { strided(queries, s.tokens, s.heads, s.key_size),
                            strided(keys, s.cells, s.key_heads, s.key_size),
                            strided(values, s.cells, s.key_heads, s.value_size),
                            { reinterpret_cast<const char *>(mask.data()), size_t(s.cells) * sizeof(uint16_t), 0, 0 },
                            out.data(),
                            s.key_size,
                            s.value_size,
                            s.tokens,
                            s.cells,
                            s.heads,
                            s.key_heads,
                            scale };
    for (int64_t part = 0; part < s.streams * s.key_heads; ++part) {
        for (int64_t first = 0; first < s.tokens; first += step) {
            const AttentionPart one = { part / s.key_heads, part % s.key_heads, first,
                                        std::min(first + step, s.tokens) };
            // NaN where nothing is to be read
            std::vector<uint32_t> scratch(LN_PRODUCTS::LN_ATTENTION.words(all, one), 0x7fc07fc0);
            LN_PRODUCTS::LN_ATTENTION.attend(all, one, scratch.data());
        }
    }
    double most = out.back() == -7 ? 0 : INFINITY;
    for (int64_t stream = 0; stream < s.streams; ++stream) {
        for (int64_t token = 0; token < s.tokens; ++token) {
            for (int64_t head = 0; head < s.heads; ++head) {
                const int64_t key_head = head / (s.heads / s.key_heads);
                const float * query = &queries[size_t(((stream * s.tokens + token) * s.heads + head) * s.key_size)];
                std::vector<double> sums(size_t(s.value_size));
                double weights = 0;
                for (int64_t cell = 0; cell < s.cells; ++cell) {
                    const uint16_t masked = mask[size_t(token * s.cells + cell)];
                    if (masked == 0xfc00) {
                        continue;
                    }
                    const auto at = size_t((stream * s.cells + cell) * s.key_heads + key_head);
                    double score = 0;
                    for (int64_t k = 0; k < s.key_size; ++k) {
                        score += double(query[k]) * exact_keys[at * size_t(s.key_size) + size_t(k)];
                    }
                    const double weight = std::exp(score * scale + value_of(masked));
                    weights += weight;
                    for (int64_t v = 0; v < s.value_size; ++v) {
                        sums[size_t(v)] += weight * exact_values[at * size_t(s.value_size) + size_t(v)];
                    }
                }
                for (int64_t v = 0; v < s.value_size; ++v) {
                    const auto place = size_t(((stream * s.tokens + token) * s.heads + head) * s.value_size + v);
                    const double expected = weights == 0 ? 0 : sums[size_t(v)] / weights;
                    const double error = std::fabs(double(out[place]) - expected) / 2;
                    most = std::isnan(error) ? INFINITY : std::max(most, error);
                }
            }
        }
    }
    return most;
}

int main() {
    return beside_other_tiles([] {
        double most = 0;
        const Sizes sizes[] = {
            { 64, 64, 70, 256, 6, 2, 1 },  { 128, 128, 33, 300, 4, 4, 1 }, { 256, 256, 40, 300, 2, 1, 1 },
            { 24, 24, 129, 129, 3, 3, 1 }, { 40, 16, 5, 17, 2, 1, 2 },     { 80, 100, 65, 300, 2, 2, 2 },
            { 1, 3, 1, 1, 1, 1, 1 },
        };
        for (const Sizes & each : sizes) {
            for (const Mask mask : { Mask::open, Mask::causal, Mask::packed, Mask::biased }) {
                const bool in_parts = mask == Mask::causal || mask == Mask::packed;
                most = std::max(most, worst(each, mask, in_parts ? LN_PRODUCTS::LN_ATTENTION.tile : each.tokens));
            }
        }
        std::printf("%.3g\n", most);
    });
}
