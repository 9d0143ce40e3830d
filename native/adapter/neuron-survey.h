#pragma once

// Finds a model's sites while one graph is built, and refuses what would not be counted right.

#include "neuron-site.h"

#include <set>
#include <string>
#include <vector>

struct llama_model;

class neuron_survey {
public:
    // rows: those that an activation of the graph may have
    void take(const neuron_call & call, int64_t width, int64_t n_tokens, int64_t n_outputs);

    // Tells of the layer's last site whether its activations can have an offset.
    void take_product(int il, bool known);

    // The sites, in the order of their calls. UNSUPPORTED where a shape is not one row a token, an FFN weight of
    // the graph went through no site, a site has no weight, or there is no site.
    std::vector<neuron_site> result(const llama_model & model, ggml_cgraph * graph) const;

private:
    std::vector<neuron_site> sites;
    std::set<const ggml_tensor *> weights; // that went through a site
    std::string odd;                       // what is not one row a token
};
