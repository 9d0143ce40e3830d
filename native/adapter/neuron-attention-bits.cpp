#include "neuron-attention-bits.h"

#include "neuron-lines.h"
#include "neuron-trial.h"

#include "ggml-backend.h"
#include "ggml.h"

#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace {

constexpr int64_t heads = 8, key_heads = 2, tokens = 16;
constexpr int64_t cells = 77; // more than are computed at once, and some left

std::vector<ggml_fp16_t> halves_of(const std::vector<float> & floats) {
    std::vector<ggml_fp16_t> halves(floats.size());
    ggml_fp32_to_fp16_row(floats.data(), halves.data(), int64_t(floats.size()));
    return halves;
}

struct Trial {
    std::vector<float> queries;      // [tokens][heads][key_size]
    std::vector<ggml_fp16_t> keys;   // [cells][key_heads][key_size]
    std::vector<ggml_fp16_t> values; // [cells][key_heads][value_size]
    std::vector<ggml_fp16_t> mask;   // [tokens][cells]
    float scale;
    int64_t key_size;
    int64_t value_size;
};

// The first token sees no cell, the others every third, every second or each, up to another one.
Trial trial_of(int64_t key_size, int64_t value_size) {
    std::vector<float> mask(size_t(tokens * cells), -INFINITY);
    for (int64_t token = 1; token < tokens; ++token) {
        for (int64_t cell = 0; cell < cells - 2 * token; cell += 1 + token % 3) {
            mask[size_t(token * cells + cell)] = 0;
        }
    }
    return { neuron_trial_values(tokens * heads * key_size, 1.3f),
             halves_of(neuron_trial_values(cells * key_heads * key_size, 0.7f)),
             halves_of(neuron_trial_values(cells * key_heads * value_size, 0.9f)),
             halves_of(mask),
             1 / std::sqrt(float(key_size)),
             key_size,
             value_size };
}

// [tokens][heads][value_size]; empty where ggml cannot compute it.
std::vector<float> by_ggml(const Trial & trial) {
    const ggml_backend_ptr backend = neuron_trial_backend();
    const ggml_init_params size = { 16 * ggml_tensor_overhead() + ggml_graph_overhead(), nullptr, /*.no_alloc =*/true };
    const ggml_context_ptr context(ggml_init(size));
    if (!backend || !context) {
        return {};
    }
    ggml_context * c = context.get();
    ggml_tensor * q = ggml_new_tensor_3d(c, GGML_TYPE_F32, trial.key_size, heads, tokens);
    ggml_tensor * k = ggml_new_tensor_3d(c, GGML_TYPE_F16, trial.key_size, key_heads, cells);
    ggml_tensor * v = ggml_new_tensor_3d(c, GGML_TYPE_F16, trial.value_size, key_heads, cells);
    ggml_tensor * mask = ggml_new_tensor_2d(c, GGML_TYPE_F16, cells, tokens);
    const auto by_heads = [&](ggml_tensor * tensor) { return ggml_permute(c, tensor, 0, 2, 1, 3); };
    ggml_tensor * out = ggml_flash_attn_ext(c, by_heads(q), by_heads(k), by_heads(v), mask, trial.scale, 0, 0);
    ggml_cgraph * graph = ggml_new_graph(c);
    ggml_build_forward_expand(graph, out);
    const ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(c, backend.get()));
    if (!buffer || !ggml_backend_supports_op(backend.get(), out)) {
        return {};
    }
    ggml_backend_tensor_set(q, trial.queries.data(), 0, ggml_nbytes(q));
    ggml_backend_tensor_set(k, trial.keys.data(), 0, ggml_nbytes(k));
    ggml_backend_tensor_set(v, trial.values.data(), 0, ggml_nbytes(v));
    ggml_backend_tensor_set(mask, trial.mask.data(), 0, ggml_nbytes(mask));
    if (ggml_backend_graph_compute(backend.get(), graph) != GGML_STATUS_SUCCESS) {
        return {};
    }
    std::vector<float> means(size_t(tokens * heads * trial.value_size));
    ggml_backend_tensor_get(out, means.data(), 0, means.size() * sizeof(float));
    return means;
}

// Of one row after another, each of `heads` heads side by side.
template <typename Value>
products::Strided strided(const std::vector<Value> & data, int64_t heads_of_row, int64_t head_values) {
    const size_t head = size_t(head_values) * sizeof(Value);
    return { reinterpret_cast<const char *>(data.data()), head * size_t(heads_of_row), head, 0 };
}

std::vector<float> by_kernel(const Trial & trial, const products::AttentionKernel & kernel) {
    std::vector<float> means(size_t(tokens * heads * trial.value_size));
    const products::Attention all = { strided(trial.queries, heads, trial.key_size),
                                      strided(trial.keys, key_heads, trial.key_size),
                                      strided(trial.values, key_heads, trial.value_size),
                                      strided(trial.mask, 1, cells),
                                      means.data(),
                                      trial.key_size,
                                      trial.value_size,
                                      tokens,
                                      cells,
                                      heads,
                                      key_heads,
                                      trial.scale };
    for (int64_t head = 0; head < key_heads; ++head) {
        const products::AttentionPart part = { 0, head, 0, tokens };
        std::vector<uint32_t> scratch(kernel.words(all, part) + neuron_line_words);
        kernel.attend(all, part, neuron_line_of(scratch));
    }
    return means;
}

bool are_equal(const std::vector<float> & a, const std::vector<float> & b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

const products::AttentionKernel * find_equal(int64_t key_size, int64_t value_size) {
    const products::AttentionKernel & apart = *products::cellwise_attention(false);
    const products::AttentionKernel & fused = *products::cellwise_attention(true);
    const Trial trial = trial_of(key_size, value_size);
    const std::vector<float> by_apart = by_kernel(trial, apart), by_fused = by_kernel(trial, fused);
    if (are_equal(by_apart, by_fused)) {
        return nullptr; // a trial that does not tell which of them is ggml's
    }
    const std::vector<float> expected = by_ggml(trial);
    return are_equal(expected, by_apart) ? &apart : are_equal(expected, by_fused) ? &fused : nullptr;
}

} // namespace

const products::AttentionKernel * neuron_attention_with_ggml_bits(int64_t key_size, int64_t value_size) {
    if (products::cellwise_attention(false) == nullptr
        || ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) == nullptr) { // it is not loaded yet
        return nullptr;
    }
    static std::mutex mutex;
    static std::map<std::pair<int64_t, int64_t>, const products::AttentionKernel *> known;
    const std::lock_guard<std::mutex> lock(mutex);
    const std::pair<int64_t, int64_t> sizes = { key_size, value_size };
    const auto found = known.find(sizes);
    return found != known.end() ? found->second : (known[sizes] = find_equal(key_size, value_size));
}

bool llama_neurons_attention_has_ggml_bits(int64_t key_size, int64_t value_size) {
    return neuron_attention_with_ggml_bits(key_size, value_size) != nullptr;
}
