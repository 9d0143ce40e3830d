#pragma once

// A site as the adapter holds it, and what a call site in llama.cpp's graph tells of one.

#include "neuron-adapter-api.h"

#include "ggml-backend.h"
#include "ggml.h"

#include <initializer_list>
#include <vector>

// Told before the activation function is applied (after it, where the function's sign is not its input's).
struct neuron_call {
    int il;
    // What is positive where a neuron is active: F32 [width, rows], or [width, used, rows] of routed experts;
    // a row a token of the batch, or of those with an output.
    ggml_tensor * act;
    bool gated;
    const char * activation;
    // Weights of the FFN, those that are nullptr left out of account; the first tells where it is computed.
    std::initializer_list<const ggml_tensor *> weights;
    ggml_tensor * selected = nullptr; // I32 [used, rows], of routed experts; may be a strided view
    int64_t experts = 1;
};

// Counter and edits of a site on one device.
struct neuron_place {
    llama_neurons_ops ops = llama_neurons_ops::automatic;
    // F32 [experts * width], and behind them, of a routed site, [experts] tokens that went through each
    ggml_tensor * counter = nullptr;
    ggml_tensor * factors = nullptr;  // F32 [width, experts, edits]
    ggml_tensor * offsets = nullptr;  // likewise, where the context holds any
    ggml_tensor * identity = nullptr; // F32 [experts, experts], for one-hot rows
    // F32 [rows of a batch], of each token of the last batch; not finite where an activation of it is not
    ggml_tensor * finite = nullptr;

    // Where the context holds values:
    ggml_tensor * sums = nullptr; // F32 [experts * width], of one batch
    // F32, of a site that is not routed: [bins, width] of the fused way, else [width, bins] and of each bin the tokens
    // above its lower edge
    ggml_tensor * histogram = nullptr;
    ggml_tensor * edges = nullptr; // F32 [1, 1, bins], where it is not the fused way
};

struct neuron_site {
    llama_neurons_site info;
    const ggml_tensor * weight = nullptr; // the first of its weights
    neuron_place home;                    // where the weights are
    // Of a site on the CPU, where there is a GPU: large batches are multiplied there, and what they give is
    // counted where it is.
    neuron_place guest;

    bool routed() const { return info.kind == llama_neurons_kind::routed; }

    std::vector<neuron_place *> places() {
        return guest.counter == nullptr ? std::vector<neuron_place *>{ &home }
                                        : std::vector<neuron_place *>{ &home, &guest };
    }
};
