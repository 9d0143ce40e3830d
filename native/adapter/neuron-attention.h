#pragma once

// Attention by native/products in the place of ggml's own: once a graph is built, its FLASH_ATTN_EXT nodes become
// custom operations of the same operands, which ggml's threads compute.

#include "attention.h"
#include "products.h"

#include "ggml.h"

#include <atomic>
#include <cstdint>

class neuron_attention {
public:
    explicit neuron_attention(const products::Kernels & kernels) : kernels(kernels) {}

    // Takes a node over if a kernel can compute it: keys and values in F16 in the machine's memory, with a mask,
    // without what few models have: sinks, a bias by distance, or a cap on scores. Large batches by the products' own
    // kernel, if they have one; few tokens with the bits of ggml's, where ggml is slow. Before the graph is allocated.
    bool take(ggml_tensor * node);

private:
    static void compute(ggml_tensor * node, int thread, int threads, void * self);
    const products::AttentionKernel * kernel_of(const ggml_tensor * node) const;

    const products::Kernels & kernels;
    // Of the node under way: the next part, threads that are done.
    std::atomic<int64_t> next{ 0 };
    std::atomic<int> done{ 0 };
};
