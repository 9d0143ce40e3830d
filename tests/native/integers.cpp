// Products of native/products/integers.cpp beside sums added up one by one in the order of ggml's kernels. Prints how
// many were compared, and how many have other bits.

#include "products.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <immintrin.h>
#include <numeric>
#include <random>
#include <vector>

namespace products {
namespace LN_PRODUCTS {
extern const Kernels integers;
} // namespace LN_PRODUCTS
} // namespace products

using namespace products;

constexpr int64_t lanes = 8;

struct Layout {
    Format format;
    int64_t bytes;   // of a block
    int64_t minimum; // where it is; 0: none
    int64_t fifth;   // where the fifth bits are; 0: none
    int64_t quants;
    int64_t zero;        // what stands for 0
    int64_t scale = 0;   // where it is
    int64_t values = 32; // of a block
};

constexpr Layout layouts[] = { { Format::q8_0, 34, 0, 0, 2, 0 },
                               { Format::q5_0, 22, 0, 2, 6, 16 },
                               { Format::q5_1, 24, 2, 4, 8, 0 },
                               { Format::q4_1, 20, 2, 0, 4, 0 },
                               { Format::q6_k, 210, 0, 0, 0, 32, 208, 256 },
                               { Format::q4_k, 144, 2, 0, 16, 0, 0, 256 } };

float half(const char * at) {
    uint16_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    return _cvtsh_ss(bits);
}

void set_half(char * at, float value) {
    const uint16_t bits = _cvtss_sh(value, 0);
    std::memcpy(at, &bits, sizeof(bits));
}

float halved(float value) {
    return _cvtsh_ss(_cvtss_sh(value, 0));
}

int quant(const Layout & layout, const char * block, int64_t i) {
    if (layout.format == Format::q8_0) {
        return int8_t(block[layout.quants + i]);
    }
    const auto byte = uint8_t(block[layout.quants + i % 16]);
    int value = i < 16 ? byte & 15 : byte >> 4;
    if (layout.fifth != 0) {
        value |= (uint8_t(block[layout.fifth + i / 8]) >> (i % 8) & 1) << 4;
    }
    return value - int(layout.zero);
}

// A block of activations in integers, as ggml rounds them.
struct Rounded {
    std::vector<int> quants;
    float scale;
    float total;

    int sum(int64_t from, int64_t n) const {
        return std::accumulate(quants.begin() + from, quants.begin() + from + n, 0);
    }
};

Rounded rounded(const float * x, int64_t n) {
    float most = 0; // with its sign
    for (int64_t i = 0; i < n; ++i) {
        most = std::fabs(x[i]) > std::fabs(most) ? x[i] : most;
    }
    const bool is_wide = n == 256;
    const float factor = is_wide ? -127.0f / most : 127.0f / std::fabs(most);
    Rounded block;
    for (int64_t i = 0; i < n; ++i) {
        block.quants.push_back(most == 0 ? 0 : int(std::nearbyint(x[i] * factor)));
    }
    const float scale = std::fabs(most) / 127.0f;
    block.scale = most == 0 ? 0 : is_wide ? 1 / factor : halved(scale);
    block.total = is_wide ? 0 : halved(scale * float(block.sum(0, n)));
    return block;
}

float sum_of(const float (&sums)[lanes]) {
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

float product_32(const Layout & layout, const char * w, const std::vector<Rounded> & x) {
    float sums[lanes] = {};
    float below = 0;
    for (const Rounded & block : x) {
        for (int64_t lane = 0; lane < lanes; ++lane) {
            int dot = 0;
            for (int64_t i = 4 * lane; i < 4 * lane + 4; ++i) {
                dot += quant(layout, w, i) * block.quants[size_t(i)];
            }
            sums[lane] = std::fma(half(w) * block.scale, float(dot), sums[lane]);
        }
        if (layout.minimum != 0) {
            below = std::fma(half(w + layout.minimum), block.total, below);
        }
        w += layout.bytes;
    }
    return layout.minimum != 0 ? sum_of(sums) + below : sum_of(sums);
}

float product_q6_k(const Layout & layout, const char * w, const std::vector<Rounded> & x) {
    float sums[lanes] = {};
    for (const Rounded & block : x) {
        const auto * scales = reinterpret_cast<const int8_t *>(w + 192);
        int dots[lanes] = {};
        for (int64_t i = 0; i < 256; ++i) {
            const int64_t half_block = i / 128, in_half = i % 128;
            const int lower = uint8_t(w[half_block * 64 + in_half % 64]) >> (in_half < 64 ? 0 : 4) & 15;
            const int upper = uint8_t(w[128 + half_block * 32 + in_half % 32]) >> (in_half / 32 * 2) & 3;
            dots[i % 32 / 4] += scales[i / 16] * (lower | upper << 4) * block.quants[size_t(i)];
        }
        for (int64_t lane = 0; lane < lanes; ++lane) {
            int dot = dots[lane];
            for (int64_t part = 2 * lane; part < 2 * lane + 2; ++part) { // not where those values were added
                dot -= int(layout.zero) * scales[part] * block.sum(16 * part, 16);
            }
            sums[lane] = std::fma(block.scale * half(w + layout.scale), float(dot), sums[lane]);
        }
        w += layout.bytes;
    }
    return sum_of(sums);
}

// A scale, or a minimum, of 32 values in Q4_K.
int six_bits(const char * w, int64_t part, bool is_minimum) {
    const auto * packed = reinterpret_cast<const uint8_t *>(w + 4);
    const int64_t own = part % 4 + (is_minimum ? 4 : 0);
    return part < 4 ? packed[own] & 63 : (packed[8 + part % 4] >> (is_minimum ? 4 : 0) & 15) | (packed[own] >> 6 << 4);
}

// step: values between two roundings.
float product_q4_k(const Layout & layout, const char * w, const std::vector<Rounded> & x, int64_t step) {
    float sum = 0, below = 0;
    for (const Rounded & block : x) {
        for (int64_t from = 0; from < 256; from += step) {
            int dot = 0, minima = 0;
            for (int64_t part = from / 32; part < (from + step) / 32; ++part) {
                int products = 0;
                for (int64_t i = 0; i < 32; ++i) {
                    const int value = uint8_t(w[layout.quants + part / 2 * 32 + i]) >> (part % 2 == 0 ? 0 : 4) & 15;
                    products += value * block.quants[size_t(32 * part + i)];
                }
                dot += six_bits(w, part, false) * products;
                minima += six_bits(w, part, true) * block.sum(32 * part, 32);
            }
            sum = std::fma(half(w) * block.scale, float(dot), sum);
            below = std::fma(half(w + layout.minimum) * block.scale, float(minima), below);
        }
        w += layout.bytes;
    }
    return sum - below;
}

// Of token i of n.
float product(const Layout & layout, const char * w, const std::vector<Rounded> & x, int64_t i, int64_t n) {
    switch (layout.format) {
        case Format::q6_k: return product_q6_k(layout, w, x);
        case Format::q4_k: return product_q4_k(layout, w, x, i < n - n % 4 ? 64 : 256);
        default: return product_32(layout, w, x);
    }
}

// Rows of Q4_K side by side, as ggml keeps them: eight blocks' scales, minima, then those of each 32 values packed as a
// block's, then 8 bytes of each row by turns.
std::vector<char> side_by_side(const std::vector<char> & w, int64_t rows, int64_t blocks) {
    std::vector<char> all(w.size());
    for (int64_t at = 0; at < rows / 8 * blocks; ++at) {
        char * to = &all[size_t(at) * 8 * 144];
        for (int64_t row = 0; row < 8; ++row) {
            const char * block = &w[size_t((at / blocks * 8 + row) * blocks + at % blocks) * 144];
            std::memcpy(to + 2 * row, block, 2);
            std::memcpy(to + 16 + 2 * row, block + 2, 2);
            for (int64_t part = 0; part < 8; ++part) {
                auto * packed = reinterpret_cast<uint8_t *>(to + 32 + 12 * part);
                const int scale = six_bits(block, part, false), minimum = six_bits(block, part, true);
                if (row < 4) {
                    packed[row] = uint8_t((packed[row] & 192) | scale);
                    packed[4 + row] = uint8_t((packed[4 + row] & 192) | minimum);
                } else {
                    packed[row - 4] = uint8_t(packed[row - 4] | scale >> 4 << 6);
                    packed[row] = uint8_t(packed[row] | minimum >> 4 << 6);
                    packed[4 + row] = uint8_t((scale & 15) | (minimum & 15) << 4);
                }
            }
            for (int64_t i = 0; i < 16; ++i) {
                std::memcpy(to + 128 + 64 * i + 8 * row, block + 16 + 8 * i, 8);
            }
        }
    }
    return all;
}

bool is_same(float a, float b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0 || (std::isnan(a) && std::isnan(b));
}

// Results of other bits among all, and places written that are not of the result. extreme: a scale that is no number,
// and products beyond all.
int64_t differing(const Layout & layout, int64_t rows, int64_t k, int64_t n, bool extreme = false) {
    std::mt19937 random(uint32_t(rows * 31 + k * 7 + n));
    std::normal_distribution<float> normal;
    const int64_t blocks = k / layout.values;
    std::vector<char> w(size_t(rows * blocks * layout.bytes));
    for (char & byte : w) {
        byte = char(random());
    }
    for (size_t at = 0; at < w.size(); at += size_t(layout.bytes)) {
        set_half(&w[at + size_t(layout.scale)], normal(random) / 100);
        if (layout.minimum != 0) {
            set_half(&w[at + size_t(layout.minimum)], normal(random) / 100);
        }
    }
    std::vector<float> x(size_t(n * k));
    for (float & value : x) {
        value = normal(random);
    }
    std::fill(x.begin(), x.begin() + layout.values, 0.0f); // a block without a scale
    if (extreme) {
        set_half(&w[size_t(layout.scale)], std::nanf(""));
        set_half(&w[size_t(layout.bytes * blocks + layout.scale)], 65504);
        x.back() = 3e38f;
    }
    const size_t stride = size_t(words_of(Kind::integers, k)) + 3;
    std::vector<uint32_t> words(size_t(n) * stride, 0x7fc07fc0);
    for (int64_t i = 0; i < n; ++i) {
        LN_PRODUCTS::integers.round(layout.format, x.data() + i * k, words.data() + size_t(i) * stride, k);
    }
    const auto row_bytes = size_t(blocks * layout.bytes);
    const std::vector<char> held = layout.format == Format::q4_k ? side_by_side(w, rows, blocks) : w;
    const Matrix matrix = {
        held.data(), row_bytes, rows, k, layout.values, size_t(layout.bytes), nullptr, layout.format
    };
    const size_t y_stride = size_t(rows) + 5;
    std::vector<float> y(size_t(n) * y_stride, -7);
    std::vector<uint32_t> scratch(scratch_words(Kind::integers, k));
    std::vector<int32_t> places; // the first result is of the last row
    for (int64_t i = n; i-- > 0;) {
        places.push_back(int32_t(i));
    }
    for (int64_t first = 0; first < rows; first += panel_rows) {
        LN_PRODUCTS::integers.multiply(
            matrix, first, std::min(rows, first + panel_rows), { words.data(), stride, n, places.data() }, y.data(),
            y_stride, scratch.data()
        );
    }
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; ++i) {
        std::vector<Rounded> operands;
        for (int64_t b = 0; b < blocks; ++b) {
            operands.push_back(rounded(x.data() + i * k + b * layout.values, layout.values));
        }
        const float * found = y.data() + size_t(n - 1 - i) * y_stride;
        for (int64_t m = 0; m < rows; ++m) {
            wrong += !is_same(product(layout, w.data() + size_t(m) * row_bytes, operands, i, n), found[m]);
        }
        for (auto m = size_t(rows); m < y_stride; ++m) {
            wrong += found[m] != -7;
        }
    }
    return wrong;
}

int main() {
    int64_t all = 0, wrong = 0;
    for (const Layout & layout : layouts) {
        const int64_t interleaved = layout.format == Format::q4_k ? 8 : 1;
        for (const int64_t rows : { 1, 7, 8, 63, 64, 65, 135 }) {
            // a panel of the last is more than a core caches
            for (const int64_t k : { layout.values, 3 * layout.values, int64_t(1280), int64_t(9216) }) {
                for (const int64_t n : { 1, 3, 4, 5, 18 }) {
                    const int64_t count = k > 9000 ? rows : rows * interleaved;
                    if (count % interleaved == 0) {
                        all += count * n;
                        wrong += differing(layout, count, k, n);
                    }
                }
            }
        }
        all += 16 * 6;
        wrong += differing(layout, 16, 4 * layout.values, 6, true);
    }
    std::printf("%lld %lld\n", static_cast<long long>(all), static_cast<long long>(wrong));
}
