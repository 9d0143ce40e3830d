#pragma once

#include "llama.h"

#include <cstdint>

// Draws a token by its logits [n_vocab]: the likeliest at temperature 0, the first of equally likely ones; else inverts
// the distribution function of softmax(logits / temperature) at `uniform`, in [0, 1).
llama_token draw(const float * logits, int32_t n_vocab, double temperature, double uniform);
