#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <string>
#include <vector>

// Counts positive activations the way that needs no patch: llama.cpp's eval callback hands each
// activation to the host. Slow; the reference that tests and benchmarks hold the adapter against.
class CallbackCounter {
public:
    // tensor: name of the activation in llama.cpp's graph without its layer, such as "ffn_gate"
    explicit CallbackCounter(std::string tensor) : prefix(std::move(tensor) + "-") {}

    void begin_batch(std::vector<float> all_weights, std::vector<float> output_weights);
    void reset() { totals.clear(); }

    static bool on_eval(ggml_tensor * tensor, bool ask, void * user_data);

    std::vector<std::vector<int64_t>> totals; // [n_layer][width]

private:
    void count(const ggml_tensor * tensor);

    std::string        prefix;
    std::vector<float> weights_all; // of the batch's tokens
    std::vector<float> weights_out; // of the tokens with an output
    std::vector<float> values;
};
