#pragma once

#include "llama.h"

#include <cstdint>
#include <vector>

// Two models' next-token distributions after one token. Natural logarithms of softmax(logits).
struct Divergence {
    double target = 0;     // log q(target)
    double divergence = 0; // sum of p (log p - log q) over the vocabulary, from 0
    bool agreed = false;   // the same token is the likeliest of both; of equally likely ones the first
};

// Of logits [n_vocab]: p's, the reference, and q's. Computed in F64. Equal logits give 0 exactly.
Divergence divergence_of(const float * p, const float * q, int32_t n_vocab, llama_token target);

// The same of the tokens of a batch, [n_tokens] each; NaN and 0 where no target is asked for.
struct Divergences {
    std::vector<double> log_probabilities;
    std::vector<double> divergences;
    std::vector<uint8_t> agreed;
};
