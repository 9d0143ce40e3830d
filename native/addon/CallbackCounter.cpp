#include "CallbackCounter.h"

#include <cstdlib>
#include <cstring>

void CallbackCounter::begin_batch(std::vector<float> all_weights, std::vector<float> output_weights) {
    weights_all = std::move(all_weights);
    weights_out = std::move(output_weights);
}

bool CallbackCounter::on_eval(ggml_tensor * tensor, bool ask, void * user_data) {
    auto * self = static_cast<CallbackCounter *>(user_data);
    const bool wanted = std::strncmp(tensor->name, self->prefix.c_str(), self->prefix.size()) == 0;
    if (ask) {
        return wanted;
    }
    if (wanted) {
        self->count(tensor);
    }
    return true;
}

void CallbackCounter::count(const ggml_tensor * tensor) {
    const auto layer = size_t(std::atoi(tensor->name + prefix.size()));
    const auto width = size_t(tensor->ne[0]);
    const auto rows  = size_t(tensor->ne[1]);
    const auto & weights = rows == weights_all.size() ? weights_all : weights_out;

    values.resize(width * rows);
    ggml_backend_tensor_get(tensor, values.data(), 0, values.size() * sizeof(float));
    if (totals.size() <= layer) {
        totals.resize(layer + 1);
    }
    totals[layer].resize(width, 0);
    for (size_t t = 0; t < rows && t < weights.size(); ++t) {
        if (weights[t] == 0.0f) {
            continue;
        }
        for (size_t j = 0; j < width; ++j) {
            totals[layer][j] += values[t * width + j] > 0.0f ? 1 : 0;
        }
    }
}
