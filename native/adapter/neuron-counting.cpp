#include "neuron-counting.h"

#include "ggml-cpp.h"

#include <algorithm>

namespace {

// One pass over the activation, split over threads by neurons, so that no two threads write the same
// counter and the slice being added to stays in the first-level cache. Rows of uncounted tokens are
// never read.
void count_fused(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * act     = dst->src[1];
    const ggml_tensor * weights = dst->src[2];

    constexpr int64_t line = 16; // floats in a cache line: threads share none
    const int64_t lines = (act->ne[0] + line - 1) / line;
    const int64_t begin = line * (lines * ith / nth);
    const int64_t end   = std::min(act->ne[0], line * (lines * (ith + 1) / nth));

    float * __restrict__ counter = static_cast<float *>(dst->data);
    const auto * w = static_cast<const float *>(weights->data);

    for (int64_t t = 0; t < act->ne[1]; ++t) {
        const float weight = w[t];
        if (weight == 0.0f) {
            continue;
        }
        const auto * __restrict__ row =
            reinterpret_cast<const float *>(static_cast<const char *>(act->data) + t * act->nb[1]);
        for (int64_t j = begin; j < end; ++j) {
            counter[j] += row[j] > 0.0f ? weight : 0.0f;
        }
    }
}

// Sums [n_ff, n_tokens] over the tokens. One thread a neuron would leave most of a GPU idle, so the tokens
// are first summed in groups, side by side.
ggml_tensor * sum_tokens(ggml_context * ctx, ggml_tensor * hits, ggml_tensor * counter) {
    constexpr int64_t groups = 16;
    const int64_t width    = hits->ne[0];
    const int64_t n_tokens = hits->ne[1];
    if (n_tokens % groups == 0 && n_tokens > groups) {
        ggml_tensor * shape = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, width * groups); // never computed
        hits = ggml_repeat_back(ctx, ggml_reshape_2d(ctx, hits, width * groups, n_tokens / groups), shape);
        hits = ggml_reshape_2d(ctx, hits, width, groups);
    }
    return ggml_repeat_back(ctx, hits, counter);
}

bool supported(ggml_backend_dev_t device, const ggml_tensor * node) {
    for (; node != nullptr && node->op != GGML_OP_NONE; node = node->src[0]) {
        if (!ggml_backend_dev_supports_op(device, node)) {
            return false;
        }
    }
    return true;
}

} // namespace

ggml_tensor * neuron_count(
        ggml_context * ctx, llama_neurons_ops ops, ggml_tensor * act, ggml_tensor * weights, ggml_tensor * counter) {
    if (ops == llama_neurons_ops::fused) {
        ggml_tensor * args[] = { act, weights };
        return ggml_custom_inplace(ctx, counter, args, 2, count_fused, GGML_N_TASKS_MAX, nullptr);
    }
    // Weighting before the step keeps the sums whole: step(0) = 0 for a token that does not count.
    ggml_tensor * hits = ggml_step(ctx, ggml_mul(ctx, act, weights));
    ggml_tensor * sum  = nullptr;
    if (ops == llama_neurons_ops::repeat) {
        sum = sum_tokens(ctx, hits, counter);
    } else {
        sum = ggml_sum_rows(ctx, ggml_cont(ctx, ggml_transpose(ctx, hits)));
        sum = ggml_reshape_1d(ctx, sum, ggml_nelements(sum));
    }
    // The counter comes second so that the walk down src[0] in supported() meets every operation.
    return ggml_cpy(ctx, ggml_add(ctx, sum, counter), counter);
}

llama_neurons_ops neuron_count_choose(ggml_backend_dev_t device, int64_t width, int64_t n_tokens) {
    for (auto ops : { llama_neurons_ops::fused, llama_neurons_ops::repeat, llama_neurons_ops::transpose }) {
        if (ops == llama_neurons_ops::fused && ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_CPU) {
            continue; // some devices answer yes to every custom operation because they never look
        }
        ggml_context_ptr ctx(ggml_init({ 32 * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true }));
        ggml_tensor * act     = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, width, n_tokens);
        ggml_tensor * weights = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, 1, n_tokens);
        ggml_tensor * counter = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_F32, width);
        if (supported(device, neuron_count(ctx.get(), ops, act, weights, counter))) {
            return ops;
        }
    }
    return llama_neurons_ops::automatic;
}

const char * neuron_count_name(llama_neurons_ops ops) {
    switch (ops) {
        case llama_neurons_ops::fused:     return "fused";
        case llama_neurons_ops::repeat:    return "repeat";
        case llama_neurons_ops::transpose: return "transpose";
        case llama_neurons_ops::automatic: break;
    }
    return "none";
}
