#pragma once

// Finds a model's sites while one graph is built, and refuses a graph that would not be counted right.

#include "neuron-site.h"

#include <set>
#include <string>
#include <vector>

struct llama_model;

// The beginning of the message that refuses a model's architecture.
std::string neuron_refusal(const llama_model & model);

// Says that a site's activations are no tensors of the graph: `addable` is false.
std::string neuron_fused_ffn(const llama_model & model, const neuron_site & site);

class neuron_survey {
public:
    // Adds the site of a call of `site_gate`. n_tokens, n_outputs: the numbers of rows that an activation may have.
    void add_site(const neuron_call & call, int64_t n_tokens, int64_t n_outputs);

    // Sets whether the activations of the layer's last site can have an offset.
    void set_addable(int il, bool addable);

    // Returns the sites in the order of their calls. Throws UNSUPPORTED where an activation does not have one row for
    // each token, an FFN weight of the graph belongs to no site, a site has no weight, or there is no site.
    std::vector<neuron_site> result(const llama_model & model, ggml_cgraph * graph) const;

private:
    // throws UNSUPPORTED
    void check_weights(const llama_model & model, ggml_cgraph * graph) const;

    std::vector<neuron_site> sites;
    std::set<const ggml_tensor *> weights; // of the sites
    std::string odd;                       // the first activation that does not have one row for each token
};
