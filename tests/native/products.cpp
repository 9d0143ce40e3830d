// Products of one kind of native/products/kernels.cpp, LN_PRODUCTS, beside the same in doubles. Prints the largest
// error of any, as a share of the sum of the magnitudes of its terms: of F32, then of BF16 where the kind has it, then
// in integers where it has them, of operands that are integers of 8 bits and of others. Last, 1 where products in
// integers keep what is not finite.

#include "otherTiles.h"
#include "products.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

namespace products {
namespace LN_PRODUCTS {
extern const Kernels f32;
#ifdef __AVX512BF16__
extern const Kernels bf16;
#endif
#ifdef __AVX512VNNI__
extern const Kernels int8;
#endif
} // namespace LN_PRODUCTS
} // namespace products

using namespace products;

// How a matrix is stored.
struct Stored {
    Format format;
    int64_t values; // of a block
    int64_t bytes;
    Dequantize dequantize;            // nullptr: floats
    std::vector<int64_t> halves = {}; // where a block has half precisions
};

// A power of two, of which a half precision holds a few.
float half_at(const char * block, int64_t at) {
    uint16_t bits;
    std::memcpy(&bits, block + at, sizeof(bits));
    return std::ldexp(1.0f, int(bits >> 10 & 31) - 15);
}

// Blocks of 32 values, each a byte: a quarter of it is the value.
void dequantize_bytes(const void * values, float * floats, int64_t k) {
    for (int64_t i = 0; i < k; ++i) {
        floats[i] = float(static_cast<const int8_t *>(values)[i]) / 4;
    }
}

// A half, another for a minimum, fifth bits, then nibbles; Q8_0: a half and bytes.
template <int64_t bytes, int64_t minimum, int64_t fifth, int64_t quants, int zero>
void dequantize_32(const void * values, float * floats, int64_t k) {
    const char * block = static_cast<const char *>(values);
    for (int64_t i = 0; i < k; ++i) {
        const int64_t at = i % 32;
        if (bytes == 34) {
            floats[i] = half_at(block, 0) * float(int8_t(block[quants + at]));
        } else {
            const auto byte = uint8_t(block[quants + at % 16]);
            int value = at < 16 ? byte & 15 : byte >> 4;
            value |= fifth == 0 ? 0 : (uint8_t(block[fifth + at / 8]) >> (at % 8) & 1) << 4;
            floats[i] = half_at(block, 0) * float(value - zero) + (minimum == 0 ? 0.0f : half_at(block, minimum));
        }
        block += at == 31 ? bytes : 0;
    }
}

void dequantize_q6_k(const void * values, float * floats, int64_t k) {
    const char * block = static_cast<const char *>(values);
    for (int64_t i = 0; i < k; ++i) {
        const int64_t at = i % 256, part = at / 128, in_part = at % 128;
        const int lower = uint8_t(block[part * 64 + in_part % 64]) >> (in_part < 64 ? 0 : 4) & 15;
        const int upper = uint8_t(block[128 + part * 32 + in_part % 32]) >> (in_part / 32 * 2) & 3;
        floats[i] = half_at(block, 208) * float(int8_t(block[192 + at / 16])) * float((lower | upper << 4) - 32);
        block += at == 255 ? 210 : 0;
    }
}

// Q4_K, and Q5_K with fifth bits: two halves, 6 bits of eight scales and minima, nibbles.
template <int64_t bytes, int64_t fifth> void dequantize_32_of_256(const void * values, float * floats, int64_t k) {
    const char * block = static_cast<const char *>(values);
    for (int64_t i = 0; i < k; ++i) {
        const int64_t at = i % 256, g = at / 32;
        const auto * packed = reinterpret_cast<const uint8_t *>(block + 4);
        const int scale = g < 4 ? packed[g] & 63 : (packed[4 + g] & 15) + (packed[g - 4] >> 6) * 16;
        const int minimum = g < 4 ? packed[4 + g] & 63 : (packed[4 + g] >> 4) + (packed[g] >> 6) * 16;
        int value = uint8_t(block[bytes - 128 + at / 64 * 32 + at % 32]) >> (at % 64 < 32 ? 0 : 4) & 15;
        value += fifth == 0 ? 0 : (uint8_t(block[fifth + at % 32]) >> g & 1) * 16;
        floats[i] = half_at(block, 0) * float(scale * value) - half_at(block, 2) * float(minimum);
        block += at == 255 ? bytes : 0;
    }
}

const Stored plain = { Format::other, 1, sizeof(float), nullptr };
const Stored in_bytes = { Format::other, 32, 32, dequantize_bytes };
const Stored in_formats[] = { { Format::q8_0, 32, 34, dequantize_32<34, 0, 0, 2, 0>, { 0 } },
                              { Format::q5_0, 32, 22, dequantize_32<22, 0, 2, 6, 16>, { 0 } },
                              { Format::q5_1, 32, 24, dequantize_32<24, 2, 4, 8, 0>, { 0, 2 } },
                              { Format::q4_1, 32, 20, dequantize_32<20, 2, 0, 4, 0>, { 0, 2 } },
                              { Format::q4_0, 32, 18, dequantize_32<18, 0, 0, 2, 8>, { 0 } },
                              { Format::q6_k, 256, 210, dequantize_q6_k, { 208 } },
                              { Format::q4_k, 256, 144, dequantize_32_of_256<144, 0>, { 0, 2 } },
                              { Format::q5_k, 256, 176, dequantize_32_of_256<176, 16>, { 0, 2 } } };

// Any values: rows * k of them as they are stored.
std::vector<char> random_weights(const Stored & stored, int64_t count, std::mt19937 & random) {
    std::vector<char> weights(size_t(count / stored.values * stored.bytes));
    for (char & byte : weights) {
        byte = char(int(random() % 255) - 127);
    }
    if (stored.dequantize == nullptr) {
        for (int64_t i = 0; i < count; ++i) {
            const float value = float(int(random() % 255) - 127) / 4;
            std::memcpy(&weights[size_t(i) * sizeof(value)], &value, sizeof(value));
        }
    }
    for (size_t block = 0; block < weights.size(); block += size_t(stored.bytes)) {
        for (const int64_t at : stored.halves) {
            const auto bits = uint16_t((9 + random() % 4) << 10);
            std::memcpy(&weights[block + size_t(at)], &bits, sizeof(bits));
        }
    }
    return weights;
}

// Between -0.5 and 0.5; integers: those of 8 bits, of which each 16 have 127, so that rounding to 8 bits keeps them.
std::vector<float> random_operands(size_t count, bool integers, std::mt19937 & random) {
    std::vector<float> x(count);
    for (size_t i = 0; i < count; ++i) {
        x[i] = !integers   ? float(double(random()) / double(random.max()) - 0.5)
             : i % 16 == 0 ? 127.0f
                           : float(int(random() % 255) - 127);
    }
    return x;
}

// step: rows at once
double worst(
    Kind kind, const Kernels & kernels, int64_t rows, int64_t k, int64_t n, const Stored & stored, int64_t step,
    bool integers = false
) {
    std::mt19937 random(uint32_t(rows * 31 + k * 7 + n));
    const std::vector<char> weights = random_weights(stored, rows * k, random);
    std::vector<float> floats(size_t(rows * k));
    if (stored.dequantize == nullptr) {
        std::memcpy(floats.data(), weights.data(), weights.size());
    } else {
        stored.dequantize(weights.data(), floats.data(), rows * k);
    }
    const std::vector<float> x = random_operands(size_t(n * k), integers, random);
    // what stands behind the operands and the results is not to be read or written
    const size_t stride = size_t(words_of(kind, k)) + 3;
    std::vector<uint32_t> words(size_t(n) * stride, 0x7fc07fc0);
    for (int64_t i = 0; i < n; ++i) {
        uint32_t * row = words.data() + size_t(i) * stride;
        kernels.round(stored.format, x.data() + i * k, row, k);
    }
    const auto row_bytes = size_t(k / stored.values * stored.bytes);
    const Matrix w = { weights.data(),       row_bytes,         rows,         k, stored.values,
                       size_t(stored.bytes), stored.dequantize, stored.format };
    const size_t y_stride = size_t(rows) + 5;
    std::vector<float> y(size_t(n) * y_stride, -7);
    std::vector<int32_t> places(size_t(n), 0); // the first result is of the last row
    for (int64_t i = 0; i < n; ++i) {
        places[size_t(i)] = int32_t(n - 1 - i);
    }
    std::vector<uint32_t> scratch(scratch_words(kind, k));
    for (int64_t first = 0; first < rows; first += step) {
        kernels.multiply(
            w, first, std::min(rows, first + step), { words.data(), stride, n, places.data() }, y.data(), y_stride,
            scratch.data()
        );
    }
    double most = 0;
    for (int64_t i = 0; i < n; ++i) {
        for (int64_t m = 0; m < rows; ++m) {
            double sum = 0, size = 0;
            for (int64_t j = 0; j < k; ++j) {
                const double term = double(x[size_t(i * k + j)]) * double(floats[size_t(m * k + j)]);
                sum += term;
                size += std::fabs(term);
            }
            const double error =
                std::fabs(double(y[size_t(n - 1 - i) * y_stride + size_t(m)]) - sum) / std::max(size, 1e-30);
            most = std::isnan(error) ? INFINITY : std::max(most, error);
        }
        for (size_t m = size_t(rows); m < y_stride; ++m) {
            most = y[size_t(i) * y_stride + m] == -7 ? most : INFINITY;
        }
    }
    return most;
}

double worst(Kind kind, const Kernels & kernels) {
    double most = 0;
    for (const Stored * stored : { &plain, &in_bytes }) {
        for (const int64_t rows : { 1, 15, 16, 63, 64, 65, 200 }) {
            for (const int64_t k : { 32, 64, 1024, 1056, 2080 }) {
                for (const int64_t n : { 1, 5, 12, 13, 37 }) {
                    most = std::max(most, worst(kind, kernels, rows, k, n, *stored, panel_rows));
                }
            }
        }
    }
    for (const Stored & stored : in_formats) {
        for (const int64_t k : { 256, 2304 }) {
            most = std::max(most, worst(kind, kernels, 70, k, 14, stored, panel_rows));
        }
    }
    for (const int64_t k : { 1, 17, 33, 1025 }) { // floats alone may have any number of values
        most = std::max(most, worst(kind, kernels, 70, k, 14, plain, panel_rows));
    }
    most = std::max(most, worst(kind, kernels, 200, 1056, 37, in_bytes, 2 * panel_rows));
    most = std::max(most, worst(kind, kernels, 300, 2080, 9, in_bytes, 5 * panel_rows)); // more than a panel holds
    most = std::max(most, worst(kind, kernels, 40, 16418, 35, plain, panel_rows));       // rows of which none holds all
    return most;
}

#ifdef __AVX512VNNI__
// Of each format, with rows and tokens that fill no strip and no tile.
double worst_of_int8(bool integers) {
    double most = 0;
    for (const Stored & stored : in_formats) {
        for (const int64_t rows : { 1, 31, 32, 70 }) {
            for (const int64_t k : { 256, 512, 768, 2304 }) {
                for (const int64_t n : { 1, 5, 6, 14 }) {
                    most =
                        std::max(most, worst(Kind::int8, LN_PRODUCTS::int8, rows, k, n, stored, panel_rows, integers));
                }
            }
        }
    }
    return most;
}

// Whether one operand that is no number, or infinite, leaves none of the products with it finite.
bool keeps_what_is_not_finite() {
    constexpr int64_t rows = 3, k = 256;
    for (const Stored & stored : in_formats) {
        for (const float odd : { NAN, INFINITY, -INFINITY }) {
            std::mt19937 random(1);
            const std::vector<char> weights = random_weights(stored, rows * k, random);
            std::vector<float> x = random_operands(size_t(k), false, random);
            x[37] = odd;
            std::vector<uint32_t> words(size_t(words_of(Kind::int8, k))), scratch(scratch_words(Kind::int8, k));
            LN_PRODUCTS::int8.round(stored.format, x.data(), words.data(), k);
            const auto row_bytes = size_t(k / stored.values * stored.bytes);
            const Matrix w = { weights.data(),       row_bytes,         rows,         k, stored.values,
                               size_t(stored.bytes), stored.dequantize, stored.format };
            float y[rows];
            const int32_t place = 0;
            LN_PRODUCTS::int8.multiply(w, 0, rows, { words.data(), words.size(), 1, &place }, y, rows, scratch.data());
            if (std::any_of(y, y + rows, [](float value) { return std::isfinite(value); })) {
                return false;
            }
        }
    }
    return true;
}
#endif

int main() {
    return beside_other_tiles([] {
        std::printf("%.3g\n", worst(Kind::f32, LN_PRODUCTS::f32));
#ifdef __AVX512BF16__
        std::printf("%.3g\n", worst(Kind::bf16, LN_PRODUCTS::bf16));
#endif
#ifdef __AVX512VNNI__
        std::printf("%.3g\n%.3g\n%d\n", worst_of_int8(true), worst_of_int8(false), keeps_what_is_not_finite());
#endif
    });
}
