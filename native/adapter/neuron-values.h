#pragma once

// What activations are worth: sums over a batch's counted tokens, and histograms, on the device.

#include "neuron-site.h"
#include "neuron-sums.h"

#include <cstdint>
#include <vector>

// Adds to the place's sums and histogram, in place. what.act: the activation itself.
// Returns the nodes to expand into the graph, in order.
std::vector<ggml_tensor *> neuron_add_values(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
);

// Whether the device has every operation of that way.
bool neuron_values_supported(ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops ops);

// Moves a batch's sums to [experts * width] totals in units of 2^-20, so that totals add up the same in any order.
// false where one is not finite, or out of range, which is left out; the totals are of no use then.
bool neuron_take_sums(const neuron_place & at, std::vector<int64_t> & totals);

// Moves counts of bins to [width * bins] totals.
void neuron_take_histogram(const neuron_place & at, std::vector<uint32_t> & totals);
