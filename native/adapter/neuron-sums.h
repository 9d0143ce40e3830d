#pragma once

// Sums over tokens in ggml's own operations, and whether a device has them.

#include "neuron-site.h"

#include <functional>
#include <vector>

// What a graph gives to be added up; the shapes are those of neuron_call.
struct neuron_counted {
    ggml_tensor * act;      // rows may be strided
    ggml_tensor * weights;  // F32 [1, rows]
    ggml_tensor * selected; // nullptr where the site is not routed
};

// A flat tensor of the size of `total`, added to it in place.
ggml_tensor * neuron_add_to(ggml_context * ctx, ggml_tensor * sum, ggml_tensor * total);

// [width, rows] over the rows, in the place's way: [width].
ggml_tensor * neuron_sum_tokens(ggml_context * ctx, const neuron_place & at, ggml_tensor * values);

// One row a token and expert that it went through, with the token's weight at the expert's place:
// [used * rows, experts].
ggml_tensor * neuron_one_hot(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
);

// Weighted values [width, used, rows], contiguous, by expert: [width * experts]. ggml has no sum by index: it is their
// product with the one-hot rows, in F32.
ggml_tensor *
neuron_sum_experts(ggml_context * ctx, const llama_neurons_site & info, ggml_tensor * values, ggml_tensor * one_hot);

// ggml's devices on other machines answer yes to every operation, since they never ask their server. So they are not
// asked, and what is chosen there is in every backend: `repeat_back` is not in Metal's, a custom operation in none.
bool neuron_never_refuses(ggml_backend_dev_t device);

// Whether a device has every operation of the nodes that are built for a place of that way.
using neuron_builder =
    std::function<std::vector<ggml_tensor *>(ggml_context *, neuron_place &, const neuron_counted &)>;
bool neuron_supported(
    ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops ops, const neuron_builder & build
);
