#pragma once

// Ways to add up a layer's positive activations on the device, and the choice between them.

#include "neuron-adapter-api.h"

#include "ggml-backend.h"
#include "ggml.h"

// Adds to counter [n_ff], in place, the weighted number of tokens with a positive activation.
// act: F32 [n_ff, n_tokens], rows may be strided; weights: F32 [1, n_tokens].
// Returns the node to expand into the graph.
ggml_tensor * neuron_count(
        ggml_context * ctx, llama_neurons_ops ops, ggml_tensor * act, ggml_tensor * weights, ggml_tensor * counter);

// The first way, in the order of the enum, whose every operation the device supports;
// `automatic` where none is.
llama_neurons_ops neuron_count_choose(ggml_backend_dev_t device, int64_t width, int64_t n_tokens);

const char * neuron_count_name(llama_neurons_ops ops);
