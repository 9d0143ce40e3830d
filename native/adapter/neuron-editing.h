#pragma once

// Edits: factors and offsets of activations, on the device.

#include "neuron-graph-input.h"
#include "neuron-site.h"

#include <vector>

// cur, of which a neuron's activation is a factor, after the first edit of its activations, or each token's own.
// selected: as in neuron_call. add: edits have offsets.
ggml_tensor * neuron_edit(
    ggml_context * ctx, const neuron_place & at, neuron_graph_input & input, ggml_tensor * cur, ggml_tensor * selected,
    bool own, bool add
);

// Of a site, [experts * width] each; empty: 1 for all, or 0.
void neuron_set_edit(
    neuron_site & site, int32_t number, const std::vector<float> & factors, const std::vector<float> & offsets
);
