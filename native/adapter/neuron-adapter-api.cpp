#include "neuron-adapter-api.h"

#include "neuron-adapter.h"
#include "neuron-counting.h"

#include "llama-context.h"
#include "llama-ext.h"
#include "llama-model.h"

#include <algorithm>

namespace {

llama_adapter_neuron & adapter_of(const llama_context * ctx) {
    if (ctx->neurons == nullptr) {
        throw llama_neurons_error("WRONG_USE", "the neuron adapter is not attached to this context");
    }
    return *ctx->neurons;
}

bool fits(const llama_neurons_mode & mode, const llama_neurons_mode & reserved) {
    return (!mode.count || reserved.count) && (!mode.mask || reserved.mask || reserved.masks)
        && (!mode.masks || reserved.masks) && (!mode.score || reserved.score)
        && (!mode.logits || reserved.logits || reserved.score) // the scores' graph computes logits too
        && (!mode.unread || reserved.score);
}

// Reserves compute buffers for a mode. llama.cpp frees the old ones for it.
void reserve(llama_context * ctx, const llama_neurons_mode & mode) {
    llama_adapter_neuron & adapter = adapter_of(ctx);
    const llama_neurons_mode before = adapter.mode;
    adapter.mode = mode;
    ctx->neurons_changed();
    try {
        ctx->sched_reserve();
    } catch (const std::exception & e) {
        throw llama_neurons_error("OUT_OF_MEMORY", std::string("no memory for the compute buffers of the model's graph (")
            + e.what() + "); lower the batch size or put fewer layers on the GPU");
    }
    adapter.mode     = before;
    adapter.reserved = mode;
}

} // namespace

void llama_neurons_attach(llama_context * ctx, llama_neurons_ops ops, llama_neurons_mode reserved, int32_t n_masks) {
    const llama_model & model = ctx->get_model();
    const std::string   who   = std::string("architecture '") + llm_arch_name(model.arch) + "' is not supported: ";
    if (llama_model_has_encoder(&model)) {
        throw llama_neurons_error("UNSUPPORTED", who + "it has an encoder; use a decoder-only model");
    }
    if (ctx->get_memory() == nullptr || !ctx->get_cparams().causal_attn) {
        throw llama_neurons_error("UNSUPPORTED", who + "it does not predict the next token; use a causal language model");
    }
    if (n_masks < 1) {
        throw llama_neurons_error("WRONG_USE", "a context holds at least one mask, not " + std::to_string(n_masks));
    }
    auto adapter = std::make_shared<llama_adapter_neuron>(model, ops, n_masks);
    adapter->begin_survey();
    ctx->neurons = adapter;
    // Fewer outputs than tokens, as in real batches, so that both row counts are seen.
    const bool built = llama_graph_reserve(ctx, 4, 1, 2) != nullptr;
    ctx->neurons = nullptr;
    ctx->neurons_changed();
    if (!built) {
        throw llama_neurons_error("OUT_OF_MEMORY", "no memory for the compute buffers of the model's graph; use a smaller batch");
    }
    adapter->end_survey();
    adapter->allocate();
    ctx->neurons = adapter;
    reserve(ctx, reserved);
}

std::vector<llama_neurons_layer> llama_neurons_layers(const llama_context * ctx) {
    std::vector<llama_neurons_layer> result;
    for (const auto & layer : adapter_of(ctx).layers) {
        result.push_back(layer.info);
    }
    return result;
}

std::string llama_neurons_ops_name(const llama_context * ctx, int il) {
    return neuron_count_name(adapter_of(ctx).layers.at(size_t(il)).home.ops);
}

void llama_neurons_set_mode(llama_context * ctx, llama_neurons_mode mode) {
    llama_adapter_neuron & adapter = adapter_of(ctx);
    adapter.mode = mode;
    const llama_neurons_mode & had = adapter.reserved;
    if (!fits(mode, had)) {
        reserve(ctx, { had.count || mode.count, had.mask || mode.mask, had.masks || mode.masks, had.score || mode.score || mode.unread, had.logits || mode.logits });
    }
}

void llama_neurons_set_mask(llama_context * ctx, int32_t mask, const std::vector<std::vector<float>> & keep) {
    ctx->synchronize();
    adapter_of(ctx).set_mask(mask, keep);
}

void llama_neurons_set_tokens(llama_context * ctx, const std::vector<llama_neurons_token> & tokens) {
    adapter_of(ctx).set_tokens(tokens);
}

std::vector<double> llama_neurons_log_probabilities(llama_context * ctx) {
    return adapter_of(ctx).log_probabilities;
}

const std::vector<std::vector<int64_t>> & llama_neurons_counts(llama_context * ctx) {
    ctx->synchronize();
    return adapter_of(ctx).counts();
}

int64_t llama_neurons_counted_tokens(const llama_context * ctx) {
    return adapter_of(ctx).counted_tokens;
}

void llama_neurons_reset_counts(llama_context * ctx) {
    ctx->synchronize();
    adapter_of(ctx).reset_counts();
}

int32_t llama_neurons_graph_splits(llama_context * ctx, llama_neurons_mode mode) {
    llama_adapter_neuron & adapter = adapter_of(ctx);
    const llama_neurons_mode before = adapter.mode;
    adapter.mode = mode;
    const uint32_t n = std::min(ctx->n_ubatch(), ctx->n_ctx());
    const bool built = llama_graph_reserve(ctx, n, 1, n) != nullptr;
    const int32_t splits = built ? ggml_backend_sched_get_n_splits(ctx->get_sched()) : -1;
    adapter.mode = before;
    return splits;
}
