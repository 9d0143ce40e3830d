#pragma once

#include "llama.h"

#include <cstdint>

// Draws a token by its logits [n_vocab]: the likeliest at temperature 0, the first of equally likely ones; else inverts
// the distribution function of softmax(logits / temperature) at `uniform`, in [0, 1).
// `truncation` leaves fewer tokens to be drawn, one bound after another: the `top_k` likeliest; of these the fewest
// likeliest whose probabilities make up `top_p` of all; of these, those that are at least `min_p` times as likely as
// the likeliest. Of equally likely tokens the first are the likelier ones.
struct Truncation {
    int32_t top_k = 0; // 0: all
    double top_p = 1;
    double min_p = 0;
};

llama_token
draw(const float * logits, int32_t n_vocab, double temperature, double uniform, const Truncation & truncation = {});

// Whether logits tell anything: none is NaN or infinite, but for minus infinity, of tokens that cannot come.
bool all_finite(const float * logits, int32_t n_vocab);
