#pragma once

// Masks: factors of activations, on the device.

#include "neuron-graph-input.h"
#include "neuron-site.h"

#include <vector>

// cur, the activated value on its way into the down projection, times the first mask, or each token's own.
// selected: as in neuron_call.
ggml_tensor * neuron_mask(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, neuron_graph_input & input,
    ggml_tensor * cur, ggml_tensor * selected, bool own
);

// keep: [experts * width] of the site; empty: 1 for all.
void neuron_set_mask(neuron_site & site, int32_t mask, const std::vector<float> & keep);
