#pragma once

#include "products.h"

#include "ggml.h"

// In F32 throughout.
extern const products::Gelus neuron_exact_gelus;

// Has a node of a graph compute GELU as given, where ggml reads it from a table of F16 values; false for other nodes
// and where nothing is given. Before the graph is allocated.
bool neuron_take_gelu(ggml_tensor * node, const products::Gelus & gelus);
