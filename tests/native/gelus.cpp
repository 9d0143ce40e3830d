// GELU of one kind of native/products/kernels.cpp, LN_PRODUCTS, beside the same in doubles. Prints the largest error of
// any, as a share of the larger of 1 and the result's magnitude.

#include "products.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace products {
namespace LN_PRODUCTS {
extern const Kernels f32;
} // namespace LN_PRODUCTS
} // namespace products

using namespace products;

double tanh_gelu(double x) {
    return 0.5 * x * (1 + std::tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
}

double quick_gelu(double x) {
    return x / (1 + std::exp(-1.702 * x));
}

double worst(Activation activation, double (*expected)(double), int64_t n, bool with_up) {
    std::vector<float> gate(size_t(n), 0), up(size_t(n), 0), out(size_t(n) + 1, -7);
    for (int64_t i = 0; i < n; ++i) {
        // small ones and such as have no exponential in floats
        gate[size_t(i)] = float(std::sinh(double(i * 37 % 101 - 50) / 4)) / 100;
        up[size_t(i)] = float(i * 29 % 17 - 8) / 4;
    }
    activation(gate.data(), with_up ? up.data() : nullptr, out.data(), n);
    double most = out.back() == -7 ? 0 : INFINITY; // nothing is written behind the last
    for (int64_t i = 0; i < n; ++i) {
        const double value = expected(double(gate[size_t(i)])) * (with_up ? double(up[size_t(i)]) : 1);
        const double error = std::fabs(double(out[size_t(i)]) - value) / std::max(1.0, std::fabs(value));
        most = std::isnan(error) ? INFINITY : std::max(most, error);
    }
    return most;
}

int main() {
    const Gelus & gelus = LN_PRODUCTS::f32.gelus;
    double most = 0;
    for (const int64_t n : { 1, 15, 16, 17, 202 }) {
        for (const bool with_up : { false, true }) {
            most = std::max(most, worst(gelus.by_tanh, tanh_gelu, n, with_up));
            most = std::max(most, worst(gelus.by_sigmoid, quick_gelu, n, with_up));
        }
    }
    std::printf("%.3g\n", most);
}
