#pragma once

// Products of large batches with weights, by native/products in the place of ggml's own: once a graph is built, its
// MUL_MAT and MUL_MAT_ID nodes become custom operations of the same operands, which ggml's threads compute. Attention
// and GELU are taken over with them where the kernels compute these.

#include "neuron-attention.h"
#include "products.h"

#include "ggml.h"

#include <atomic>
#include <cstdint>
#include <vector>

// Rows of a product by the matrix that they are multiplied with: an expert's, or the only one.
struct neuron_routes {
    std::vector<int64_t> begins;  // [matrices + 1]; the rows of matrix e are places[begins[e] .. begins[e + 1] - 1]
    std::vector<int32_t> places;  // in the result
    std::vector<int32_t> sources; // of the same rows, in the operands
};

class neuron_products {
public:
    // exact: in batches of any size, and what else of a layer ggml rounds to less than F32 is computed in it. Throws
    // UNSUPPORTED where this processor has none of the kind.
    neuron_products(products::Kind kind, bool exact);

    // Takes over those products of a graph that it can compute: of weights in the machine's memory, in an order that
    // the kernels know, with a batch that is worth laying them out for. Those in integers alone where they have the
    // bits of ggml's. Attention and GELU of such batches too. Before the graph is allocated.
    void take(ggml_cgraph * graph);

private:
    static void compute(ggml_tensor * node, int thread, int threads, void * self);
    bool can_take(const ggml_tensor * node) const;
    bool has_kernel(const ggml_tensor * node) const;
    void round_operands(const ggml_tensor * node, const neuron_routes & routes, int thread, int threads);
    // Words from one row of operands to the next.
    size_t stride_of(const ggml_tensor * x) const;

    const products::Kind kind;
    const products::Kernels * const kernels;
    const bool exact;
    neuron_attention attention;
    const products::Gelus gelus;
    std::vector<uint32_t> rounded; // operands, of one node at a time
    // Of the node under way: threads that rounded their part, the next rows to multiply, threads that are done.
    std::atomic<int> ready{ 0 };
    std::atomic<int64_t> next{ 0 };
    std::atomic<int> done{ 0 };
};
