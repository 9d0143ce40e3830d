#include "neuron-counting.h"

#include "neuron-slice.h"
#include "neuron-sums.h"

#include <cstring>
#include <limits>

namespace {

// Whether all of the row is finite: an exponent of ones is an infinity's or a NaN's.
bool add_positive(
    float * __restrict__ counter, const float * __restrict__ row, float weight, const neuron_slice & part
) {
    constexpr uint32_t exponent = 0x7f800000;
    uint32_t broken = 0;
    for (int64_t j = part.begin; j < part.end; ++j) {
        uint32_t bits = 0;
        std::memcpy(&bits, row + j, sizeof(bits));
        broken |= (bits & exponent) == exponent ? 1u : 0u;
        counter[j] += row[j] > 0.0f ? weight : 0.0f;
    }
    return broken == 0;
}

// Threads that have different neurons of a token say the same.
void mark(ggml_tensor * finite, int64_t token) {
    static_cast<volatile float *>(finite->data)[token] = std::numeric_limits<float>::infinity();
}

// One pass over the activation. Rows of uncounted tokens are never read.
void count_fused(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * act = dst->src[1];
    const auto * weights = static_cast<const float *>(dst->src[2]->data);
    auto * counter = static_cast<float *>(dst->data);
    const neuron_slice part(act->ne[0], ith, nth);
    for (int64_t t = 0; t < act->ne[1]; ++t) {
        if (weights[t] != 0.0f && !add_positive(counter, neuron_row(act, t, 0), weights[t], part)) {
            mark(dst->src[3], t);
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
    const neuron_slice part(width, ith, nth);
    for (int64_t t = 0; t < act->ne[2]; ++t) {
        if (weights[t] == 0.0f) {
            continue;
        }
        for (int64_t s = 0; s < act->ne[1]; ++s) {
            const int32_t expert = neuron_expert(selected, s, t);
            if (!add_positive(counter + expert * width, neuron_row(act, s, t), weights[t], part)) {
                mark(dst->src[4], t);
            }
            if (ith == 0) {
                through[expert] += weights[t];
            }
        }
    }
}

// A token's sum of activations is not finite where one of them is not; finite ones would have to be beyond 1e33.
ggml_tensor * keep_finite(ggml_context * ctx, const neuron_place & at, ggml_tensor * values, int64_t tokens) {
    ggml_tensor * sums = ggml_sum_rows(ctx, ggml_reshape_2d(ctx, values, ggml_nelements(values) / tokens, tokens));
    return ggml_cpy(ctx, ggml_reshape_1d(ctx, sums, tokens), ggml_view_1d(ctx, at.finite, tokens, 0));
}

std::vector<ggml_tensor *> count_dense(ggml_context * ctx, const neuron_place & at, const neuron_counted & what) {
    // Weighting before the step keeps the sums whole: step(0) = 0 for a token that does not count.
    ggml_tensor * weighted = ggml_mul(ctx, what.act, what.weights);
    ggml_tensor * hits = ggml_step(ctx, weighted);
    return { keep_finite(ctx, at, weighted, what.act->ne[1]),
             neuron_add_to(ctx, neuron_sum_tokens(ctx, at, hits), at.counter) };
}

std::vector<ggml_tensor *> count_routed(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
) {
    ggml_tensor * one_hot = neuron_one_hot(ctx, at, info, what);
    ggml_tensor * act = ggml_is_contiguous(what.act) ? what.act : ggml_cont(ctx, what.act);
    ggml_tensor * hits = ggml_step(ctx, act);
    ggml_tensor * sum = neuron_sum_experts(ctx, info, hits, one_hot);
    ggml_tensor * through = ggml_reshape_1d(ctx, ggml_sum_rows(ctx, one_hot), info.experts);
    const auto neurons = int64_t(info.neurons());
    return {
        keep_finite(ctx, at, act, act->ne[2]),
        neuron_add_to(ctx, sum, ggml_view_1d(ctx, at.counter, neurons, 0)),
        neuron_add_to(ctx, through, ggml_view_1d(ctx, at.counter, info.experts, size_t(neurons) * sizeof(float))),
    };
}

} // namespace

std::vector<ggml_tensor *> neuron_count(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
) {
    if (at.ops != llama_neurons_ops::fused) {
        return what.selected == nullptr ? count_dense(ctx, at, what) : count_routed(ctx, at, info, what);
    }
    if (what.selected == nullptr) {
        ggml_tensor * args[] = { what.act, what.weights, at.finite };
        return { ggml_custom_inplace(ctx, at.counter, args, 3, count_fused, GGML_N_TASKS_MAX, nullptr) };
    }
    ggml_tensor * args[] = { what.act, what.weights, what.selected, at.finite };
    return { ggml_custom_inplace(ctx, at.counter, args, 4, count_fused_routed, GGML_N_TASKS_MAX, nullptr) };
}

llama_neurons_ops
neuron_count_choose(ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops wanted) {
    if (neuron_never_refuses(device)) {
        return llama_neurons_ops::transpose;
    }
    if (wanted != llama_neurons_ops::automatic) {
        return wanted;
    }
    for (auto ops : { llama_neurons_ops::fused, llama_neurons_ops::repeat, llama_neurons_ops::transpose }) {
        if (ops == llama_neurons_ops::fused && ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_CPU) {
            continue; // some devices answer yes to every custom operation because they never look
        }
        const auto build = [&](ggml_context * ctx, const neuron_place & at, const neuron_counted & what) {
            return neuron_count(ctx, at, info, what);
        };
        if (neuron_supported(device, info, ops, build)) {
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
