#include "neuron-activation.h"

#include <cmath>
#include <cstring>

namespace {

bool is_multiplied_second(const ggml_tensor * cur) {
    return cur->src[1]->op == GGML_OP_UNARY && cur->src[0]->op != GGML_OP_UNARY;
}

// Half of rows that hold gate and up, the gate first.
ggml_tensor * half_of(ggml_context * ctx, const ggml_tensor * cur, ggml_tensor * both, size_t offset) {
    return ggml_view_3d(ctx, both, cur->ne[0], cur->ne[1], cur->ne[2], both->nb[1], both->nb[2], offset);
}

float parameter(const ggml_tensor * tensor, int i) {
    float value = 0;
    std::memcpy(&value, tensor->op_params + i, sizeof(value));
    return value;
}

} // namespace

neuron_product neuron_product_of(ggml_context * ctx, ggml_tensor * cur) {
    switch (cur->op) {
        case GGML_OP_GLU: {
            switch (ggml_get_glu_op(cur)) {
                case GGML_GLU_OP_REGLU:
                case GGML_GLU_OP_GEGLU:
                case GGML_GLU_OP_SWIGLU:
                case GGML_GLU_OP_GEGLU_ERF:
                case GGML_GLU_OP_GEGLU_QUICK: break;
                default: return { false, nullptr }; // made of both in a way of its own
            }
            if (cur->src[1] != nullptr) {
                return { true, cur->src[1] };
            }
            return { true, half_of(ctx, cur, cur->src[0], size_t(cur->ne[0]) * cur->src[0]->nb[0]) };
        }
        case GGML_OP_MUL: {
            ggml_tensor * product = cur->src[is_multiplied_second(cur) ? 0 : 1]; // what is no activation function's
            return { ggml_are_same_shape(product, cur), product };
        }
        case GGML_OP_DIV: return { false, nullptr };
        default: return {};
    }
}

neuron_operand neuron_operand_of(ggml_context * ctx, ggml_tensor * cur) {
    switch (cur->op) {
        case GGML_OP_GLU: return { cur->src[1] == nullptr ? half_of(ctx, cur, cur->src[0], 0) : cur->src[0], cur };
        case GGML_OP_MUL: return { cur->src[is_multiplied_second(cur) ? 1 : 0], nullptr };
        case GGML_OP_DIV: return { cur->src[0], nullptr };
        default: return { cur, nullptr };
    }
}

// A llama.cpp with another one does not compile: its function has to be written below before it can be watched.
static_assert(GGML_GLU_OP_COUNT == GGML_GLU_OP_SWIGLU_CLAMP + 1, "ggml has a GLU that neuron_activate does not know");

ggml_tensor * neuron_activate(ggml_context * ctx, ggml_tensor * values, const ggml_tensor * glu) {
    if (glu == nullptr) {
        return values;
    }
    switch (ggml_get_glu_op(glu)) {
        case GGML_GLU_OP_REGLU: return ggml_relu(ctx, values);
        case GGML_GLU_OP_GEGLU: return ggml_gelu(ctx, values);
        case GGML_GLU_OP_GEGLU_ERF: return ggml_gelu_erf(ctx, values);
        case GGML_GLU_OP_GEGLU_QUICK: return ggml_gelu_quick(ctx, values);
        case GGML_GLU_OP_SWIGLU: return ggml_silu(ctx, values);
        case GGML_GLU_OP_SWIGLU_OAI: { // x · sigmoid(alpha · x), x at most the limit
            ggml_tensor * x = ggml_clamp(ctx, values, -INFINITY, parameter(glu, 3));
            return ggml_mul(ctx, x, ggml_sigmoid(ctx, ggml_scale(ctx, x, parameter(glu, 2))));
        }
        case GGML_GLU_OP_SWIGLU_CLAMP: // silu(x), x at most the limit
            return ggml_silu(ctx, ggml_clamp(ctx, values, -INFINITY, parameter(glu, 3)));
        default: return nullptr;
    }
}

ggml_tensor * neuron_activation_of(ggml_context * ctx, ggml_tensor * cur) {
    if (!neuron_product_of(ctx, cur).known) {
        return nullptr;
    }
    const neuron_operand of = neuron_operand_of(ctx, cur);
    const bool has_function = of.glu != nullptr && !ggml_is_contiguous(of.tensor);
    return neuron_activate(ctx, has_function ? ggml_cont(ctx, of.tensor) : of.tensor, of.glu);
}
