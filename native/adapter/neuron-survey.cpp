#include "neuron-survey.h"

#include "llama-arch.h"
#include "llama-model.h"

#include <algorithm>
#include <regex>

std::string neuron_refusal(const llama_model & model) {
    return std::string("architecture '") + llm_arch_name(model.arch) + "' is not supported: ";
}

std::string neuron_fused_ffn(const llama_model & model, const neuron_site & site) {
    return std::string("architecture '") + llm_arch_name(model.arch) + "' computes the FFN of layer "
         + std::to_string(site.info.layer) + " in one operation with its gate";
}

void neuron_survey::add_site(const neuron_call & call, int64_t n_tokens, int64_t n_outputs) {
    const bool routed = call.selected != nullptr;
    const int64_t rows = routed ? call.act->ne[2] : call.act->ne[1];
    const int64_t beyond = routed ? call.act->ne[3] : call.act->ne[2] * call.act->ne[3];
    if (odd.empty() && (beyond != 1 || (rows != n_tokens && rows != n_outputs))) {
        odd = "layer " + std::to_string(call.il);
    }
    neuron_site site;
    site.info = { call.il,
                  routed ? llama_neurons_kind::routed : llama_neurons_kind::dense,
                  int32_t(call.act->ne[0]),
                  int32_t(call.experts),
                  routed ? int32_t(call.act->ne[1]) : 1,
                  call.gated,
                  /*addable=*/false,
                  call.activation };
    for (const ggml_tensor * weight : call.weights) {
        if (weight == nullptr) {
            continue;
        }
        weights.insert(weight);
        if (site.weight == nullptr) {
            site.weight = weight;
            if (!routed && std::string(weight->name).find("_shexp") != std::string::npos) {
                site.info.kind = llama_neurons_kind::shared;
            }
        }
    }
    sites.push_back(std::move(site));
}

void neuron_survey::set_addable(int il, bool addable) {
    const auto last =
        std::find_if(sites.rbegin(), sites.rend(), [=](const neuron_site & site) { return site.info.layer == il; });
    if (last != sites.rend()) {
        last->info.addable = addable;
    }
}

void neuron_survey::check_weights(const llama_model & model, ggml_cgraph * graph) const {
    // The first products of FFNs, as llama.cpp names their weights.
    static const std::regex ffn(
        R"(blk\.(\d+)\.(ffn_(up|gate|gate_up)(_exps|_shexp|_chexps)?|channel_mix_key)\.weight)"
    );
    std::set<const ggml_tensor *> used;
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
        used.insert(std::begin(ggml_graph_node(graph, i)->src), std::end(ggml_graph_node(graph, i)->src));
    }
    for (const auto & [name, tensor] : model.tensors_by_name) {
        std::smatch match;
        if (used.count(tensor) != 0 && weights.count(tensor) == 0 && std::regex_match(name, match, ffn)
            && uint32_t(std::stoul(match[1])) < model.hparams.n_layer()) {
            throw llama_neurons_error(
                "UNSUPPORTED", neuron_refusal(model) + "the FFN of " + name
                                   + " is computed in a way of its own, so its neurons cannot be counted; use a model "
                                     "of another architecture"
            );
        }
    }
}

std::vector<neuron_site> neuron_survey::result(const llama_model & model, ggml_cgraph * graph) const {
    check_weights(model, graph);
    const std::string who = neuron_refusal(model);
    if (sites.empty()) {
        throw llama_neurons_error("UNSUPPORTED", who + "none of its layers has an FFN; use a model that has");
    }
    for (const neuron_site & site : sites) {
        if (site.weight == nullptr) {
            throw llama_neurons_error(
                "UNSUPPORTED", who + "llama.cpp builds the FFN of layer " + std::to_string(site.info.layer)
                                   + " without its weights; use another model"
            );
        }
    }
    if (!odd.empty()) {
        throw llama_neurons_error(
            "UNSUPPORTED",
            who + "the activation of " + odd + " does not have one row a token; use a model of another architecture"
        );
    }
    return sites;
}
