#pragma once

// Whether native/products multiplies in integers as ggml does on this processor, to the bit.

#include "products.h"

#include "ggml.h"
#include "llama.h"

#include <string>
#include <vector>

// other: ggml alone computes the type's products.
products::Format neuron_format_of(ggml_type type);

// Whether weights lie in memory as the format's kernel reads them: in their file's order, or in ggml's.
bool neuron_is_held_for_kernels(const ggml_tensor * w);

// Multiplies a small matrix of the type both ways, once in a process, and compares the results. false where this
// processor has no such kernels, or they know no such format.
bool neuron_has_ggml_bits(ggml_type type);

// ggml's names of the types that have.
LLAMA_API std::vector<std::string> llama_neurons_ggml_bits();
