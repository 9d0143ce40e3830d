#pragma once

// What takes the place of logits: log-probabilities of targets, the likeliest token, or nothing.

#include "neuron-graph-input.h"

#include "ggml-backend.h"

#include <vector>

class llm_graph_result;

// Replaces the logits by three floats an output, from which neuron_read_scores makes log-probabilities:
// log p(t) = x_t - x_max + log softmax(x)_max.
void neuron_build_scores(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * logits, neuron_graph_input & in);

// Replaces the logits by the token of the largest, one an output, and by whether they are finite.
void neuron_build_likeliest(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * logits, neuron_graph_input & in);

// Drops a graph's nodes behind `last`; all of them stay where it is not there.
void neuron_keep_until(ggml_cgraph * gf, const ggml_tensor * last);

// Takes the log-probabilities of a computed graph, each to its target's place in the list of tokens.
void neuron_read_scores(
    const neuron_graph_input & in, ggml_backend_sched_t sched, std::vector<double> & log_probabilities
);

// Takes the likeliest tokens of a computed graph, each to the place of the token that it follows: their complements
// where the logits are not finite.
void neuron_read_likeliest(
    const neuron_graph_input & in, ggml_backend_sched_t sched, std::vector<llama_token> & likeliest
);
