#include "neuron-attention.h"

#include "neuron-attention-bits.h"
#include "neuron-lines.h"

#include "ggml-backend.h"
#include "ggml-impl.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace {

// What ggml keeps of a node of attention, as ggml_flash_attn_ext writes it.
struct GgmlParams {
    float scale;
    float most_bias; // by distance, ALiBi
    float cap;       // on scores
};

// What a node says once it is taken over.
struct AttentionParams {
    ggml_custom_op_params custom;
    const products::AttentionKernel * kernel;
    float scale;
};
static_assert(sizeof(AttentionParams) <= GGML_MAX_OP_PARAMS, "ggml keeps no more");

template <typename Params> Params params_of(const ggml_tensor * node) {
    Params params;
    std::memcpy(&params, node->op_params, sizeof(params)); // they may lie anywhere
    return params;
}

bool is_in_memory(const ggml_tensor * tensor) {
    const ggml_backend_buffer_t buffer = tensor->view_src != nullptr ? tensor->view_src->buffer : tensor->buffer;
    return buffer != nullptr && ggml_backend_buffer_is_host(buffer);
}

products::Strided strided(const ggml_tensor * tensor) {
    return { static_cast<const char *>(tensor->data), tensor->nb[1], tensor->nb[2], tensor->nb[3] };
}

products::Attention attention_of(const ggml_tensor * node) {
    const ggml_tensor *q = node->src[0], *k = node->src[1], *v = node->src[2], *mask = node->src[3];
    products::Attention all = {
        strided(q), strided(k), strided(v), strided(mask), static_cast<float *>(node->data),      q->ne[0], v->ne[0],
        q->ne[1],   k->ne[1],   q->ne[2],   k->ne[2],      params_of<AttentionParams>(node).scale
    };
    if (mask->ne[3] == 1) {
        all.mask.stream = 0; // one for all
    }
    return all;
}

// Tokens of a part: so many that keys are seldom laid out, so few that all threads are busy to the end and the sums of
// all heads that share the keys stay in a core's own cache.
int64_t tokens_at_once(const products::Attention & all, int64_t tile, int64_t streams, int threads) {
    constexpr int64_t most_values = 1 << 17, shares = 2; // of a thread
    const auto tiles = [tile](int64_t tokens) { return (tokens + tile - 1) / tile; };
    const int64_t most = most_values / (all.heads / all.key_heads * all.value_size) / tile;
    const int64_t parts = (shares * threads + streams * all.key_heads - 1) / (streams * all.key_heads);
    return tile * std::clamp<int64_t>(tiles((all.tokens + parts - 1) / parts), 1, std::max<int64_t>(most, 1));
}

// Whether its operands are as the kernels read them.
bool is_known(const ggml_tensor * node) {
    if (node->op != GGML_OP_FLASH_ATTN_EXT) {
        return false;
    }
    const ggml_tensor *q = node->src[0], *k = node->src[1], *v = node->src[2], *mask = node->src[3];
    const auto params = params_of<GgmlParams>(node);
    const bool is_plain = node->src[4] == nullptr && params.most_bias == 0 && params.cap == 0;
    const auto rows_are = [](const ggml_tensor * tensor, ggml_type type) {
        return tensor->type == type && tensor->nb[0] == ggml_type_size(type);
    };
    return is_plain && mask != nullptr && mask->ne[2] == 1 && rows_are(mask, GGML_TYPE_F16)
        && rows_are(q, GGML_TYPE_F32) && rows_are(k, GGML_TYPE_F16) && rows_are(v, GGML_TYPE_F16)
        && k->ne[2] == v->ne[2] && q->ne[2] % k->ne[2] == 0 && ggml_is_contiguous(node) && is_in_memory(k)
        && is_in_memory(v);
}

// Whether ggml takes one cell after another, and one value of a head beside whole steps of 64 after another, which
// takes long. For batches of 64 tokens it has tiles, of values in whole registers; and it shares the cells of a single
// token out to threads where there are many.
bool is_slow_in_ggml(const ggml_tensor * node) {
    constexpr int64_t step = 64, tile = 64, lanes = 16, many_cells = 512;
    const ggml_tensor *q = node->src[0], *k = node->src[1], *v = node->src[2];
    const bool is_shared_out = q->ne[1] == 1 && q->ne[3] == 1 && k->ne[1] >= many_cells;
    const bool is_cellwise = !is_shared_out && (q->ne[1] < tile || v->ne[0] % lanes != 0);
    return is_cellwise && (k->ne[0] % step != 0 || v->ne[0] % step != 0);
}

} // namespace

const products::AttentionKernel * neuron_attention::kernel_of(const ggml_tensor * node) const {
    if (!is_known(node)) {
        return nullptr;
    }
    const ggml_tensor *q = node->src[0], *k = node->src[1], *v = node->src[2];
    if (kernels.attention != nullptr && q->ne[1] >= kernels.least_tokens(products::Format::other)) {
        return kernels.attention;
    }
    return is_slow_in_ggml(node) ? neuron_attention_with_ggml_bits(k->ne[0], v->ne[0]) : nullptr;
}

bool neuron_attention::take(ggml_tensor * node) {
    const products::AttentionKernel * kernel = kernel_of(node);
    if (kernel == nullptr) {
        return false;
    }
    node->op = GGML_OP_CUSTOM;
    const AttentionParams params = { { compute, GGML_N_TASKS_MAX, this }, kernel, params_of<GgmlParams>(node).scale };
    ggml_set_op_params(node, &params, sizeof(params));
    return true;
}

void neuron_attention::compute(ggml_tensor * node, int, int threads, void * self) {
    auto & own = *static_cast<neuron_attention *>(self);
    static thread_local std::vector<uint32_t> scratch;
    const products::Attention all = attention_of(node);
    const products::AttentionKernel & kernel = *params_of<AttentionParams>(node).kernel;
    const int64_t streams = node->ne[3], step = tokens_at_once(all, kernel.tile, streams, threads);
    const int64_t steps = (all.tokens + step - 1) / step;
    // whoever is free takes the next part; the last tokens first, which see the most
    for (int64_t taken; (taken = own.next.fetch_add(1)) < steps * streams * all.key_heads;) {
        const int64_t first = (steps - 1 - taken % steps) * step, head = taken / steps;
        const products::AttentionPart part = { head / all.key_heads, head % all.key_heads, first,
                                               std::min(first + step, all.tokens) };
        scratch.resize(std::max(scratch.size(), kernel.words(all, part) + neuron_line_words));
        kernel.attend(all, part, neuron_line_of(scratch));
    }
    if (own.done.fetch_add(1) + 1 == threads) { // the others are on their way to ggml's barrier
        own.next = 0;
        own.done = 0;
    }
}
