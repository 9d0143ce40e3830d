#include "Draw.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace {

// The first of the greatest. Lanes that know nothing of each other, so that the compiler makes vectors of them: a
// vocabulary has up to 262,144 tokens, and every sequence asks.
const float * find_likeliest(const float * logits, int32_t n_vocab) {
    constexpr int32_t lanes = 32;
    float greatest[lanes];
    std::fill(greatest, greatest + lanes, -std::numeric_limits<float>::infinity());
    int32_t i = 0;
    for (; i + lanes <= n_vocab; i += lanes) {
        for (int32_t lane = 0; lane < lanes; ++lane) {
            greatest[lane] = logits[i + lane] > greatest[lane] ? logits[i + lane] : greatest[lane];
        }
    }
    float most = *std::max_element(greatest, greatest + lanes);
    for (; i < n_vocab; ++i) {
        most = std::max(most, logits[i]);
    }
    const float * found = std::find(logits, logits + n_vocab, most);
    return found == logits + n_vocab ? logits : found; // nothing but NaN
}

// Sets the weights [n_vocab] of the tokens that are left out to 0, and returns the sum of the others.
double truncate(std::vector<double> & weights, const Truncation & truncation) {
    const size_t n_vocab = weights.size();
    const size_t top_k = truncation.top_k > 0 ? std::min(size_t(truncation.top_k), n_vocab) : n_vocab;
    const bool nucleus = truncation.top_p < 1;
    const double greatest = *std::max_element(weights.begin(), weights.end());
    if (top_k < n_vocab || nucleus) {
        std::vector<llama_token> order(n_vocab);
        std::iota(order.begin(), order.end(), 0);
        const auto before = [&](llama_token a, llama_token b) {
            return weights[size_t(a)] > weights[size_t(b)] || (weights[size_t(a)] == weights[size_t(b)] && a < b);
        };
        if (top_k < n_vocab) {
            std::nth_element(order.begin(), order.begin() + std::ptrdiff_t(top_k), order.end(), before);
        }
        double within = 0;
        for (size_t i = 0; i < top_k; ++i) {
            within += weights[size_t(order[i])];
        }
        // A heap: of a large vocabulary few tokens make up a nucleus, and no others are sorted.
        const auto begin = order.begin();
        auto end = begin + std::ptrdiff_t(top_k);
        const auto after = [&](llama_token a, llama_token b) { return before(b, a); };
        std::make_heap(begin, end, after);
        std::vector<double> kept(n_vocab, 0);
        double made_up = 0;
        while (end != begin && (!nucleus || made_up < truncation.top_p * within)) {
            std::pop_heap(begin, end, after);
            const size_t token = size_t(*--end);
            kept[token] = weights[token];
            made_up += weights[token];
        }
        weights = std::move(kept);
    }
    double sum = 0;
    for (double & weight : weights) {
        weight = weight < truncation.min_p * greatest ? 0 : weight;
        sum += weight;
    }
    return sum;
}

} // namespace

llama_token
draw(const float * logits, int32_t n_vocab, double temperature, double uniform, const Truncation & truncation) {
    const float * likeliest = find_likeliest(logits, n_vocab);
    if (temperature <= 0) {
        return llama_token(likeliest - logits);
    }
    std::vector<double> weights(n_vocab);
    double sum = 0;
    for (int32_t token = 0; token < n_vocab; ++token) {
        weights[token] = std::exp((double(logits[token]) - double(*likeliest)) / temperature);
        sum += weights[token];
    }
    const bool truncated = truncation.top_k > 0 || truncation.top_p < 1 || truncation.min_p > 0;
    if (truncated && std::isfinite(sum)) { // without order nothing can be sorted
        sum = truncate(weights, truncation);
    }
    double below = 0;
    for (int32_t token = 0; token < n_vocab; ++token) {
        below += weights[token];
        if (below > uniform * sum) {
            return token;
        }
    }
    return llama_token(likeliest - logits); // rounding left nothing over
}

bool all_finite(const float * logits, int32_t n_vocab) {
    constexpr uint32_t infinity = 0x7f800000;
    uint32_t broken = 0;
    bool any = false;
    for (int32_t i = 0; i < n_vocab; ++i) {
        uint32_t bits = 0;
        std::memcpy(&bits, logits + i, sizeof(bits));
        broken |= (bits == infinity || (bits & 0x7fffffff) > infinity) ? 1u : 0u;
        any |= (bits & 0x7fffffff) < infinity;
    }
    return broken == 0 && any;
}
