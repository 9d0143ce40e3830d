// Products of native/products/integers.cpp beside sums added up one by one in the order of ggml's kernels. Prints how
// many were compared, and how many have other bits.

#include "products.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <immintrin.h>
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
    int64_t zero; // what stands for 0
};

constexpr Layout layouts[] = { { Format::q8_0, 34, 0, 0, 2, 0 },
                               { Format::q5_0, 22, 0, 2, 6, 16 },
                               { Format::q5_1, 24, 2, 4, 8, 0 },
                               { Format::q4_1, 20, 2, 0, 4, 0 } };

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
    int quants[integer_block];
    float scale;
    float total;
};

Rounded rounded(const float * x) {
    float most = 0;
    for (int64_t i = 0; i < integer_block; ++i) {
        most = std::fmax(most, std::fabs(x[i]));
    }
    Rounded block;
    int sum = 0;
    for (int64_t i = 0; i < integer_block; ++i) {
        block.quants[i] = most == 0 ? 0 : int(std::nearbyint(x[i] * (127.0f / most)));
        sum += block.quants[i];
    }
    block.scale = halved(most / 127.0f);
    block.total = halved(most / 127.0f * float(sum));
    return block;
}

float product(const Layout & layout, const char * w, const std::vector<Rounded> & x) {
    float sums[lanes] = {};
    float below = 0;
    for (const Rounded & block : x) {
        for (int64_t lane = 0; lane < lanes; ++lane) {
            int dot = 0;
            for (int64_t i = 4 * lane; i < 4 * lane + 4; ++i) {
                dot += quant(layout, w, i) * block.quants[i];
            }
            sums[lane] = std::fma(half(w) * block.scale, float(dot), sums[lane]);
        }
        if (layout.minimum != 0) {
            below = std::fma(half(w + layout.minimum), block.total, below);
        }
        w += layout.bytes;
    }
    const float even = (sums[0] + sums[4]) + (sums[2] + sums[6]);
    const float odd = (sums[1] + sums[5]) + (sums[3] + sums[7]);
    return layout.minimum != 0 ? (even + odd) + below : even + odd;
}

// Results of other bits among all, and places written that are not of the result.
int64_t differing(const Layout & layout, int64_t rows, int64_t k, int64_t n) {
    std::mt19937 random(uint32_t(rows * 31 + k * 7 + n));
    std::normal_distribution<float> normal;
    const int64_t blocks = k / integer_block;
    std::vector<char> w(size_t(rows * blocks * layout.bytes));
    for (char & byte : w) {
        byte = char(random());
    }
    for (size_t at = 0; at < w.size(); at += size_t(layout.bytes)) {
        set_half(&w[at], normal(random) / 100);
        if (layout.minimum != 0) {
            set_half(&w[at + size_t(layout.minimum)], normal(random) / 100);
        }
    }
    std::vector<float> x(size_t(n * k));
    for (float & value : x) {
        value = normal(random);
    }
    std::fill(x.begin(), x.begin() + integer_block, 0.0f); // a block without a scale
    const size_t stride = size_t(words_of(Kind::integers, k)) + 3;
    std::vector<uint32_t> words(size_t(n) * stride, 0x7fc07fc0);
    for (int64_t i = 0; i < n; ++i) {
        LN_PRODUCTS::integers.round(x.data() + i * k, words.data() + size_t(i) * stride, k);
    }
    const auto row_bytes = size_t(blocks * layout.bytes);
    const Matrix matrix = { w.data(), row_bytes, rows, k, integer_block, size_t(layout.bytes), nullptr, layout.format };
    const size_t y_stride = size_t(rows) + 5;
    std::vector<float> y(size_t(n) * y_stride, -7);
    std::vector<uint32_t> scratch(scratch_words(Kind::integers, k));
    std::vector<int32_t> places; // the first result is of the last row
    for (int64_t i = n; i-- > 0;) {
        places.push_back(int32_t(i));
    }
    for (int64_t first = 0; first < rows; first += panel_rows) {
        LN_PRODUCTS::integers.multiply(
            matrix, first, { words.data(), stride, n, places.data() }, y.data(), y_stride, scratch.data()
        );
    }
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; ++i) {
        std::vector<Rounded> operands;
        for (int64_t b = 0; b < blocks; ++b) {
            operands.push_back(rounded(x.data() + i * k + b * integer_block));
        }
        const float * found = y.data() + size_t(n - 1 - i) * y_stride;
        for (int64_t m = 0; m < rows; ++m) {
            const float expected = product(layout, w.data() + size_t(m) * row_bytes, operands);
            wrong += std::memcmp(&expected, found + m, sizeof(expected)) != 0;
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
        for (const int64_t rows : { 1, 7, 8, 63, 64, 65, 135 }) {
            for (const int64_t k : { 32, 96, 1056, 9216 }) { // a panel of the last is more than a core caches
                for (const int64_t n : { 1, 3, 4, 5, 18 }) {
                    all += rows * n;
                    wrong += differing(layout, rows, k, n);
                }
            }
        }
    }
    std::printf("%lld %lld\n", static_cast<long long>(all), static_cast<long long>(wrong));
}
