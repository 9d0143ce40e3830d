#pragma once

// What made the value on its way into a down projection, act(gate) · up, read off the operation that made it.

#include "ggml.h"

// What the graph multiplies an activation with.
struct neuron_product {
    bool known = true;              // else the activation cannot have an offset
    ggml_tensor * tensor = nullptr; // as cur; nullptr: nothing
};

// cur: the activated value.
neuron_product neuron_product_of(ggml_context * ctx, ggml_tensor * cur);

// What the activation is computed from. The function works on each value alone.
struct neuron_operand {
    ggml_tensor * tensor = nullptr; // as cur; rows may be strided
    // The operation that applies the function and multiplies at once; nullptr: the tensor is the activation itself.
    const ggml_tensor * glu = nullptr;
};

neuron_operand neuron_operand_of(ggml_context * ctx, ggml_tensor * cur);

// The activation of contiguous values of an operand; it may be computed in their place. nullptr where the operation's
// function is not known.
ggml_tensor * neuron_activate(ggml_context * ctx, ggml_tensor * values, const ggml_tensor * glu);

// act(gate), of which cur is made; nullptr where one operation made it with its gate (neuron_product_of says so too).
ggml_tensor * neuron_activation_of(ggml_context * ctx, ggml_tensor * cur);
