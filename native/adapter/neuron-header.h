#pragma once

// What a model's header says that would stop ggml or take memory without bound. The addon's Header checks what a file
// says by itself; these checks need the loaded model (llama_neurons_unsound_header) or its graph.

#include "ggml.h"

#include <string>

// Returns the parameter that would stop ggml, or never let it end, once the graph is computed; "" where there is none.
std::string neuron_unsound_parameter(ggml_cgraph * graph);
