#include "Divergence.h"

#include <algorithm>
#include <cmath>

Divergence divergence_of(const float * p, const float * q, int32_t n_vocab, llama_token target) {
    const float * top_p = std::max_element(p, p + n_vocab);
    const float * top_q = std::max_element(q, q + n_vocab);
    const double max_p = double(*top_p), max_q = double(*top_q);
    // With x and y the logits less their maxima, P and Q the sums of exp(x) and exp(y):
    // sum of p (log p - log q) = (sum of exp(x) (x - y)) / P - log P + log Q.
    double sum_p = 0, sum_q = 0, crossed = 0;
    for (int32_t i = 0; i < n_vocab; ++i) {
        const double x = double(p[i]) - max_p, y = double(q[i]) - max_q;
        const double weight = std::exp(x);
        sum_p += weight;
        sum_q += std::exp(y);
        crossed += weight * (x - y);
    }
    const double log_p = std::log(sum_p), log_q = std::log(sum_q);
    const double divergence = crossed / sum_p - log_p + log_q;
    Divergence result;
    result.target = double(q[target]) - max_q - log_q;
    result.divergence = divergence < 0 ? 0 : divergence; // rounding; NaN stays
    result.agreed = top_p - p == top_q - q;
    return result;
}
