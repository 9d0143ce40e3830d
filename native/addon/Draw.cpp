#include "Draw.h"

#include <algorithm>
#include <cmath>
#include <limits>
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

} // namespace

llama_token draw(const float * logits, int32_t n_vocab, double temperature, double uniform) {
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
    double below = 0;
    for (int32_t token = 0; token < n_vocab; ++token) {
        below += weights[token];
        if (below > uniform * sum) {
            return token;
        }
    }
    return llama_token(likeliest - logits); // rounding left nothing over
}
