#include "neuron-products.h"

#include "neuron-adapter-api.h"

#include "ggml-backend.h"
#include "ggml-impl.h"

#include <algorithm>
#include <thread>

namespace {

// Below it, ggml's kernels multiply the quantized values sooner than they are dequantized.
constexpr int64_t least_tokens = 32;
// Rows of rounded operands are a cache line farther apart than they are long: else many would share few lines.
constexpr int64_t gap_words = 16;

const products::Kernels * required(products::Kind kind) {
    const products::Kernels * kernels = products::kernels_of(kind);
    if (kernels == nullptr) {
        throw llama_neurons_error("UNSUPPORTED", "this processor, or this build, has no such products");
    }
    return kernels;
}

int64_t rounded_words(const ggml_tensor * x) {
    return (products::words_of(products::Kind::bf16, x->ne[0]) + gap_words) * ggml_nrows(x);
}

products::Matrix matrix_of(const ggml_tensor * w) {
    const ggml_type_traits * traits = ggml_get_type_traits(w->type);
    return { static_cast<const char *>(w->data),
             w->nb[1],
             w->ne[1],
             w->ne[0],
             traits->blck_size,
             traits->type_size,
             w->type == GGML_TYPE_F32 ? nullptr : products::Dequantize(traits->to_float) };
}

} // namespace

neuron_products::neuron_products(products::Kind kind) : kind(kind), kernels(required(kind)) {}

bool neuron_products::can_take(const ggml_tensor * node) const {
    if (node->op != GGML_OP_MUL_MAT || ggml_get_op_params_i32(node, 1) == GGML_HINT_SRC0_IS_HADAMARD) {
        return false;
    }
    const ggml_tensor * w = node->src[0];
    const ggml_tensor * x = node->src[1];
    const bool is_weight = w->buffer != nullptr
                        && ggml_backend_buffer_get_usage(w->buffer) == GGML_BACKEND_BUFFER_USAGE_WEIGHTS
                        && ggml_backend_buffer_is_host(w->buffer);
    return is_weight && ggml_is_matrix(w) && ggml_is_contiguous(w) && ggml_is_contiguous(x) && ggml_is_contiguous(node)
        && x->type == GGML_TYPE_F32 && node->type == GGML_TYPE_F32 && ggml_nrows(x) >= least_tokens
        && (w->type == GGML_TYPE_F32 || ggml_get_type_traits(w->type)->to_float != nullptr);
}

void neuron_products::take(ggml_cgraph * graph) {
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
        ggml_tensor * node = ggml_graph_node(graph, i);
        if (!can_take(node)) {
            continue;
        }
        node->op = GGML_OP_CUSTOM;
        const ggml_custom_op_params params = { compute, GGML_N_TASKS_MAX, this };
        ggml_set_op_params(node, &params, sizeof(params));
        if (kind == products::Kind::bf16) {
            rounded.resize(std::max(rounded.size(), size_t(rounded_words(node->src[1]))));
        }
    }
}

products::Operands neuron_products::operands_of(const ggml_tensor * x) const {
    const int64_t k = x->ne[0];
    if (kind == products::Kind::f32) {
        return { static_cast<const uint32_t *>(x->data), size_t(k), ggml_nrows(x) };
    }
    return { rounded.data(), size_t(products::words_of(kind, k) + gap_words), ggml_nrows(x) };
}

// A thread's part of them; returns when all parts are rounded.
void neuron_products::round_operands(const ggml_tensor * x, int thread, int threads) {
    const products::Operands to = operands_of(x);
    const int64_t end = to.n * (thread + 1) / threads;
    for (int64_t row = to.n * thread / threads; row < end; ++row) {
        kernels->round(
            static_cast<const float *>(x->data) + row * x->ne[0], rounded.data() + size_t(row) * to.stride, x->ne[0]
        );
    }
    ready.fetch_add(1);
    while (ready.load() < threads) {
        std::this_thread::yield(); // to one of them that may be waiting for this core
    }
}

void neuron_products::compute(ggml_tensor * node, int thread, int threads, void * self) {
    auto & own = *static_cast<neuron_products *>(self);
    static thread_local std::vector<uint32_t> scratch(products::scratch_words);
    const ggml_tensor * x = node->src[1];
    if (own.kind == products::Kind::bf16) {
        own.round_operands(x, thread, threads);
    }
    const products::Matrix w = matrix_of(node->src[0]);
    const products::Operands operands = own.operands_of(x);
    // whoever is free takes the next rows: a thread beside a busy program has fewer
    for (int64_t first; (first = own.next.fetch_add(products::panel_rows)) < w.rows;) {
        own.kernels->multiply(
            w, first, operands, static_cast<float *>(node->data), size_t(node->ne[0]), scratch.data()
        );
    }
    if (own.done.fetch_add(1) + 1 == threads) { // the others are on their way to ggml's barrier
        own.ready = 0;
        own.next = 0;
        own.done = 0;
    }
}
