#pragma once

// Watching: activations of chosen neurons, token by token. Only theirs leave the device.

#include "neuron-activation.h"
#include "neuron-graph-input.h"
#include "neuron-site.h"
#include "neuron-sums.h"

#include "ggml-backend.h"

#include <vector>

// Makes the list of each site. Throws WRONG_USE for a neuron that there is not.
void neuron_set_watched(std::vector<neuron_site> & sites, const std::vector<llama_neurons_neuron> & watched);

// Columns of places' `watched`: those of all sites.
int64_t neuron_watched_columns(const std::vector<neuron_site> & sites);

// Puts the activations of a site's chosen neurons into the place's `watched`, a row for each of what.act's; that of an
// expert that a token did not go through is NaN. what.act: what they are computed from (neuron_operand).
// Returns the node to expand into the graph.
ggml_tensor * neuron_watch(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what,
    const ggml_tensor * glu
);

// Whether the device has every operation of that way.
bool neuron_watch_supported(ggml_backend_dev_t device, const neuron_site & site, llama_neurons_ops ops);

// Sets the tensors that say which neurons they are.
void neuron_fill_watched(const neuron_site & site, const neuron_place & at);

// Moves the activations of a computed graph's counted tokens to `values`: [tokens of set_tokens, neurons].
// Returns the first that is not finite though its expert was chosen.
llama_neurons_nonfinite neuron_read_watched(
    const neuron_graph_input & in, ggml_backend_sched_t sched, const std::vector<neuron_site> & sites,
    std::vector<float> & values, size_t neurons
);
