#include "neuron-products.h"

#include "neuron-adapter-api.h"
#include "neuron-gelu.h"
#include "neuron-ggml-bits.h"
#include "neuron-lines.h"

#include "ggml-backend.h"
#include "ggml-impl.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <thread>

namespace {

const products::Kernels * required(products::Kind kind) {
    const products::Kernels * kernels = products::kernels_of(kind);
    if (kernels == nullptr) {
        throw llama_neurons_error("UNSUPPORTED", "this processor, or this build, has no such products");
    }
    return kernels;
}

products::Matrix matrix_of(const ggml_tensor * w, int64_t expert) {
    const ggml_type_traits * traits = ggml_get_type_traits(w->type);
    return { static_cast<const char *>(w->data) + size_t(expert) * w->nb[2],
             w->nb[1],
             w->ne[1],
             w->ne[0],
             traits->blck_size,
             traits->type_size,
             w->type == GGML_TYPE_F32 ? nullptr : products::Dequantize(traits->to_float),
             neuron_format_of(w->type) };
}

// Many, so that a thread seldom reads the operands, but so few that all threads are busy to the end.
int64_t rows_at_once(int64_t rows, int threads) {
    constexpr int64_t shares = 3, most = 4; // of a thread; panels
    const int64_t panels = (rows + products::panel_rows - 1) / products::panel_rows;
    return products::panel_rows * std::clamp<int64_t>(panels / (shares * threads), 1, most);
}

// What a node says once it is taken over.
struct TakenParams {
    ggml_custom_op_params custom;
    const ggml_tensor * weights;
};
static_assert(sizeof(TakenParams) <= GGML_MAX_OP_PARAMS, "ggml keeps no more");

const ggml_tensor * weights_of(const ggml_tensor * node) {
    TakenParams params;
    std::memcpy(&params, node->op_params, sizeof(params)); // they may lie anywhere
    return params.weights;
}

// The row of operands of a result's row: a token's experts have one each, or all the same.
int32_t source_of(const ggml_tensor * node, int64_t place) {
    if (node->src[2] == nullptr) {
        return int32_t(place);
    }
    const int64_t used = node->ne[1], given = node->src[1]->ne[1];
    return int32_t(place / used * given + place % used % given);
}

// node->src[2]: [experts used, tokens] their numbers, where there are experts.
int32_t expert_of(const ggml_tensor * node, int64_t place) {
    const ggml_tensor * ids = node->src[2];
    if (ids == nullptr) {
        return 0;
    }
    const char * row = static_cast<const char *>(ids->data) + size_t(place / node->ne[1]) * ids->nb[1];
    return *reinterpret_cast<const int32_t *>(row + size_t(place % node->ne[1]) * ids->nb[0]);
}

void find_routes(const ggml_tensor * node, neuron_routes & routes) {
    const int64_t rows = ggml_nrows(node);
    routes.begins.assign(size_t(weights_of(node)->ne[2]) + 1, 0);
    routes.places.resize(size_t(rows));
    routes.sources.resize(size_t(rows));
    for (int64_t place = 0; place < rows; ++place) {
        ++routes.begins[size_t(expert_of(node, place)) + 1];
    }
    std::partial_sum(routes.begins.begin(), routes.begins.end(), routes.begins.begin());
    std::vector<int64_t> next(routes.begins);
    for (int64_t place = 0; place < rows; ++place) {
        const auto row = size_t(next[size_t(expert_of(node, place))]++);
        routes.places[row] = int32_t(place);
        routes.sources[row] = source_of(node, place);
    }
}

} // namespace

neuron_products::neuron_products(products::Kind kind, bool exact)
    : kind(kind), kernels(required(kind)), exact(exact), attention(*kernels),
      gelus(exact ? neuron_exact_gelus : kernels->gelus) {}

bool neuron_products::can_take(const ggml_tensor * node) const {
    const bool is_dense = node->op == GGML_OP_MUL_MAT && ggml_get_op_params_i32(node, 1) != GGML_HINT_SRC0_IS_HADAMARD
                       && ggml_is_matrix(node->src[0]);
    if (!is_dense && node->op != GGML_OP_MUL_MAT_ID) {
        return false;
    }
    const ggml_tensor * w = node->src[0];
    const ggml_tensor * x = node->src[1];
    const bool is_weight =
        w->buffer != nullptr && ggml_backend_buffer_get_usage(w->buffer) == GGML_BACKEND_BUFFER_USAGE_WEIGHTS
        && (kind == products::Kind::integers ? neuron_is_held_for_kernels(w) : ggml_backend_buffer_is_host(w->buffer));
    const int64_t least = kernels->least_tokens(neuron_format_of(w->type));
    return is_weight && ggml_is_contiguous(w) && ggml_is_contiguous(x) && ggml_is_contiguous(node)
        && x->type == GGML_TYPE_F32 && node->type == GGML_TYPE_F32 && (exact || ggml_nrows(node) >= least * w->ne[2])
        && has_kernel(node);
}

bool neuron_products::has_kernel(const ggml_tensor * node) const {
    const ggml_type type = node->src[0]->type;
    if (kind == products::Kind::integers) {
        // which were compared for dense ones, of one matrix of operands: ggml rounds its last rows in another way
        return node->op == GGML_OP_MUL_MAT && ggml_is_matrix(node->src[1]) && neuron_has_ggml_bits(type);
    }
    return type == GGML_TYPE_F32 || ggml_get_type_traits(type)->to_float != nullptr;
}

void neuron_products::take(ggml_cgraph * graph) {
    for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
        ggml_tensor * node = ggml_graph_node(graph, i);
        const bool is_large = exact || ggml_nrows(node) >= kernels->least_tokens(products::Format::other);
        if (attention.take(node) || (is_large && neuron_take_gelu(node, gelus)) || !can_take(node)) {
            continue;
        }
        node->op = GGML_OP_CUSTOM;
        const TakenParams params = { { compute, GGML_N_TASKS_MAX, this }, node->src[0] };
        ggml_set_op_params(node, &params, sizeof(params));
        if (!ggml_backend_buffer_is_host(node->src[0]->buffer)) {
            node->src[0] = nullptr; // ggml knows no backend that reads its order of rows but for its own products
        }
        const size_t words = size_t(ggml_nrows(node)) * stride_of(node->src[1]) + neuron_line_words;
        rounded.resize(std::max(rounded.size(), words));
    }
}

size_t neuron_products::stride_of(const ggml_tensor * x) const {
    const size_t lines = (size_t(products::words_of(kind, x->ne[0])) + neuron_line_words - 1) / neuron_line_words;
    return (lines | 1) * neuron_line_words; // an even number would have many rows share few lines
}

// A thread's part of them; returns when all parts are rounded.
void neuron_products::round_operands(const ggml_tensor * node, const neuron_routes & routes, int thread, int threads) {
    const ggml_tensor * x = node->src[1];
    const products::Format format = neuron_format_of(weights_of(node)->type);
    const auto rows = int64_t(routes.sources.size());
    for (int64_t row = rows * thread / threads; row < rows * (thread + 1) / threads; ++row) {
        const float * source = static_cast<const float *>(x->data) + routes.sources[size_t(row)] * x->ne[0];
        kernels->round(format, source, neuron_line_of(rounded) + size_t(row) * stride_of(x), x->ne[0]);
    }
    ready.fetch_add(1);
    while (ready.load() < threads) {
        std::this_thread::yield(); // to one of them that may be waiting for this core
    }
}

void neuron_products::compute(ggml_tensor * node, int thread, int threads, void * self) {
    auto & own = *static_cast<neuron_products *>(self);
    static thread_local std::vector<uint32_t> scratch;
    static thread_local neuron_routes routes;
    const ggml_tensor * w = weights_of(node);
    scratch.resize(std::max(scratch.size(), products::scratch_words(own.kind, w->ne[0]) + neuron_line_words));
    find_routes(node, routes); // each thread for itself: sooner done than waited for
    own.round_operands(node, routes, thread, threads);
    const size_t stride = own.stride_of(node->src[1]);
    const int64_t step = rows_at_once(w->ne[1], threads), steps = (w->ne[1] + step - 1) / step;
    // whoever is free takes the next rows: a thread beside a busy program has fewer
    for (int64_t taken; (taken = own.next.fetch_add(1)) < steps * w->ne[2];) {
        const int64_t expert = taken / steps, first = taken % steps * step;
        const auto begin = size_t(routes.begins[size_t(expert)]);
        const int64_t n = routes.begins[size_t(expert) + 1] - int64_t(begin);
        if (n == 0) {
            continue;
        }
        own.kernels->multiply(
            matrix_of(w, expert), first, std::min(w->ne[1], first + step),
            { neuron_line_of(own.rounded) + begin * stride, stride, n, routes.places.data() + begin },
            static_cast<float *>(node->data), size_t(node->ne[0]), neuron_line_of(scratch)
        );
    }
    if (own.done.fetch_add(1) + 1 == threads) { // the others are on their way to ggml's barrier
        own.ready = 0;
        own.next = 0;
        own.done = 0;
    }
}
