#pragma once

#include "llama.h"

#include <cstddef>
#include <cstdint>
#include <vector>

// What a row of logits says of one token, and of the likeliest ones: natural logarithms of softmax(logits).
struct LogProbabilities {
    double target = 0;
    std::vector<llama_token> likeliest; // the most likely first, of equally likely ones the first
    std::vector<double> of_likeliest;
};

// Of logits [n_vocab]; `count` likeliest ones, or all where the vocabulary has fewer.
LogProbabilities log_probabilities(const float * logits, int32_t n_vocab, llama_token target, size_t count);
