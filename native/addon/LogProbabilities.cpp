#include "LogProbabilities.h"

#include <algorithm>
#include <cmath>

LogProbabilities log_probabilities(const float * logits, int32_t n_vocab, llama_token target, size_t count) {
    const float greatest = *std::max_element(logits, logits + n_vocab);
    // In F32, several rows of sums side by side, as a vocabulary has up to 262,144 tokens; the sums of rows in F64.
    constexpr int32_t lanes = 16;
    double sums[lanes] = {};
    int32_t i = 0;
    for (; i + lanes <= n_vocab; i += lanes) {
        for (int32_t lane = 0; lane < lanes; ++lane) {
            sums[lane] += double(std::exp(logits[i + lane] - greatest));
        }
    }
    double sum = 0;
    for (; i < n_vocab; ++i) {
        sum += double(std::exp(logits[i] - greatest));
    }
    for (double lane : sums) {
        sum += lane;
    }
    const double log_sum = std::log(sum);
    // One expression for all: clients ask whether a token is the likeliest one by comparing the two numbers.
    const auto of = [&](llama_token token) { return double(logits[token]) - double(greatest) - log_sum; };

    LogProbabilities result;
    result.target = of(target);
    count = std::min(count, size_t(n_vocab));
    const auto before = [&](llama_token a, llama_token b) {
        return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
    };
    // The list stays sorted; after the first tokens hardly any gets in.
    auto & likeliest = result.likeliest;
    for (llama_token token = 0; token < n_vocab && count > 0; ++token) {
        if (likeliest.size() == count) {
            if (!before(token, likeliest.back())) {
                continue;
            }
            likeliest.pop_back();
        }
        likeliest.insert(std::upper_bound(likeliest.begin(), likeliest.end(), token, before), token);
    }
    for (llama_token token : likeliest) {
        result.of_likeliest.push_back(of(token));
    }
    return result;
}
