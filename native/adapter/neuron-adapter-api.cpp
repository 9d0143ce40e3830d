#include "neuron-adapter-api.h"

#include "neuron-adapter.h"
#include "neuron-counting.h"
#include "neuron-header.h"

#include "llama-context.h"
#include "llama-ext.h"
#include "llama-kv-cache-iswa.h"
#include "llama-kv-cache.h"
#include "llama-model.h"

#include <algorithm>
#include <new>
#include <typeinfo>

namespace {

llama_adapter_neuron & adapter_of(const llama_context * ctx) {
    if (ctx->neurons == nullptr) {
        throw llama_neurons_error("WRONG_USE", "the neuron adapter is not attached to this context");
    }
    return *ctx->neurons;
}

// The head whose buffers hold another's too: the scores' graph computes every token's logits, and has the most nodes.
llama_neurons_head largest_head(llama_neurons_head a, llama_neurons_head b) {
    if (a == b) {
        return a;
    }
    const auto is_small = [](llama_neurons_head head) {
        return head == llama_neurons_head::none || head == llama_neurons_head::logits;
    };
    return is_small(a) && is_small(b) ? llama_neurons_head::logits : llama_neurons_head::scores;
}

// A mode whose compute buffers hold both modes'.
llama_neurons_mode both(const llama_neurons_mode & a, const llama_neurons_mode & b) {
    return { a.count || b.count,   a.edit || b.edit,   a.edits || b.edits,          a.add || b.add,
             a.values || b.values, a.watch || b.watch, largest_head(a.head, b.head) };
}

bool fits(const llama_neurons_mode & mode, const llama_neurons_mode & reserved) {
    return (!mode.count || reserved.count) && (!mode.edit || reserved.edit || reserved.edits)
        && (!mode.edits || reserved.edits) && (!mode.add || reserved.add) && (!mode.values || reserved.values)
        && (!mode.watch || reserved.watch)
        && (reserved.head == llama_neurons_head::scores || largest_head(mode.head, reserved.head) == reserved.head);
}

thread_local std::string first_cause;

// Throws WRONG_USE for offsets, values or watching that the context has no capacity for.
void check_capacity(const llama_adapter_neuron & adapter, const llama_neurons_mode & mode) {
    if (mode.add && !adapter.capacity.offsets) {
        throw llama_neurons_error("WRONG_USE", "the context holds no offsets of edits; open it with capacity for them");
    }
    if (mode.values && !adapter.capacity.values) {
        throw llama_neurons_error("WRONG_USE", "the context holds no values; open it with capacity for them");
    }
    if (mode.watch && adapter.capacity.watched.empty()) {
        throw llama_neurons_error("WRONG_USE", "the context watches no neurons; open it with those to watch");
    }
}

// Sets the adapter's mode while a graph is tried, and sets it back.
struct trial {
    trial(llama_adapter_neuron & adapter, const llama_neurons_mode & mode) : adapter(adapter), before(adapter.mode) {
        adapter.mode = mode;
    }
    ~trial() { adapter.mode = before; }
    llama_adapter_neuron & adapter;
    const llama_neurons_mode before;
};

// Reserves compute buffers for a mode. llama.cpp frees the old ones for it.
void reserve(llama_context * ctx, const llama_neurons_mode & mode) {
    llama_adapter_neuron & adapter = adapter_of(ctx);
    const trial tried(adapter, mode);
    ctx->neurons_changed();
    try {
        ctx->sched_reserve();
    } catch (const llama_neurons_error & e) {
        throw llama_neurons_error(
            e.code, std::string("no memory for the compute buffers of the model's graph (") + e.what()
                        + "); lower the batch size or put fewer layers on the GPU"
        );
    }
    adapter.reserved = mode;
}

} // namespace

std::string llama_neurons_take_cause() {
    std::string cause;
    cause.swap(first_cause);
    return cause;
}

void llama_neurons_caught(const std::exception & error) {
    if (!first_cause.empty()) {
        return; // the innermost catch block knew best
    }
    if (const auto * told = dynamic_cast<const llama_neurons_error *>(&error)) {
        first_cause = told->code;
    } else if (dynamic_cast<const std::bad_alloc *>(&error) != nullptr) {
        first_cause = "OUT_OF_MEMORY";
    }
}

void llama_neurons_attach(
    llama_context * ctx, llama_neurons_ops ops, llama_neurons_mode reserved, llama_neurons_capacity capacity
) {
    const llama_model & model = ctx->get_model();
    const std::string who = neuron_refusal(model);
    if (llama_model_has_encoder(&model)) {
        throw llama_neurons_error("UNSUPPORTED", who + "it has an encoder; use a decoder-only model");
    }
    if (ctx->get_memory() == nullptr || !ctx->get_cparams().causal_attn) {
        throw llama_neurons_error(
            "UNSUPPORTED", who + "it does not predict the next token; use a causal language model"
        );
    }
    if (capacity.edits < 1) {
        throw llama_neurons_error(
            "WRONG_USE", "a context holds at least one edit, not " + std::to_string(capacity.edits)
        );
    }
    auto adapter = std::make_shared<llama_adapter_neuron>(model, ops, capacity);
    adapter->begin_survey();
    ctx->neurons = adapter;
    // Fewer outputs than tokens, as in real batches, so that both row counts are seen; of a real batch's size, which
    // is what every architecture can build.
    const uint32_t n = std::min(ctx->n_ubatch(), ctx->n_ctx());
    ggml_cgraph * graph = llama_graph_reserve(ctx, n, ctx->n_seq_max(), std::max(1u, n / 2));
    const std::string unsound = graph == nullptr ? "" : neuron_unsound_parameter(graph);
    ctx->neurons = nullptr;
    ctx->neurons_changed();
    if (!unsound.empty()) {
        throw llama_neurons_error("DAMAGED", "its header says " + unsound + "; download or convert it again");
    }
    if (graph == nullptr) {
        throw llama_neurons_error(
            "OUT_OF_MEMORY", "no memory for the compute buffers of the model's graph; use a smaller batch"
        );
    }
    adapter->end_survey(graph, ctx->n_ubatch());
    ctx->neurons = adapter;
    reserve(ctx, reserved);
}

void llama_neurons_set_products(llama_context * ctx, products::Kind kind, bool exact) {
    adapter_of(ctx).own_products = std::make_unique<neuron_products>(kind, exact);
}

std::vector<llama_neurons_site> llama_neurons_sites(const llama_context * ctx) {
    std::vector<llama_neurons_site> result;
    for (const neuron_site & site : adapter_of(ctx).sites) {
        result.push_back(site.info);
    }
    return result;
}

std::string llama_neurons_ops_name(const llama_context * ctx, size_t site) {
    const neuron_site & held = adapter_of(ctx).sites.at(site);
    return neuron_count_name(held.home.ops, held.routed());
}

void llama_neurons_set_mode(llama_context * ctx, llama_neurons_mode mode) {
    llama_adapter_neuron & adapter = adapter_of(ctx);
    check_capacity(adapter, mode);
    adapter.mode = mode;
    if (!fits(mode, adapter.reserved)) {
        reserve(ctx, both(adapter.reserved, mode));
    }
}

void llama_neurons_set_edit(llama_context * ctx, int32_t number, const llama_neurons_edit & edit) {
    ctx->synchronize();
    adapter_of(ctx).set_edit(number, edit);
}

bool llama_neurons_head_on_device(const llama_context * ctx) {
    return ggml_backend_dev_type(ctx->get_model().dev_output()) != GGML_BACKEND_DEVICE_TYPE_CPU;
}

bool llama_neurons_plain_cache(const llama_context * ctx) {
    const llama_memory_i * memory = ctx->get_memory();
    return typeid(*memory) == typeid(llama_kv_cache) || typeid(*memory) == typeid(llama_kv_cache_iswa);
}

void llama_neurons_set_tokens(llama_context * ctx, const std::vector<llama_neurons_token> & tokens) {
    adapter_of(ctx).set_tokens(tokens);
}

std::vector<double> llama_neurons_log_probabilities(llama_context * ctx) {
    return adapter_of(ctx).log_probabilities;
}

const std::vector<llama_token> & llama_neurons_likeliest(const llama_context * ctx) {
    return adapter_of(ctx).likeliest;
}

const std::vector<float> & llama_neurons_watched(const llama_context * ctx) {
    return adapter_of(ctx).watched;
}

const llama_neurons_totals & llama_neurons_counts(llama_context * ctx) {
    ctx->synchronize();
    return adapter_of(ctx).counts();
}

int64_t llama_neurons_counted_tokens(const llama_context * ctx) {
    return adapter_of(ctx).counted_tokens;
}

llama_neurons_nonfinite llama_neurons_find_nonfinite(const llama_context * ctx) {
    return adapter_of(ctx).nonfinite;
}

void llama_neurons_reset_counts(llama_context * ctx) {
    ctx->synchronize();
    adapter_of(ctx).reset_counts();
}

int32_t llama_neurons_graph_splits(llama_context * ctx, llama_neurons_mode mode) {
    llama_adapter_neuron & adapter = adapter_of(ctx);
    check_capacity(adapter, mode);
    const trial tried(adapter, mode);
    const uint32_t n = std::min(ctx->n_ubatch(), ctx->n_ctx());
    if (llama_graph_reserve(ctx, n, ctx->n_seq_max(), n) == nullptr) {
        throw llama_neurons_error(
            "OUT_OF_MEMORY", "no memory for the compute buffers of the model's graph; lower the batch size or put "
                             "fewer layers on the GPU"
        );
    }
    return ggml_backend_sched_get_n_splits(ctx->get_sched());
}

llama_neurons_memory llama_neurons_measure(const llama_context * ctx) {
    const llama_model & model = ctx->get_model();
    llama_neurons_memory memory;
    memory.layers = int32_t(model.hparams.n_layer_all) + 1;
    const auto add = [](llama_neurons_bytes & part, ggml_backend_buffer_type_t type, size_t bytes) {
        ggml_backend_dev_t device = ggml_backend_buft_get_device(type);
        const bool host = ggml_backend_buft_is_host(type) || device == nullptr // pinned memory names a GPU too
                       || ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
        (host ? part.cpu : part.gpu) += bytes;
    };
    for (const auto & [type, bytes] : llama_get_memory_breakdown(ctx)) {
        add(memory.weights, type, bytes.model);
        add(memory.context, type, bytes.context + bytes.compute);
    }
    for (const auto & [type, bytes] : adapter_of(ctx).placement.bytes) {
        add(memory.adapter, type, bytes);
    }
    // a row of logits a sequence: the breakdown leaves outputs out
    memory.context.cpu += size_t(ctx->n_seq_max()) * model.vocab.n_tokens() * sizeof(float);
    return memory;
}
