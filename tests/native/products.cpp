// Products of one kind of native/products/kernels.cpp, LN_PRODUCTS, beside the same in doubles. Prints the largest
// error of any, as a share of the sum of the magnitudes of its terms: of F32, then of BF16 where the kind has it.

#include "products.h"

#ifdef __AMX_BF16__
#include "tiles.h"

#include <sys/syscall.h>
#include <unistd.h>
#endif

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
} // namespace LN_PRODUCTS
} // namespace products

using namespace products;

// Blocks of 32 values, each a byte: a quarter of it is the value.
constexpr int64_t block = 32;
void dequantize(const void * values, float * floats, int64_t k) {
    for (int64_t i = 0; i < k; ++i) {
        floats[i] = float(static_cast<const int8_t *>(values)[i]) / 4;
    }
}

// step: rows at once
double worst(Kind kind, const Kernels & kernels, int64_t rows, int64_t k, int64_t n, bool quantized, int64_t step) {
    std::mt19937 random(uint32_t(rows * 31 + k * 7 + n));
    std::vector<int8_t> bytes(size_t(rows * k));
    std::vector<float> floats(bytes.size());
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = int8_t(int(random() % 255) - 127);
        floats[i] = float(bytes[i]) / 4;
    }
    std::vector<float> x(size_t(n * k));
    for (float & value : x) {
        value = float(double(random()) / double(random.max()) - 0.5);
    }
    // what stands behind the operands and the results is not to be read or written
    const size_t stride = size_t(words_of(kind, k)) + 3;
    std::vector<uint32_t> words(size_t(n) * stride, 0x7fc07fc0);
    for (int64_t i = 0; i < n; ++i) {
        uint32_t * row = words.data() + size_t(i) * stride;
        kernels.round(Format::other, x.data() + i * k, row, k);
    }
    const Matrix w = quantized ? Matrix{ reinterpret_cast<const char *>(bytes.data()),
                                         size_t(k),
                                         rows,
                                         k,
                                         block,
                                         size_t(block),
                                         dequantize,
                                         Format::other }
                               : Matrix{ reinterpret_cast<const char *>(floats.data()),
                                         size_t(k) * sizeof(float),
                                         rows,
                                         k,
                                         1,
                                         sizeof(float),
                                         nullptr,
                                         Format::other };
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
    for (const bool quantized : { false, true }) {
        for (const int64_t rows : { 1, 15, 16, 63, 64, 65, 200 }) {
            for (const int64_t k : { 32, 64, 1024, 1056, 2080 }) {
                for (const int64_t n : { 1, 5, 12, 13, 37 }) {
                    most = std::max(most, worst(kind, kernels, rows, k, n, quantized, panel_rows));
                }
            }
        }
    }
    for (const int64_t k : { 1, 17, 33, 1025 }) { // floats alone may have any number of values
        most = std::max(most, worst(kind, kernels, 70, k, 14, false, panel_rows));
    }
    most = std::max(most, worst(kind, kernels, 200, 1056, 37, true, 2 * panel_rows));
    most = std::max(most, worst(kind, kernels, 300, 2080, 9, true, 5 * panel_rows)); // more than a panel holds
    most = std::max(most, worst(kind, kernels, 40, 16418, 35, false, panel_rows));   // rows of which none holds all
    return most;
}

int main() {
#ifdef __AMX_BF16__
    if (syscall(SYS_arch_prctl, 0x1023, 18) != 0) {
        std::fprintf(stderr, "the system lends no tiles\n");
        return 1;
    }
    Shapes shapes, left;
    shapes.set(3, 5, 7); // another's, which has to stay
    shape_tiles(shapes);
#endif
    std::printf("%.3g\n", worst(Kind::f32, LN_PRODUCTS::f32));
#ifdef __AVX512BF16__
    std::printf("%.3g\n", worst(Kind::bf16, LN_PRODUCTS::bf16));
#endif
#ifdef __AMX_BF16__
    _tile_storeconfig(&left);
    settle();
    return std::memcmp(&shapes, &left, sizeof(left)) == 0 ? 0 : 1;
#endif
}
