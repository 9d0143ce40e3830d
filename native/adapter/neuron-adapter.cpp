#include "neuron-adapter.h"

#include "neuron-counting.h"
#include "neuron-graph-input.h"

#include "llama-arch.h"
#include "llama-batch.h"
#include "llama-hparams.h"
#include "llama-model.h"

#include <cmath>
#include <limits>

namespace {

// An F32 counter holds whole numbers exactly up to 2^24; drained well before.
constexpr int64_t max_undrained = int64_t(1) << 23;

uint64_t token_key(llama_seq_id seq, llama_pos pos) {
    return (uint64_t(uint32_t(seq)) << 32) | uint32_t(pos);
}

// Drops the nodes behind `last`, by building the graph anew; all of them stay where it is not there.
void keep_until(ggml_cgraph * gf, const ggml_tensor * last) {
    std::vector<ggml_tensor *> kept;
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        kept.push_back(ggml_graph_node(gf, i));
        if (kept.back() == last) {
            ggml_graph_clear(gf);
            for (ggml_tensor * node : kept) {
                ggml_build_forward_expand(gf, node);
            }
            return;
        }
    }
}

// An empty buffer, as llama.cpp gives its own tensors where memory is only measured.
ggml_backend_buffer_t stand_in(ggml_context * ctx, ggml_backend_buffer_type_t type) {
    ggml_backend_buffer_t buffer = ggml_backend_buft_alloc_buffer(type, 0);
    for (ggml_tensor * t = ggml_get_first_tensor(ctx); t != nullptr; t = ggml_get_next_tensor(ctx, t)) {
        t->buffer = buffer;
    }
    return buffer;
}

const char * activation_name(llm_ffn_op_type op) {
    switch (op) {
        case LLM_FFN_SILU:           return "silu";
        case LLM_FFN_GELU:           return "gelu";
        case LLM_FFN_RELU:           return "relu";
        case LLM_FFN_RELU_SQR:       return "squared relu";
        case LLM_FFN_SWIGLU:         return "swiglu";
        case LLM_FFN_GEGLU:          return "geglu";
        case LLM_FFN_REGLU:          return "reglu";
        case LLM_FFN_SWIGLU_OAI_MOE: return "clamped swiglu";
        default:                     return "unknown";
    }
}

} // namespace

const llama_adapter_neuron::place & llama_adapter_neuron::place_of(const layer_state & layer, const ggml_tensor * act) const {
    if (layer.guest.counter == nullptr) {
        return layer.home;
    }
    // As ggml's scheduler decides: the product with a weight in host memory goes to the first GPU that wants it.
    const ggml_tensor * node = act;
    while (node != nullptr && node->op != GGML_OP_MUL_MAT) {
        node = node->src[0];
    }
    const bool away = node != nullptr && node->src[0]->buffer != nullptr && ggml_backend_buffer_is_host(node->src[0]->buffer)
        && ggml_backend_dev_offload_op(model.devices.front().dev, node);
    return away ? layer.guest : layer.home;
}

std::vector<llama_adapter_neuron::place *> llama_adapter_neuron::places(layer_state & layer) {
    if (layer.guest.counter == nullptr) {
        return { &layer.home };
    }
    return { &layer.home, &layer.guest };
}

neuron_graph_input & llama_adapter_neuron::input(const llm_graph_context & graph) const {
    if (auto * found = find_neuron_input(*graph.res)) {
        return *found;
    }
    auto created = std::make_unique<neuron_graph_input>(*this, graph.n_tokens, graph.n_outputs);
    return static_cast<neuron_graph_input &>(*graph.res->add_input(std::move(created)));
}

void llama_adapter_neuron::build_count(
        const llm_graph_context & graph, ggml_tensor * act, bool has_gate, llm_ffn_op_type op, int il) const {
    // These hold gate and up behind each other in one row, the gate first.
    const bool halves = op == LLM_FFN_SWIGLU || op == LLM_FFN_GEGLU || op == LLM_FFN_REGLU;
    const int64_t width = act->ne[0] / (halves ? 2 : 1);
    if (surveying) {
        survey(graph, act, { int32_t(width), has_gate || halves, activation_name(op) }, il);
        return;
    }
    if (!mode.count || il < 0 || size_t(il) >= layers.size()) {
        return;
    }
    if (halves) {
        act = ggml_view_2d(graph.ctx0, act, width, act->ne[1], act->nb[1], 0);
    }
    const layer_state & layer = layers[il];
    ggml_tensor * weights = input(graph).weights_for(graph.ctx0, act->ne[1]);
    GGML_ASSERT(weights != nullptr && width == layer.info.width); // the survey refused all else
    const place & at = place_of(layer, act);
    ggml_tensor * node = neuron_count(graph.ctx0, at.ops, act, weights, at.counter);
    graph.cb(node, "neuron_count", il);
    ggml_build_forward_expand(graph.gf, node);
    input(graph).last_count = node;
}

ggml_tensor * llama_adapter_neuron::build_mask(const llm_graph_context & graph, ggml_tensor * cur, int il) const {
    if (!(mode.mask || mode.masks) || surveying || il < 0 || size_t(il) >= layers.size()) {
        return cur;
    }
    ggml_tensor * masks = place_of(layers[il], cur).masks;
    if (mode.masks) {
        ggml_tensor * rows = input(graph).masks_for(graph.ctx0, cur->ne[1]);
        GGML_ASSERT(rows != nullptr);
        cur = ggml_mul(graph.ctx0, cur, ggml_get_rows(graph.ctx0, masks, rows));
    } else {
        cur = ggml_mul(graph.ctx0, cur, ggml_view_1d(graph.ctx0, masks, masks->ne[0], 0));
    }
    graph.cb(cur, "neuron_mask", il);
    return cur;
}

void llama_adapter_neuron::build_experts(int il) const {
    if (surveying && il >= 0 && size_t(il) < reports.size()) {
        reports[il].experts = true;
    }
}

void llama_adapter_neuron::build_end(const llm_graph_context & graph) const {
    llm_graph_result & res = *graph.res;
    if (surveying || wants_logits() || res.t_logits == nullptr) {
        return;
    }
    ggml_cgraph * gf = graph.gf;

    if (mode.score) {
        neuron_graph_input & in = input(graph);
        ggml_context * ctx    = graph.ctx0;
        ggml_tensor *  logits = res.t_logits; // [n_vocab, n_outputs]
        ggml_tensor *  cells  = ggml_reshape_3d(ctx, logits, 1, logits->ne[0], logits->ne[1]);

        // log p(t) = x_t - x_max + log softmax(x)_max: the largest probability is at least 1/n_vocab, so
        // nothing underflows, however unlikely the target is.
        in.target_logit   = ggml_get_rows(ctx, cells, in.targets_for(ctx));
        ggml_tensor * top = ggml_reshape_2d(ctx, ggml_argmax(ctx, logits), 1, logits->ne[1]);
        in.max_logit      = ggml_get_rows(ctx, cells, top);
        // Expanded first, so that the allocator may compute the softmax in place of the logits.
        for (ggml_tensor * node : { in.target_logit, in.max_logit }) {
            ggml_set_output(node);
            ggml_build_forward_expand(gf, node);
        }
        ggml_tensor * p    = ggml_soft_max(ctx, logits);
        in.max_probability = ggml_get_rows(ctx, ggml_reshape_3d(ctx, p, 1, p->ne[0], p->ne[1]), top);
        ggml_set_output(in.max_probability);
        ggml_build_forward_expand(gf, in.max_probability);
    } else if (!mode.unread) {
        // Nobody wants the output head: the graph ends where the last layer is counted, or, where
        // nothing is counted, with the head's input.
        keep_until(gf, mode.count ? input(graph).last_count : res.t_embd);
        res.t_embd = nullptr;
    }
    res.t_logits = nullptr; // they stay where they are
}

uint32_t llama_adapter_neuron::flags() const {
    return (mode.count ? 1u : 0u) | (mode.mask ? 2u : 0u) | (mode.score ? 4u : 0u) | (mode.logits ? 8u : 0u)
        | (mode.masks ? 16u : 0u) | (mode.unread ? 32u : 0u);
}

void llama_adapter_neuron::read_scores(const llm_graph_result & res, ggml_backend_sched_t sched) {
    const neuron_graph_input * in = mode.score ? find_neuron_input(res) : nullptr;
    if (in == nullptr || in->target_logit == nullptr) {
        return;
    }
    ggml_backend_sched_synchronize(sched);
    const auto n = size_t(in->n_outputs);
    std::vector<float> x(n), x_max(n), p_max(n);
    ggml_backend_tensor_get(in->target_logit,    x.data(),     0, n * sizeof(float));
    ggml_backend_tensor_get(in->max_logit,       x_max.data(), 0, n * sizeof(float));
    ggml_backend_tensor_get(in->max_probability, p_max.data(), 0, n * sizeof(float));
    for (size_t row = 0; row < n; ++row) {
        if (in->output_index[row] >= 0) {
            log_probabilities[in->output_index[row]] =
                double(x[row]) - double(x_max[row]) + std::log(double(p_max[row]));
        }
    }
}

void llama_adapter_neuron::begin_survey() {
    surveying = true;
    reports.assign(model.hparams.n_layer(), {});
}

void llama_adapter_neuron::survey(
        const llm_graph_context & graph, const ggml_tensor * act, llama_neurons_layer info, int il) const {
    if (il < 0 || size_t(il) >= reports.size()) {
        return;
    }
    report & r = reports[il];
    r.calls++;
    r.odd  = r.odd || ggml_n_dims(act) > 2 || (act->ne[1] != graph.n_tokens && act->ne[1] != graph.n_outputs);
    r.info = std::move(info);
}

void llama_adapter_neuron::end_survey() {
    surveying = false;
    const std::string who = std::string("architecture '") + llm_arch_name(model.arch) + "' is not supported: ";
    for (size_t il = 0; il < reports.size(); ++il) {
        const report & r = reports[il];
        const std::string layer = "layer " + std::to_string(il);
        if (r.experts) {
            throw llama_neurons_error("UNSUPPORTED", who + layer + " is a mixture of experts; use a dense model");
        }
        if (r.calls == 0) {
            throw llama_neurons_error("UNSUPPORTED", who + layer + " has no FFN that llama.cpp builds in the common way, so its neurons cannot be counted; use a model of another architecture");
        }
        if (r.calls > 1) {
            throw llama_neurons_error("UNSUPPORTED", who + layer + " has " + std::to_string(r.calls) + " FFNs; use a model with one FFN a layer");
        }
        if (r.odd) {
            throw llama_neurons_error("UNSUPPORTED", who + "the activation of " + layer + " does not have one row a token; use a model of another architecture");
        }
    }
}

void llama_adapter_neuron::allocate() {
    std::map<ggml_backend_buffer_type_t, ggml_context *> by_type;
    layers.resize(reports.size());
    totals.resize(reports.size());

    const auto settle = [&](place & at, const llama_neurons_layer & info, ggml_backend_dev_t device, ggml_backend_buffer_type_t type, int il) {
        at.ops = ops_wanted != llama_neurons_ops::automatic ? ops_wanted : neuron_count_choose(device, info.width, 512);
        if (at.ops == llama_neurons_ops::automatic) {
            throw llama_neurons_error("UNSUPPORTED", std::string("device ") + ggml_backend_dev_name(device)
                + " supports none of the ways of counting neurons; run on the CPU (--gpu off)");
        }
        ggml_context *& ctx = by_type[type];
        if (ctx == nullptr) {
            ctx = ggml_init({ 4 * layers.size() * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true });
            contexts.emplace_back(ctx);
        }
        at.counter = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, info.width);
        at.masks   = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, info.width, n_masks);
        ggml_format_name(at.counter, "neuron_counter-%d", il);
        ggml_format_name(at.masks, "neuron_keep-%d", il);
    };
    for (size_t il = 0; il < layers.size(); ++il) {
        layer_state & layer = layers[il];
        layer.info = reports[il].info;
        totals[il].assign(layer.info.width, 0);
        // A layer on the CPU may keep its buffers in a GPU's pinned memory: the layer's device counts.
        ggml_backend_dev_t device = model.dev_layer(int(il));
        settle(layer.home, layer.info, device, model.select_buft(int(il)), int(il));
        if (ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU && !model.devices.empty()
            && ops_wanted != llama_neurons_ops::fused) {
            ggml_backend_dev_t gpu = model.devices.front().dev;
            settle(layer.guest, layer.info, gpu, ggml_backend_dev_buffer_type(gpu), int(il));
        }
    }
    for (auto & [type, ctx] : by_type) {
        bytes[type] = ggml_backend_alloc_ctx_tensors_from_buft_size(ctx, type);
        ggml_backend_buffer_t buffer = model.hparams.no_alloc ? stand_in(ctx, type) : ggml_backend_alloc_ctx_tensors_from_buft(ctx, type);
        if (buffer == nullptr) {
            throw llama_neurons_error("OUT_OF_MEMORY", std::string("no memory for the neuron counters and ")
                + std::to_string(n_masks) + " masks on " + ggml_backend_buft_name(type) + "; put fewer layers on the device, or use fewer masks at a time");
        }
        if (!model.hparams.no_alloc) {
            ggml_backend_buffer_clear(buffer, 0);
        }
        buffers.emplace_back(buffer);
    }
}

void llama_adapter_neuron::set_mask(int32_t mask, const std::vector<std::vector<float>> & keep) {
    if (mask < 0 || mask >= n_masks) {
        throw llama_neurons_error("WRONG_USE", "mask " + std::to_string(mask) + " is asked for, the context holds " + std::to_string(n_masks));
    }
    if (!keep.empty() && keep.size() != layers.size()) {
        throw llama_neurons_error("WRONG_USE", "the mask has " + std::to_string(keep.size()) + " layers, the model has " + std::to_string(layers.size()));
    }
    for (size_t il = 0; il < layers.size(); ++il) {
        const auto width = size_t(layers[il].info.width);
        if (!keep.empty() && keep[il].size() != width) {
            throw llama_neurons_error("WRONG_USE", "the mask of layer " + std::to_string(il) + " has " + std::to_string(keep[il].size())
                + " neurons, the model has " + std::to_string(width));
        }
        const std::vector<float> & row = keep.empty() ? std::vector<float>(width, 1.0f) : keep[il];
        for (place * at : places(layers[il])) {
            ggml_backend_tensor_set(at->masks, row.data(), size_t(mask) * at->masks->nb[1], row.size() * sizeof(float));
        }
    }
}

void llama_adapter_neuron::set_tokens(const std::vector<llama_neurons_token> & list) {
    int64_t counted = 0;
    tokens.clear();
    for (size_t i = 0; i < list.size(); ++i) {
        if (mode.masks && (list[i].mask < 0 || list[i].mask >= n_masks)) {
            throw llama_neurons_error("WRONG_USE", "a token asks for mask " + std::to_string(list[i].mask) + ", the context holds " + std::to_string(n_masks));
        }
        tokens[token_key(list[i].seq, list[i].pos)] = { list[i].weight, list[i].target, list[i].mask, i };
        counted += list[i].weight != 0.0f ? 1 : 0;
    }
    log_probabilities.assign(list.size(), std::numeric_limits<double>::quiet_NaN());
    if (mode.count) {
        if (undrained + counted > max_undrained) {
            drain();
        }
        undrained      += counted;
        counted_tokens += counted;
    }
}

const llama_adapter_neuron::token_entry * llama_adapter_neuron::token(llama_seq_id seq, llama_pos pos) const {
    auto found = tokens.find(token_key(seq, pos));
    return found == tokens.end() ? nullptr : &found->second;
}

void llama_adapter_neuron::drain() {
    std::vector<float> values;
    for (size_t il = 0; il < layers.size(); ++il) {
        values.resize(layers[il].info.width);
        for (place * at : places(layers[il])) {
            ggml_backend_tensor_get(at->counter, values.data(), 0, values.size() * sizeof(float));
            for (size_t j = 0; j < values.size(); ++j) {
                totals[il][j] += int64_t(values[j]);
            }
            ggml_backend_tensor_memset(at->counter, 0, 0, ggml_nbytes(at->counter));
        }
    }
    undrained = 0;
}

const std::vector<std::vector<int64_t>> & llama_adapter_neuron::counts() {
    drain();
    return totals;
}

void llama_adapter_neuron::reset_counts() {
    drain();
    for (auto & layer : totals) {
        std::fill(layer.begin(), layer.end(), 0);
    }
    counted_tokens = 0;
}
