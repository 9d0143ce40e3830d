#pragma once

// A site as the adapter holds it, and what llama.cpp's graph code says of one.

#include "neuron-adapter-api.h"

#include "ggml-backend.h"
#include "ggml.h"

#include <initializer_list>
#include <vector>

// The arguments of `site_gate`, which is called before the activation function is applied (after it, where the
// function's sign is not its input's).
struct neuron_call {
    int il;
    // The tensor that is positive where a neuron is active: F32 [width, rows], of routed experts [width, used, rows].
    // It has one row for each token of the batch, or for each token with an output.
    ggml_tensor * act;
    bool gated;
    const char * activation;
    // Weights of the FFN; those that are nullptr are ignored. The FFN is computed where the first one is.
    std::initializer_list<const ggml_tensor *> weights;
    ggml_tensor * selected = nullptr; // I32 [used, rows], of routed experts; may be a strided view
    int64_t experts = 1;
};

// The site that a layer's graph is in, between its activation and its down projection.
struct neuron_open_site {
    size_t number = 0;                // in the order of the graph
    ggml_tensor * selected = nullptr; // as in neuron_call
};

// Counter and edits of a site on one device.
struct neuron_place {
    llama_neurons_ops ops = llama_neurons_ops::automatic;
    // F32 [experts * width]; a routed site has [experts] behind them, the tokens that went through each expert
    ggml_tensor * counter = nullptr;
    ggml_tensor * factors = nullptr;  // F32 [width, experts, edits]
    ggml_tensor * offsets = nullptr;  // the same shape; nullptr where the context has no capacity for them
    ggml_tensor * identity = nullptr; // F32 [experts, experts], for one-hot rows
    // F32 [rows of a batch]: a token's value is not finite where one of its activations in the last batch is not
    ggml_tensor * finite = nullptr;

    // nullptr where the context has no capacity for values:
    ggml_tensor * sums = nullptr; // F32 [experts * width], of one batch
    // F32, nullptr at a routed site: [bins, width] in the fused way; else [width, bins], with the tokens above the
    // lower edge of each bin
    ggml_tensor * histogram = nullptr;
    ggml_tensor * edges = nullptr; // F32 [1, 1, bins]; nullptr in the fused way

    // nullptr where none of the site's neurons is watched:
    ggml_tensor * picks = nullptr;   // I32 [watched], a neuron's column of the activation
    ggml_tensor * experts = nullptr; // I32 [watched], its expert; nullptr where the site is not routed
    ggml_tensor * watched = nullptr; // F32 [watched, rows of a batch], of the last one; rows are strided
};

// The neurons of a site that are watched.
struct neuron_watch_list {
    std::vector<int32_t> indices; // filled up with its last one
    std::vector<int32_t> columns; // their places among all that the context watches
    int64_t first = 0;            // where they begin in a row of all sites'
};

struct neuron_site {
    llama_neurons_site info;
    const ggml_tensor * weight = nullptr; // the first of its weights
    neuron_watch_list watch;
    neuron_place home; // where the weights are
    // A site on the CPU has one on the GPU too, where there is a GPU: ggml offloads the products of large batches to
    // it, and their activations are counted where they are.
    neuron_place offload;

    bool routed() const { return info.kind == llama_neurons_kind::routed; }

    std::vector<neuron_place *> places() {
        return offload.counter == nullptr ? std::vector<neuron_place *>{ &home }
                                          : std::vector<neuron_place *>{ &home, &offload };
    }
};
