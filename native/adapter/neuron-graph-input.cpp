#include "neuron-graph-input.h"

#include "llama-batch.h"

namespace {

// A tensor that the scheduler pruned has no buffer; one that it kept must be filled.
template <typename T> void upload(ggml_tensor * tensor, const std::vector<T> & values) {
    if (tensor != nullptr && tensor->buffer != nullptr) {
        ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(T));
    }
}

} // namespace

void neuron_graph_input::set_input(const llama_ubatch * ubatch) {
    std::vector<float>   all(n_tokens, 0.0f);
    std::vector<float>   out(n_outputs, 0.0f);
    std::vector<int32_t> target(n_outputs, 0); // any valid token: a row nobody asked for is not read
    output_index.assign(n_outputs, -1);

    int64_t row = 0;
    for (int64_t i = 0; i < n_tokens; ++i) {
        const auto * entry = adapter.token(ubatch->seq_id[i][0], ubatch->pos[i]);
        const bool is_output = n_outputs == n_tokens || ubatch->output[i] != 0;
        if (entry != nullptr) {
            all[i] = entry->weight;
            if (is_output && row < n_outputs) {
                out[row] = entry->weight;
                if (entry->target >= 0) {
                    target[row]       = entry->target;
                    output_index[row] = int64_t(entry->index);
                }
            }
        }
        row += is_output ? 1 : 0;
    }
    upload(weights_all, all);
    upload(weights_out, out);
    upload(targets, target);
}

ggml_tensor * neuron_graph_input::weights_for(ggml_context * ctx, int64_t n_rows) {
    if (n_rows != n_tokens && n_rows != n_outputs) {
        return nullptr;
    }
    ggml_tensor *& weights = n_rows == n_tokens ? weights_all : weights_out;
    if (weights == nullptr) {
        weights = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, 1, n_rows);
        ggml_set_name(weights, "neuron_weights");
        ggml_set_input(weights);
    }
    return weights;
}

ggml_tensor * neuron_graph_input::targets_for(ggml_context * ctx) {
    if (targets == nullptr) {
        targets = ggml_new_tensor_2d(ctx, GGML_TYPE_I32, 1, n_outputs);
        ggml_set_name(targets, "neuron_targets");
        ggml_set_input(targets);
    }
    return targets;
}

neuron_graph_input * find_neuron_input(const llm_graph_result & res) {
    for (const auto & input : res.inputs) {
        if (auto * found = dynamic_cast<neuron_graph_input *>(input.get())) {
            return found;
        }
    }
    return nullptr;
}
