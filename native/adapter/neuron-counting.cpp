#include "neuron-counting.h"

#include "ggml-cpp.h"

#include <algorithm>
#include <cstring>

namespace {

// A thread's share of the neurons: no two threads write the same counter, and the slice that is added to stays
// in the first-level cache.
struct slice {
    slice(int64_t width, int ith, int nth) {
        constexpr int64_t line = 16; // floats in a cache line: threads share none
        const int64_t lines = (width + line - 1) / line;
        begin = line * (lines * ith / nth);
        end = std::min(width, line * (lines * (ith + 1) / nth));
    }
    int64_t begin, end;
};

void add_positive(float * __restrict__ counter, const float * __restrict__ row, float weight, const slice & part) {
    for (int64_t j = part.begin; j < part.end; ++j) {
        counter[j] += row[j] > 0.0f ? weight : 0.0f;
    }
}

const float * row_at(const ggml_tensor * t, int64_t i1, int64_t i2) {
    return reinterpret_cast<const float *>(static_cast<const char *>(t->data) + i1 * t->nb[1] + i2 * t->nb[2]);
}

// One pass over the activation. Rows of uncounted tokens are never read.
void count_fused(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * act = dst->src[1];
    const auto * weights = static_cast<const float *>(dst->src[2]->data);
    auto * counter = static_cast<float *>(dst->data);
    const slice part(act->ne[0], ith, nth);
    for (int64_t t = 0; t < act->ne[1]; ++t) {
        if (weights[t] != 0.0f) {
            add_positive(counter, row_at(act, t, 0), weights[t], part);
        }
    }
}

void count_fused_routed(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * act = dst->src[1];
    const ggml_tensor * selected = dst->src[3];
    const auto * weights = static_cast<const float *>(dst->src[2]->data);
    auto * counter = static_cast<float *>(dst->data);
    const int64_t width = act->ne[0];
    // The counter is [experts * width] and [experts] behind them.
    float * through = counter + ggml_nelements(dst) / (width + 1) * width;
    const slice part(width, ith, nth);
    for (int64_t t = 0; t < act->ne[2]; ++t) {
        if (weights[t] == 0.0f) {
            continue;
        }
        for (int64_t s = 0; s < act->ne[1]; ++s) {
            const int32_t expert = *reinterpret_cast<const int32_t *>(
                static_cast<const char *>(selected->data) + s * selected->nb[0] + t * selected->nb[1]
            );
            add_positive(counter + expert * width, row_at(act, s, t), weights[t], part);
            if (ith == 0) {
                through[expert] += weights[t];
            }
        }
    }
}

// Sums [width, rows] over the rows. One thread a neuron would leave most of a GPU idle, so the tokens are first
// summed in groups, side by side.
ggml_tensor * sum_tokens(ggml_context * ctx, ggml_tensor * hits, ggml_tensor * counter) {
    constexpr int64_t groups = 16;
    const int64_t width = hits->ne[0];
    const int64_t rows = hits->ne[1];
    if (rows % groups == 0 && rows > groups) {
        ggml_tensor * shape = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, width * groups); // never computed
        hits = ggml_repeat_back(ctx, ggml_reshape_2d(ctx, hits, width * groups, rows / groups), shape);
        hits = ggml_reshape_2d(ctx, hits, width, groups);
    }
    return ggml_repeat_back(ctx, hits, counter);
}

ggml_tensor * add_to(ggml_context * ctx, ggml_tensor * sum, ggml_tensor * counter) {
    return ggml_cpy(ctx, ggml_add(ctx, sum, counter), counter);
}

std::vector<ggml_tensor *> count_dense(ggml_context * ctx, const neuron_place & at, const neuron_counted & what) {
    // Weighting before the step keeps the sums whole: step(0) = 0 for a token that does not count.
    ggml_tensor * hits = ggml_step(ctx, ggml_mul(ctx, what.act, what.weights));
    if (at.ops == llama_neurons_ops::repeat) {
        return { add_to(ctx, sum_tokens(ctx, hits, at.counter), at.counter) };
    }
    ggml_tensor * sum = ggml_sum_rows(ctx, ggml_cont(ctx, ggml_transpose(ctx, hits)));
    return { add_to(ctx, ggml_reshape_1d(ctx, sum, ggml_nelements(sum)), at.counter) };
}

// ggml has no sum by index: the product of the positive activations with one row a token and expert, which holds
// the token's weight at the expert's place. Products of ones and zeros, summed in F32: whole numbers.
std::vector<ggml_tensor *> count_routed(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
) {
    const int64_t used = what.act->ne[1];
    const int64_t rows = what.act->ne[2];
    const int64_t all = used * rows;
    ggml_tensor * selected = ggml_reshape_1d(ctx, ggml_cont(ctx, what.selected), all);
    ggml_tensor * one_hot = ggml_reshape_3d(ctx, ggml_get_rows(ctx, at.identity, selected), info.experts, used, rows);
    one_hot = ggml_mul(ctx, one_hot, ggml_reshape_3d(ctx, what.weights, 1, 1, rows));
    one_hot = ggml_cont(ctx, ggml_transpose(ctx, ggml_reshape_2d(ctx, one_hot, info.experts, all))); // [all, experts]
    ggml_tensor * hits = ggml_step(ctx, ggml_is_contiguous(what.act) ? what.act : ggml_cont(ctx, what.act));
    hits = ggml_cont(ctx, ggml_transpose(ctx, ggml_reshape_2d(ctx, hits, info.width, all))); // [all, width]
    ggml_tensor * sum = ggml_mul_mat(ctx, hits, one_hot);                                    // [width, experts]
    ggml_mul_mat_set_prec(sum, GGML_PREC_F32);
    ggml_tensor * through = ggml_reshape_1d(ctx, ggml_sum_rows(ctx, one_hot), info.experts);
    const auto neurons = int64_t(info.neurons());
    return {
        add_to(ctx, ggml_reshape_1d(ctx, sum, neurons), ggml_view_1d(ctx, at.counter, neurons, 0)),
        add_to(ctx, through, ggml_view_1d(ctx, at.counter, info.experts, size_t(neurons) * sizeof(float))),
    };
}

// ggml's devices on other machines answer yes to every operation, since they never ask their server. So it is not
// asked there, and what is chosen is in every backend: `repeat_back` is not in Metal's, a custom operation in none.
bool answers_unasked(ggml_backend_dev_t device) {
    return std::strcmp(ggml_backend_reg_name(ggml_backend_dev_backend_reg(device)), "RPC") == 0;
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

std::vector<ggml_tensor *> neuron_count(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
) {
    if (at.ops != llama_neurons_ops::fused) {
        return what.selected == nullptr ? count_dense(ctx, at, what) : count_routed(ctx, at, info, what);
    }
    ggml_tensor * args[] = { what.act, what.weights, what.selected };
    return { what.selected == nullptr
                 ? ggml_custom_inplace(ctx, at.counter, args, 2, count_fused, GGML_N_TASKS_MAX, nullptr)
                 : ggml_custom_inplace(ctx, at.counter, args, 3, count_fused_routed, GGML_N_TASKS_MAX, nullptr) };
}

llama_neurons_ops
neuron_count_choose(ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops wanted) {
    if (answers_unasked(device)) {
        return llama_neurons_ops::transpose;
    }
    if (wanted != llama_neurons_ops::automatic) {
        return wanted;
    }
    constexpr int64_t rows = 512;
    const bool routed = info.kind == llama_neurons_kind::routed;
    for (auto ops : { llama_neurons_ops::fused, llama_neurons_ops::repeat, llama_neurons_ops::transpose }) {
        if (ops == llama_neurons_ops::fused && ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_CPU) {
            continue; // some devices answer yes to every custom operation because they never look
        }
        ggml_context_ptr ctx(ggml_init({ 64 * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true }));
        ggml_context * c = ctx.get();
        neuron_place at;
        at.ops = ops;
        at.counter = ggml_new_tensor_1d(c, GGML_TYPE_F32, int64_t(info.neurons()) + (routed ? info.experts : 0));
        at.identity = ggml_new_tensor_2d(c, GGML_TYPE_F32, info.experts, info.experts);
        ggml_tensor * weights = ggml_new_tensor_2d(c, GGML_TYPE_F32, 1, rows);
        neuron_counted what = { ggml_new_tensor_2d(c, GGML_TYPE_F32, info.width, rows), weights, nullptr };
        if (routed) { // strided, as argsort leaves it
            ggml_tensor * order = ggml_new_tensor_2d(c, GGML_TYPE_I32, info.experts, rows);
            what.act = ggml_new_tensor_3d(c, GGML_TYPE_F32, info.width, info.used, rows);
            what.selected = ggml_view_2d(c, order, info.used, rows, order->nb[1], 0);
        }
        const auto nodes = neuron_count(c, at, info, what);
        if (std::all_of(nodes.begin(), nodes.end(), [=](const ggml_tensor * node) {
                return supported(device, node);
            })) {
            return ops;
        }
    }
    return llama_neurons_ops::automatic;
}

const char * neuron_count_name(llama_neurons_ops ops, bool routed) {
    switch (ops) {
        case llama_neurons_ops::fused: return "fused";
        case llama_neurons_ops::repeat: return routed ? "one-hot" : "repeat";
        case llama_neurons_ops::transpose: return routed ? "one-hot" : "transpose";
        case llama_neurons_ops::automatic: break;
    }
    return "none";
}
