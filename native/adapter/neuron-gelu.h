#pragma once

// GELU in F32. ggml's own, of the tanh form and of the quick one, reads a table of F16 values.

struct ggml_cgraph;

// Once a graph is built, its GELU and GEGLU nodes become custom operations of the same operands.
void take_gelus(ggml_cgraph * graph);
