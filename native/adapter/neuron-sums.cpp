#include "neuron-sums.h"

#include "ggml-cpp.h"

#include <algorithm>
#include <cstring>

namespace {

// One thread a neuron would leave most of a GPU idle, so the tokens are first summed in groups, side by side.
ggml_tensor * sum_in_groups(ggml_context * ctx, ggml_tensor * values) {
    constexpr int64_t groups = 16;
    const int64_t width = values->ne[0];
    const int64_t rows = values->ne[1];
    if (rows % groups == 0 && rows > groups) {
        ggml_tensor * shape = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, width * groups); // never computed
        values = ggml_repeat_back(ctx, ggml_reshape_2d(ctx, values, width * groups, rows / groups), shape);
        values = ggml_reshape_2d(ctx, values, width, groups);
    }
    return ggml_repeat_back(ctx, values, ggml_new_tensor_1d(ctx, GGML_TYPE_F32, width));
}

bool supported(ggml_backend_dev_t device, const ggml_tensor * node) {
    if (node == nullptr || node->op == GGML_OP_NONE) {
        return true;
    }
    return ggml_backend_dev_supports_op(device, node)
        && std::all_of(std::begin(node->src), std::end(node->src), [=](const ggml_tensor * src) {
               return supported(device, src);
           });
}

} // namespace

ggml_tensor * neuron_add_to(ggml_context * ctx, ggml_tensor * sum, ggml_tensor * total) {
    return ggml_cpy(ctx, ggml_add(ctx, sum, total), total);
}

ggml_tensor * neuron_sum_tokens(ggml_context * ctx, const neuron_place & at, ggml_tensor * values) {
    if (at.ops == llama_neurons_ops::repeat) {
        return sum_in_groups(ctx, values);
    }
    ggml_tensor * sum = ggml_sum_rows(ctx, ggml_cont(ctx, ggml_transpose(ctx, values)));
    return ggml_reshape_1d(ctx, sum, ggml_nelements(sum));
}

ggml_tensor * neuron_one_hot(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
) {
    const int64_t used = what.act->ne[1];
    const int64_t rows = what.act->ne[2];
    const int64_t all = used * rows;
    ggml_tensor * selected = ggml_reshape_1d(ctx, ggml_cont(ctx, what.selected), all);
    ggml_tensor * one_hot = ggml_reshape_3d(ctx, ggml_get_rows(ctx, at.identity, selected), info.experts, used, rows);
    one_hot = ggml_mul(ctx, one_hot, ggml_reshape_3d(ctx, what.weights, 1, 1, rows));
    return ggml_cont(ctx, ggml_transpose(ctx, ggml_reshape_2d(ctx, one_hot, info.experts, all)));
}

ggml_tensor *
neuron_sum_experts(ggml_context * ctx, const llama_neurons_site & info, ggml_tensor * values, ggml_tensor * one_hot) {
    ggml_tensor * columns = ggml_reshape_2d(ctx, values, info.width, one_hot->ne[0]);
    columns = ggml_cont(ctx, ggml_transpose(ctx, columns));  // [used * rows, width]
    ggml_tensor * sum = ggml_mul_mat(ctx, columns, one_hot); // [width, experts]
    ggml_mul_mat_set_prec(sum, GGML_PREC_F32);
    return ggml_reshape_1d(ctx, sum, int64_t(info.neurons()));
}

bool neuron_never_refuses(ggml_backend_dev_t device) {
    return std::strcmp(ggml_backend_reg_name(ggml_backend_dev_backend_reg(device)), "RPC") == 0;
}

bool neuron_supported(
    ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops ops, const neuron_builder & build
) {
    constexpr int64_t rows = 512;
    const bool routed = info.kind == llama_neurons_kind::routed;
    ggml_context_ptr ctx(ggml_init({ 64 * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true }));
    ggml_context * c = ctx.get();
    neuron_place at;
    at.ops = ops;
    at.counter = ggml_new_tensor_1d(c, GGML_TYPE_F32, int64_t(info.neurons()) + (routed ? info.experts : 0));
    at.identity = ggml_new_tensor_2d(c, GGML_TYPE_F32, info.experts, info.experts);
    at.finite = ggml_new_tensor_1d(c, GGML_TYPE_F32, rows);
    ggml_tensor * weights = ggml_new_tensor_2d(c, GGML_TYPE_F32, 1, rows);
    neuron_counted what = { ggml_new_tensor_2d(c, GGML_TYPE_F32, info.width, rows), weights, nullptr };
    if (routed) { // strided, as argsort leaves it
        ggml_tensor * order = ggml_new_tensor_2d(c, GGML_TYPE_I32, info.experts, rows);
        what.act = ggml_new_tensor_3d(c, GGML_TYPE_F32, info.width, info.used, rows);
        what.selected = ggml_view_2d(c, order, info.used, rows, order->nb[1], 0);
    }
    const auto nodes = build(c, at, what);
    return std::all_of(nodes.begin(), nodes.end(), [=](const ggml_tensor * node) { return supported(device, node); });
}
