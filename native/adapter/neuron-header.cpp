#include "neuron-header.h"

#include "neuron-adapter-api.h"

#include "llama-model.h"

#include <cstring>

std::string neuron_unsound_parameter(ggml_cgraph * graph) {
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
        const ggml_tensor * node = ggml_graph_node(graph, i);
        if (node->op == GGML_OP_ROPE) {
            const int32_t dimensions = node->op_params[1];
            if (dimensions <= 0 || dimensions % 2 != 0 || dimensions > node->ne[0]) {
                return std::to_string(dimensions) + " rotary dimensions of heads of " + std::to_string(node->ne[0]);
            }
        } else if (node->op == GGML_OP_NORM || node->op == GGML_OP_RMS_NORM) {
            float epsilon = 0;
            std::memcpy(&epsilon, node->op_params, sizeof(epsilon));
            if (!(epsilon >= 0.0f)) {
                return "an epsilon of " + std::to_string(epsilon);
            }
        }
    }
    return {};
}

// Each key and value is made by weights of its own, so that a token's cannot take more bytes than all weights.
std::string llama_neurons_unsound_header(const llama_model * model) {
    uint64_t cached = 0; // bytes of a token's keys and values, F16
    for (uint32_t il = 0; il < model->hparams.n_layer(); ++il) {
        cached += (uint64_t(model->hparams.n_embd_k_gqa(il)) + model->hparams.n_embd_v_gqa(il)) * 2;
    }
    const uint64_t weights = llama_model_size(model);
    return cached <= weights
             ? ""
             : "keys and values of " + std::to_string(cached) + " bytes a token, for which it has no weights";
}
