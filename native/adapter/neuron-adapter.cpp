#include "neuron-adapter.h"

#include "neuron-counting.h"
#include "neuron-editing.h"
#include "neuron-graph-input.h"
#include "neuron-scores.h"
#include "neuron-values.h"

#include "llama-batch.h"
#include "llama-model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace {

// An F32 counter holds whole numbers exactly up to 2^24; drained well before.
constexpr int64_t max_undrained = int64_t(1) << 23;

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

// Tokens that a token of the batch may be counted as on its way through a routed site, at most.
int64_t most_used(const std::vector<neuron_site> & sites) {
    int64_t most = 1;
    for (const neuron_site & site : sites) {
        most = std::max<int64_t>(most, site.info.used);
    }
    return most;
}

} // namespace

neuron_graph_input & llama_adapter_neuron::input(const llm_graph_context & graph) const {
    if (auto * found = find_neuron_input(*graph.res)) {
        return *found;
    }
    auto created = std::make_unique<neuron_graph_input>(tokens, graph.n_tokens, graph.n_outputs);
    return static_cast<neuron_graph_input &>(*graph.res->add_input(std::move(created)));
}

void llama_adapter_neuron::build_count(const llm_graph_context & graph, llm_ffn_op_type op, neuron_call call) const {
    const bool halves = op == LLM_FFN_SWIGLU || op == LLM_FFN_GEGLU || op == LLM_FFN_REGLU;
    call.activation = activation_name(op);
    if (halves) {
        call.gated = true;
        call.act = ggml_view_2d(graph.ctx0, call.act, call.act->ne[0] / 2, call.act->ne[1], call.act->nb[1], 0);
    }
    build_count(graph, call);
}

void llama_adapter_neuron::build_count(const llm_graph_context & graph, const neuron_call & call) const {
    // The layers behind those of the model predict further tokens, which nobody asks for.
    if (call.il < 0 || uint32_t(call.il) >= model.hparams.n_layer()) {
        return;
    }
    if (survey) {
        survey->take(call, call.act->ne[0], graph.n_tokens, graph.n_outputs);
        return;
    }
    if (!(mode.count || mode.values || mode.edit || mode.edits)) {
        return;
    }
    neuron_graph_input & in = input(graph);
    const size_t number = in.sites++;
    in.open[call.il] = { number, call.selected };
    // The survey's graph had the same sites in the same order.
    GGML_ASSERT(
        number < sites.size() && sites[number].info.layer == call.il && sites[number].info.width == call.act->ne[0]
    );
    if (!mode.count) {
        return;
    }
    const neuron_site & site = sites[number];
    ggml_tensor * weights = in.weights_for(graph.ctx0, call.act->ne[call.selected == nullptr ? 1 : 2]);
    GGML_ASSERT(weights != nullptr); // the survey refused all else
    const neuron_place & at = neuron_placement::of(model, site, call.act);
    in.counted.emplace_back(at.finite, weights->ne[1]);
    for (ggml_tensor * node : neuron_count(graph.ctx0, at, site.info, { call.act, weights, call.selected })) {
        graph.cb(node, "neuron_count", call.il);
        ggml_build_forward_expand(graph.gf, node);
        in.last_count = node;
    }
}

ggml_tensor * llama_adapter_neuron::build_mask(const llm_graph_context & graph, ggml_tensor * cur, int il) const {
    if (survey) {
        survey->take_product(il, neuron_product_of(graph.ctx0, cur).known);
        return cur;
    }
    if (!(mode.values || mode.edit || mode.edits)) {
        return cur;
    }
    neuron_graph_input & in = input(graph);
    const auto found = in.open.find(il);
    if (found == in.open.end()) {
        return cur;
    }
    const auto [number, selected] = found->second;
    in.open.erase(found);
    const neuron_site & site = sites[number];
    const neuron_place & at = neuron_placement::of(model, site, cur);
    if (mode.values) {
        ggml_tensor * act = neuron_activation_of(graph.ctx0, cur);
        ggml_tensor * weights = in.weights_for(graph.ctx0, act->ne[selected == nullptr ? 1 : 2]);
        for (ggml_tensor * node : neuron_add_values(graph.ctx0, at, site.info, { act, weights, selected })) {
            graph.cb(node, "neuron_values", il);
            ggml_build_forward_expand(graph.gf, node);
            in.last_count = node;
        }
    }
    if (!(mode.edit || mode.edits)) {
        return cur;
    }
    cur = neuron_edit(graph.ctx0, at, in, cur, selected, mode.edits, mode.add);
    graph.cb(cur, "neuron_edit", il);
    return cur;
}

void llama_adapter_neuron::build_end(const llm_graph_context & graph) const {
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
        neuron_keep_until(graph.gf, mode.count || mode.values ? input(graph).last_count : res.t_embd);
        res.t_embd = nullptr;
    }
    res.t_logits = nullptr; // they stay where they are
}

uint32_t llama_adapter_neuron::flags() const {
    return (mode.count ? 1u : 0u) | (mode.edit ? 2u : 0u) | (mode.edits ? 4u : 0u) | (mode.add ? 8u : 0u)
         | (mode.values ? 16u : 0u) | (uint32_t(mode.head) << 5);
}

void llama_adapter_neuron::read_head(const llm_graph_result & res, ggml_backend_sched_t sched) {
    const neuron_graph_input * in = find_neuron_input(res);
    if (in == nullptr) {
        return;
    }
    if (mode.count) {
        find_nonfinite(*in, sched);
    }
    if (mode.head == llama_neurons_head::scores && in->target_logit != nullptr) {
        neuron_read_scores(*in, sched, log_probabilities);
    } else if (mode.head == llama_neurons_head::likeliest && in->likeliest != nullptr) {
        neuron_read_likeliest(*in, sched, likeliest);
    }
}

void llama_adapter_neuron::find_nonfinite(const neuron_graph_input & in, ggml_backend_sched_t sched) {
    ggml_backend_sched_synchronize(sched);
    std::map<ggml_tensor *, std::vector<float>> read; // of each device, all sites
    for (size_t i = 0; i < in.counted.size(); ++i) {
        const auto & [tensor, rows] = in.counted[i];
        std::vector<float> & marks = read[tensor->view_src];
        if (marks.empty()) {
            marks.resize(size_t(ggml_nelements(tensor->view_src)));
            ggml_backend_tensor_get(tensor->view_src, marks.data(), 0, marks.size() * sizeof(float));
        }
        const float * row = marks.data() + tensor->view_offs / sizeof(float);
        for (int64_t r = 0; r < rows && nonfinite.layer < 0; ++r) {
            const int64_t token = in.counted_token(r, rows);
            if (token >= 0 && !std::isfinite(row[r])) {
                nonfinite = { sites[i].info.layer, int32_t(token) };
            }
        }
    }
    if (nonfinite.layer >= 0) { // the processor's way sets marks and never takes one back
        for (const auto & [tensor, marks] : read) {
            ggml_backend_tensor_memset(tensor, 0, 0, ggml_nbytes(tensor));
        }
    }
}

void llama_adapter_neuron::end_survey(ggml_cgraph * graph, int64_t rows) {
    const neuron_survey seen = std::move(*survey);
    survey.reset();
    sites = seen.result(model, graph);
    for (const neuron_site & site : sites) {
        totals.active.emplace_back(site.info.neurons(), 0);
        totals.routed.emplace_back(site.routed() ? site.info.experts : 0, 0);
        if (room.values) {
            check_values(site);
            totals.sums.emplace_back(site.info.neurons(), 0);
            totals.histograms.emplace_back(site.routed() ? 0 : site.info.neurons() * llama_neurons_bins, 0);
        }
    }
    placement.allocate(model, sites, ops_wanted, room, rows);
}

void llama_adapter_neuron::check_values(const neuron_site & site) const {
    if (!site.info.addable) {
        throw llama_neurons_error(
            "UNSUPPORTED", std::string("architecture '") + llm_arch_name(model.arch) + "' computes the FFN of layer "
                               + std::to_string(site.info.layer)
                               + " in one operation with its gate, so that its activations have no values to add up; "
                                 "count without values"
        );
    }
}

void llama_adapter_neuron::set_edit(int32_t number, const llama_neurons_edit & edit) {
    if (number < 0 || number >= room.edits) {
        throw llama_neurons_error(
            "WRONG_USE",
            "edit " + std::to_string(number) + " is asked for, the context holds " + std::to_string(room.edits)
        );
    }
    check_edit(edit);
    for (size_t i = 0; i < sites.size(); ++i) {
        neuron_set_edit(
            sites[i], number, edit.factors.empty() ? std::vector<float>() : edit.factors[i],
            edit.offsets.empty() ? std::vector<float>() : edit.offsets[i]
        );
    }
}

void llama_adapter_neuron::check_edit(const llama_neurons_edit & edit) const {
    check_shape(edit.factors, "factors");
    check_shape(edit.offsets, "offsets");
    if (!edit.offsets.empty() && !room.offsets) {
        throw llama_neurons_error("WRONG_USE", "the context holds no offsets of edits; open it with room for them");
    }
    const auto is_set = [](float value) { return value != 0.0f; };
    for (size_t i = 0; i < edit.offsets.size(); ++i) {
        if (!sites[i].info.addable && std::any_of(edit.offsets[i].begin(), edit.offsets[i].end(), is_set)) {
            throw llama_neurons_error(
                "UNSUPPORTED",
                std::string("architecture '") + llm_arch_name(model.arch) + "' computes the FFN of layer "
                    + std::to_string(sites[i].info.layer)
                    + " in one operation with its gate, so that nothing can be added to its activations; "
                      "use zero or scale"
            );
        }
    }
}

void llama_adapter_neuron::ask(const llama_neurons_edit * edit) {
    if (edit != nullptr) {
        check_edit(*edit);
    }
    const std::lock_guard<std::mutex> lock(asking);
    asked = edit == nullptr ? llama_neurons_edit() : *edit;
    has_asked = true;
}

// The graphs that follow read what is set here: those before have to be over.
void llama_adapter_neuron::take_asked(llama_context * ctx) {
    if (!has_asked) {
        return;
    }
    std::optional<llama_neurons_edit> edit;
    {
        const std::lock_guard<std::mutex> lock(asking);
        edit.swap(asked);
        has_asked = false;
    }
    mode.edit = !edit->factors.empty() || !edit->offsets.empty();
    mode.add = !edit->offsets.empty();
    if (mode.edit) {
        llama_synchronize(ctx);
        set_edit(0, *edit);
    }
}

void llama_adapter_neuron::check_shape(const std::vector<std::vector<float>> & values, const char * what) const {
    if (!values.empty() && values.size() != sites.size()) {
        throw llama_neurons_error(
            "WRONG_USE", std::string("the ") + what + " have " + std::to_string(values.size())
                             + " sites, the model has " + std::to_string(sites.size())
        );
    }
    for (size_t i = 0; i < values.size(); ++i) {
        if (values[i].size() != sites[i].info.neurons()) {
            throw llama_neurons_error(
                "WRONG_USE", std::string("the ") + what + " of site " + std::to_string(i) + " have "
                                 + std::to_string(values[i].size()) + " neurons, the model has "
                                 + std::to_string(sites[i].info.neurons())
            );
        }
    }
}

void llama_adapter_neuron::set_tokens(const std::vector<llama_neurons_token> & list) {
    for (const llama_neurons_token & token : list) {
        if (mode.edits && (token.edit < 0 || token.edit >= room.edits)) {
            throw llama_neurons_error(
                "WRONG_USE", "a token asks for edit " + std::to_string(token.edit) + ", the context holds "
                                 + std::to_string(room.edits)
            );
        }
    }
    drain_sums();
    const int64_t counted = tokens.set(list);
    log_probabilities.assign(list.size(), std::numeric_limits<double>::quiet_NaN());
    likeliest.assign(list.size(), -1);
    nonfinite = {};
    if (mode.count || mode.values) {
        if ((undrained + counted) * most_used(sites) > max_undrained) {
            drain_counters();
        }
        undrained += counted;
        undrained_sums = mode.values;
        counted_tokens += counted;
    }
}

const neuron_site * llama_adapter_neuron::take_sums() {
    const neuron_site * lost = nullptr;
    for (size_t i = 0; undrained_sums && i < sites.size(); ++i) {
        for (neuron_place * at : sites[i].places()) {
            if (!neuron_take_sums(*at, totals.sums[i]) && lost == nullptr) {
                lost = &sites[i];
            }
        }
    }
    undrained_sums = false;
    return lost;
}

// After each batch: F32 sums of many would lose what the last ones add.
void llama_adapter_neuron::drain_sums() {
    if (const neuron_site * lost = take_sums()) {
        throw llama_neurons_error(
            "NATIVE", "activations of layer " + std::to_string(lost->info.layer)
                          + " are infinite or larger than can be added up; count without values"
        );
    }
}

void llama_adapter_neuron::drain_counters() {
    std::vector<float> values;
    for (size_t i = 0; i < sites.size(); ++i) {
        const size_t neurons = totals.active[i].size();
        values.resize(neurons + totals.routed[i].size());
        for (neuron_place * at : sites[i].places()) {
            ggml_backend_tensor_get(at->counter, values.data(), 0, values.size() * sizeof(float));
            for (size_t j = 0; j < values.size(); ++j) {
                (j < neurons ? totals.active[i][j] : totals.routed[i][j - neurons]) += int64_t(values[j]);
            }
            ggml_backend_tensor_memset(at->counter, 0, 0, ggml_nbytes(at->counter));
            if (at->histogram != nullptr) {
                neuron_take_histogram(*at, totals.histograms[i]);
            }
        }
    }
    undrained = 0;
}

const llama_neurons_totals & llama_adapter_neuron::counts() {
    drain_sums();
    drain_counters();
    return totals;
}

void llama_adapter_neuron::reset_counts() {
    take_sums(); // whatever they are
    drain_counters();
    for (auto * lists : { &totals.active, &totals.routed, &totals.sums }) {
        for (auto & list : *lists) {
            std::fill(list.begin(), list.end(), 0);
        }
    }
    for (auto & list : totals.histograms) {
        std::fill(list.begin(), list.end(), 0);
    }
    counted_tokens = 0;
}
