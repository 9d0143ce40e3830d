#include "neuron-gelu.h"

#include "ggml-impl.h"
#include "ggml.h"

#include <cmath>
#include <cstring>

namespace {

float tanh_gelu(float x) {
    return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
}

float quick_gelu(float x) {
    return x / (1 + std::exp(-1.702f * x));
}

template <float (*function)(float)> void activate(const float * gate, const float * up, float * out, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        out[i] = function(gate[i]) * (up != nullptr ? up[i] : 1);
    }
}

// What a node says once it is taken over.
struct GeluParams {
    ggml_custom_op_params custom;
    products::Activation activation;
    bool swapped;
};
static_assert(sizeof(GeluParams) <= GGML_MAX_OP_PARAMS, "ggml keeps no more");

// A thread's rows of node = function(gate), or of function(gate) * up. Gate and up stand in two tensors, or side by
// side in a row, the gate first unless they are swapped.
void compute(ggml_tensor * node, int thread, int threads, void * /*unused*/) {
    GeluParams params;
    std::memcpy(&params, node->op_params, sizeof(params)); // they may lie anywhere
    const ggml_tensor * gates = node->src[0];
    const ggml_tensor * ups = node->src[1];
    const int64_t n = node->ne[0], rows = ggml_nrows(node);
    const bool side_by_side = gates->ne[0] == 2 * n;
    for (int64_t row = rows * thread / threads; row < rows * (thread + 1) / threads; ++row) {
        const auto row_of = [row](const ggml_tensor * tensor) {
            return reinterpret_cast<float *>(static_cast<char *>(tensor->data) + size_t(row) * tensor->nb[1]);
        };
        const float * gate = row_of(gates);
        const float * up = ups != nullptr ? row_of(ups) : side_by_side ? gate + (params.swapped ? 0 : n) : nullptr;
        gate += side_by_side && params.swapped ? n : 0;
        params.activation(gate, up, row_of(node), n);
    }
}

// nullptr for other nodes.
products::Activation activation_of(const ggml_tensor * node, const products::Gelus & gelus) {
    if (node->type != GGML_TYPE_F32) {
        return nullptr;
    }
    if (node->op == GGML_OP_UNARY) {
        const ggml_unary_op op = ggml_get_unary_op(node);
        return op == GGML_UNARY_OP_GELU ? gelus.by_tanh : op == GGML_UNARY_OP_GELU_QUICK ? gelus.by_sigmoid : nullptr;
    }
    if (node->op == GGML_OP_GLU) {
        const ggml_glu_op op = ggml_get_glu_op(node);
        return op == GGML_GLU_OP_GEGLU ? gelus.by_tanh : op == GGML_GLU_OP_GEGLU_QUICK ? gelus.by_sigmoid : nullptr;
    }
    return nullptr;
}

} // namespace

const products::Gelus neuron_exact_gelus = { activate<tanh_gelu>, activate<quick_gelu> };

bool neuron_take_gelu(ggml_tensor * node, const products::Gelus & gelus) {
    const products::Activation activation = activation_of(node, gelus);
    if (activation == nullptr) {
        return false;
    }
    const bool swapped = node->op == GGML_OP_GLU && ggml_get_op_params_i32(node, 1) != 0;
    const GeluParams params = { { compute, GGML_N_TASKS_MAX, nullptr }, activation, swapped };
    node->op = GGML_OP_CUSTOM;
    ggml_set_op_params(node, &params, sizeof(params));
    return true;
}
