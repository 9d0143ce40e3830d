#pragma once

// Ways to add up a site's positive activations on the device, and the choice between them.

#include "neuron-site.h"
#include "neuron-sums.h"

// Adds to the place's counter, in place, for each neuron the weighted number of tokens with a positive
// activation, and for each expert of a routed site the weighted number of tokens that went through it.
// Returns the nodes to expand into the graph, in order.
std::vector<ggml_tensor *>
neuron_count(ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what);

// The way that is wanted, or for `automatic` the first, in the order of the enum, whose every operation the device
// supports; `automatic` where none is. A device that cannot be asked has one way, whatever is wanted.
llama_neurons_ops
neuron_count_choose(ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops wanted);

const char * neuron_count_name(llama_neurons_ops ops, bool routed);
