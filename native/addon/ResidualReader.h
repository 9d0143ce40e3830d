#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <map>
#include <vector>

// Copies the residual stream behind every layer to the host, through llama.cpp's eval callback: the tensors that its
// models name `l_out`. It reads nothing until it is asked to, so that other decodes of its context stay whole.
class ResidualReader {
public:
    static bool on_eval(ggml_tensor * tensor, bool ask, void * user_data);

    void begin();
    // Of each layer met since `begin`, by its number: [tokens, n_embd], in the order of computation.
    std::map<int, std::vector<float>> end();

private:
    void take(const ggml_tensor * tensor);

    bool reading = false;
    std::map<int, std::vector<float>> layers;
};
