#pragma once

// What a trial of our kernels beside ggml's takes: small operands, and a backend that computes them.

#include "ggml-cpp.h"

#include <cstdint>
#include <vector>

// A wave of slowly changing height: values of both signs and of many sizes, of which the first 256 are zeros.
std::vector<float> neuron_trial_values(int64_t n, float step);

// ggml's CPU backend with one thread; nullptr where none is loaded.
ggml_backend_ptr neuron_trial_backend();
