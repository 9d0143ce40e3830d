#include "neuron-adapter.h"

#include "neuron-activation.h"
#include "neuron-counting.h"
#include "neuron-editing.h"
#include "neuron-graph-input.h"
#include "neuron-scores.h"
#include "neuron-values.h"
#include "neuron-watching.h"

#include "llama-model.h"

#include <memory>

namespace {

const char * activation_name(llm_ffn_op_type op) {
    switch (op) {
        case LLM_FFN_SILU: return "silu";
        case LLM_FFN_GELU: return "gelu";
        case LLM_FFN_RELU: return "relu";
        case LLM_FFN_RELU_SQR: return "squared relu";
        case LLM_FFN_SWIGLU: return "swiglu";
        case LLM_FFN_GEGLU: return "geglu";
        case LLM_FFN_REGLU: return "reglu";
        case LLM_FFN_SWIGLU_OAI_MOE: return "clamped swiglu";
        case LLM_FFN_SITU: return "situ";
        default: return "unknown";
    }
}

} // namespace

neuron_graph_input & llama_adapter_neuron::input(const llm_graph_context & graph) const {
    if (auto * found = find_neuron_input(*graph.res)) {
        return *found;
    }
    auto created = std::make_unique<neuron_graph_input>(tokens, graph.n_tokens, graph.n_outputs);
    return static_cast<neuron_graph_input &>(*graph.res->add_input(std::move(created)));
}

void llama_adapter_neuron::site_gate(const llm_graph_context & graph, llm_ffn_op_type op, neuron_call call) const {
    const bool halves = op == LLM_FFN_SWIGLU || op == LLM_FFN_GEGLU || op == LLM_FFN_REGLU;
    call.activation = activation_name(op);
    if (halves) {
        call.gated = true;
        call.act = ggml_view_2d(graph.ctx0, call.act, call.act->ne[0] / 2, call.act->ne[1], call.act->nb[1], 0);
    }
    site_gate(graph, call);
}

void llama_adapter_neuron::site_gate(const llm_graph_context & graph, const neuron_call & call) const {
    // The layers behind those of the model predict further tokens, which nobody asks for.
    if (call.il < 0 || uint32_t(call.il) >= model.hparams.n_layer()) {
        return;
    }
    if (survey) {
        survey->add_site(call, graph.n_tokens, graph.n_outputs);
        return;
    }
    if (!mode.count && !mode.uses_products()) {
        return;
    }
    const neuron_site & site = enter_site(graph, call);
    if (mode.count) {
        count_activation(graph, site, call);
    }
}

ggml_tensor * llama_adapter_neuron::site_product(const llm_graph_context & graph, ggml_tensor * cur, int il) const {
    if (survey) {
        survey->set_addable(il, neuron_product_of(graph.ctx0, cur).known);
        return cur;
    }
    if (!mode.uses_products()) {
        return cur;
    }
    const auto open = input(graph).leave_site(il);
    if (!open) {
        return cur;
    }
    if (mode.values) {
        add_values(graph, *open, cur, il);
    }
    if (mode.watch) {
        watch(graph, *open, cur, il);
    }
    return mode.edit || mode.edits ? apply_edits(graph, *open, cur, il) : cur;
}

const neuron_site & llama_adapter_neuron::enter_site(const llm_graph_context & graph, const neuron_call & call) const {
    const size_t number = input(graph).enter_site(call.il, call.selected);
    // The survey's graph had the same sites in the same order.
    GGML_ASSERT(
        number < sites.size() && sites[number].info.layer == call.il && sites[number].info.width == call.act->ne[0]
    );
    return sites[number];
}

void llama_adapter_neuron::count_activation(
    const llm_graph_context & graph, const neuron_site & site, const neuron_call & call
) const {
    neuron_graph_input & in = input(graph);
    ggml_tensor * weights = in.weights_for(graph.ctx0, call.act->ne[site.routed() ? 2 : 1]);
    GGML_ASSERT(weights != nullptr); // the survey refused all else
    const neuron_place & at = neuron_placement::of(model, site, call.act);
    in.counted.emplace_back(at.finite, weights->ne[1]);
    expand(
        graph, neuron_count(graph.ctx0, at, site.info, { call.act, weights, call.selected }), "neuron_count", call.il
    );
}

void llama_adapter_neuron::add_values(
    const llm_graph_context & graph, const neuron_open_site & open, ggml_tensor * cur, int il
) const {
    const neuron_site & site = sites[open.number];
    ggml_tensor * act = neuron_activation_of(graph.ctx0, cur);
    ggml_tensor * weights = input(graph).weights_for(graph.ctx0, act->ne[site.routed() ? 2 : 1]);
    const neuron_place & at = neuron_placement::of(model, site, cur);
    expand(graph, neuron_add_values(graph.ctx0, at, site.info, { act, weights, open.selected }), "neuron_values", il);
}

void llama_adapter_neuron::watch(
    const llm_graph_context & graph, const neuron_open_site & open, ggml_tensor * cur, int il
) const {
    const neuron_site & site = sites[open.number];
    if (site.watch.columns.empty()) {
        return;
    }
    const neuron_operand of = neuron_operand_of(graph.ctx0, cur);
    ggml_tensor * weights = input(graph).weights_for(graph.ctx0, of.tensor->ne[site.routed() ? 2 : 1]);
    const neuron_place & at = neuron_placement::of(model, site, cur);
    input(graph).watched.push_back({ open.number, at.watched, weights->ne[1] });
    expand(
        graph, { neuron_watch(graph.ctx0, at, site.info, { of.tensor, weights, open.selected }, of.glu) },
        "neuron_watch", il
    );
}

ggml_tensor * llama_adapter_neuron::apply_edits(
    const llm_graph_context & graph, const neuron_open_site & open, ggml_tensor * cur, int il
) const {
    const neuron_place & at = neuron_placement::of(model, sites[open.number], cur);
    cur = neuron_edit(graph.ctx0, at, input(graph), cur, open.selected, mode.edits, mode.add);
    graph.cb(cur, "neuron_edit", il);
    return cur;
}

void llama_adapter_neuron::expand(
    const llm_graph_context & graph, const std::vector<ggml_tensor *> & nodes, const char * name, int il
) const {
    for (ggml_tensor * node : nodes) {
        graph.cb(node, name, il);
        ggml_build_forward_expand(graph.gf, node);
        input(graph).last_count = node;
    }
}

void llama_adapter_neuron::replace_logits(const llm_graph_context & graph) const {
    llm_graph_result & res = *graph.res;
    if (survey || wants_logits() || res.t_logits == nullptr) {
        return;
    }
    if (mode.head == llama_neurons_head::scores) {
        neuron_build_scores(graph.ctx0, graph.gf, res.t_logits, input(graph));
    } else if (mode.head == llama_neurons_head::likeliest) {
        neuron_build_likeliest(graph.ctx0, graph.gf, res.t_logits, input(graph));
    } else if (mode.head == llama_neurons_head::none) {
        // Nobody wants the output head: the graph ends where the last site is counted, or, where
        // nothing is counted, with the head's input.
        neuron_keep_until(graph.gf, mode.reads() ? input(graph).last_count : res.t_embd);
        res.t_embd = nullptr;
    }
    res.t_logits = nullptr; // they stay where they are
}

uint32_t llama_adapter_neuron::flags() const {
    return (mode.count ? 1u : 0u) | (mode.edit ? 2u : 0u) | (mode.edits ? 4u : 0u) | (mode.add ? 8u : 0u)
         | (mode.values ? 16u : 0u) | (mode.watch ? 32u : 0u) | (uint32_t(mode.head) << 6);
}

void llama_adapter_neuron::end_survey(ggml_cgraph * graph, int64_t rows) {
    const neuron_survey seen = std::move(*survey);
    survey.reset();
    sites = seen.result(model, graph);
    for (const neuron_site & site : sites) {
        totals.active.emplace_back(site.info.neurons(), 0);
        totals.routed.emplace_back(site.routed() ? site.info.experts : 0, 0);
        if (capacity.values) {
            check_values(site);
            totals.sums.emplace_back(site.info.neurons(), 0);
            totals.histograms.emplace_back(site.routed() ? 0 : site.info.neurons() * llama_neurons_bins, 0);
        }
    }
    neuron_set_watched(sites, capacity.watched);
    placement.allocate(model, sites, { ops_wanted, capacity, rows, neuron_watched_columns(sites) });
}

void llama_adapter_neuron::check_values(const neuron_site & site) const {
    if (!site.info.addable) {
        throw llama_neurons_error(
            "UNSUPPORTED",
            neuron_fused_ffn(model, site) + ", so that its activations have no values to add up; count without values"
        );
    }
}
