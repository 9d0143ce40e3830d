#include "neuron-gelu.h"

#include "ggml-impl.h"
#include "ggml.h"

#include <cmath>

namespace {

// Hendrycks and Gimpel 2016, arXiv 1606.08415: its approximation by tanh, and the one by a sigmoid.
float tanh_gelu(float x) {
    return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
}

float quick_gelu(float x) {
    return x / (1 + std::exp(-1.702f * x));
}

// A thread's rows of node = function(gate), or of function(gate) * up. Gate and up stand in two tensors, or side by
// side in a row, the gate first unless they are swapped.
template <float (*function)(float), bool swapped>
void compute(ggml_tensor * node, int thread, int threads, void * /*unused*/) {
    const ggml_tensor * gates = node->src[0];
    const ggml_tensor * ups = node->src[1];
    const int64_t n = node->ne[0], rows = ggml_nrows(node);
    const bool side_by_side = gates->ne[0] == 2 * n;
    for (int64_t row = rows * thread / threads; row < rows * (thread + 1) / threads; ++row) {
        const auto row_of = [row](const ggml_tensor * tensor) {
            return reinterpret_cast<float *>(static_cast<char *>(tensor->data) + size_t(row) * tensor->nb[1]);
        };
        const float * gate = row_of(gates);
        const float * up = ups != nullptr ? row_of(ups) : side_by_side ? gate + (swapped ? 0 : n) : nullptr;
        gate += side_by_side && swapped ? n : 0;
        float * out = row_of(node);
        for (int64_t i = 0; i < n; ++i) {
            out[i] = function(gate[i]) * (up != nullptr ? up[i] : 1);
        }
    }
}

// nullptr for other nodes.
ggml_custom_op_t computed(const ggml_tensor * node) {
    if (node->type != GGML_TYPE_F32) {
        return nullptr;
    }
    if (node->op == GGML_OP_UNARY) {
        const ggml_unary_op op = ggml_get_unary_op(node);
        return op == GGML_UNARY_OP_GELU       ? compute<tanh_gelu, false>
             : op == GGML_UNARY_OP_GELU_QUICK ? compute<quick_gelu, false>
                                              : nullptr;
    }
    if (node->op == GGML_OP_GLU) {
        const bool swapped = ggml_get_op_params_i32(node, 1) != 0;
        const ggml_glu_op op = ggml_get_glu_op(node);
        return op == GGML_GLU_OP_GEGLU       ? swapped ? compute<tanh_gelu, true> : compute<tanh_gelu, false>
             : op == GGML_GLU_OP_GEGLU_QUICK ? swapped ? compute<quick_gelu, true> : compute<quick_gelu, false>
                                             : nullptr;
    }
    return nullptr;
}

} // namespace

void take_gelus(ggml_cgraph * graph) {
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
        ggml_tensor * node = ggml_graph_node(graph, i);
        if (const ggml_custom_op_t compute = computed(node)) {
            node->op = GGML_OP_CUSTOM;
            const ggml_custom_op_params params = { compute, GGML_N_TASKS_MAX, nullptr };
            ggml_set_op_params(node, &params, sizeof(params));
        }
    }
}
