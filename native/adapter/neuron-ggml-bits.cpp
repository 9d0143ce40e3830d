#include "neuron-ggml-bits.h"

#include "neuron-trial.h"

#include "ggml-backend.h"
#include "ggml-cpp.h"

#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <vector>

namespace {

// Not the sizes of a kernel's tiles; whole blocks of every format, and rows that ggml keeps side by side.
constexpr int64_t rows = 88;
constexpr int64_t width = 768;

// Formats whose kernel is for ggml's own order of rows.
bool is_in_own_order(products::Format format) {
    return format == products::Format::q4_k;
}

// Formats that no kernel multiplies as ggml does.
bool is_without_kernel(products::Format format) {
    return format == products::Format::other || format == products::Format::q4_0 || format == products::Format::q5_k;
}

bool is_side_by_side(ggml_backend_buffer_type_t type) {
    return std::strcmp(ggml_backend_buft_name(type), "CPU_REPACK") == 0;
}

// Where the backend keeps weights in an order of its own; nullptr: it has no such orders.
ggml_backend_buffer_type_t own_order(ggml_backend_dev_t device) {
    const auto extra_types = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
        ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts")
    );
    ggml_backend_buffer_type_t * types = extra_types == nullptr ? nullptr : extra_types(device);
    while (types != nullptr && *types != nullptr && !is_side_by_side(*types)) {
        ++types;
    }
    return types == nullptr ? nullptr : *types;
}

std::vector<float> by_integers(const ggml_tensor * w, const std::vector<float> & operands) {
    const int64_t tokens = int64_t(operands.size()) / width;
    const products::Kernels & kernels = *products::kernels_of(products::Kind::integers);
    const products::Format format = neuron_format_of(w->type);
    const auto stride = size_t(products::words_of(products::Kind::integers, width));
    std::vector<uint32_t> words(stride * size_t(tokens));
    for (int64_t i = 0; i < tokens; ++i) {
        kernels.round(format, operands.data() + i * width, words.data() + size_t(i) * stride, width);
    }
    const products::Matrix matrix = { static_cast<const char *>(w->data),
                                      w->nb[1],
                                      rows,
                                      width,
                                      ggml_blck_size(w->type),
                                      ggml_type_size(w->type),
                                      nullptr,
                                      format };
    std::vector<uint32_t> scratch(products::scratch_words(products::Kind::integers, width));
    std::vector<int32_t> places(size_t(tokens), 0);
    std::iota(places.begin(), places.end(), 0);
    std::vector<float> found(size_t(rows * tokens));
    kernels.multiply(
        matrix, 0, rows, { words.data(), stride, tokens, places.data() }, found.data(), size_t(rows), scratch.data()
    );
    return found;
}

// The products of [rows, width] and [tokens, width] by ggml and by the kernels.
struct BothWays {
    std::vector<float> ggml;
    std::vector<float> kernels;
};

// Empty where ggml has no CPU backend, or cannot compute it, or keeps such weights in another order than is known.
BothWays multiply(ggml_type type, const std::vector<char> & weights, const std::vector<float> & operands) {
    const int64_t tokens = int64_t(operands.size()) / width;
    const ggml_backend_ptr backend = neuron_trial_backend();
    const ggml_init_params size = { 8 * ggml_tensor_overhead() + ggml_graph_overhead(), nullptr, /*.no_alloc =*/true };
    const ggml_context_ptr stored(ggml_init(size)), context(ggml_init(size));
    if (!backend || !stored || !context) {
        return {};
    }
    ggml_backend_dev_t device = ggml_backend_get_device(backend.get());
    ggml_tensor * w = ggml_new_tensor_2d(stored.get(), type, width, rows);
    ggml_tensor * x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, width, tokens);
    ggml_tensor * y = ggml_mul_mat(context.get(), w, x);
    ggml_cgraph * graph = ggml_new_graph(context.get());
    ggml_build_forward_expand(graph, y);
    ggml_backend_buffer_type_t order = is_in_own_order(neuron_format_of(type))
                                         ? own_order(device)
                                         : ggml_backend_get_default_buffer_type(backend.get());
    if (order == nullptr) {
        return {};
    }
    const ggml_backend_buffer_ptr weight_buffer(ggml_backend_alloc_ctx_tensors_from_buft(stored.get(), order));
    const ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
    if (!weight_buffer || !buffer || !ggml_backend_supports_op(backend.get(), y)) {
        return {};
    }
    ggml_backend_tensor_set(w, weights.data(), 0, weights.size());
    ggml_backend_tensor_set(x, operands.data(), 0, operands.size() * sizeof(float));
    if (ggml_backend_graph_compute(backend.get(), graph) != GGML_STATUS_SUCCESS) {
        return {};
    }
    BothWays found = { std::vector<float>(size_t(rows * tokens)), by_integers(w, operands) };
    ggml_backend_tensor_get(y, found.ggml.data(), 0, found.ggml.size() * sizeof(float));
    return found;
}

bool is_equal(ggml_type type, int64_t tokens) {
    const std::vector<float> values = neuron_trial_values(rows * width, 0.7f);
    std::vector<char> weights(ggml_row_size(type, width) * size_t(rows));
    ggml_quantize_chunk(type, values.data(), weights.data(), 0, rows, width, nullptr);
    const std::vector<float> operands = neuron_trial_values(tokens * width, 1.3f);
    const BothWays found = multiply(type, weights, operands);
    return !found.ggml.empty()
        && std::memcmp(found.ggml.data(), found.kernels.data(), found.ggml.size() * sizeof(float)) == 0;
}

} // namespace

products::Format neuron_format_of(ggml_type type) {
    switch (type) {
        case GGML_TYPE_Q8_0: return products::Format::q8_0;
        case GGML_TYPE_Q5_0: return products::Format::q5_0;
        case GGML_TYPE_Q5_1: return products::Format::q5_1;
        case GGML_TYPE_Q4_0: return products::Format::q4_0;
        case GGML_TYPE_Q4_1: return products::Format::q4_1;
        case GGML_TYPE_Q6_K: return products::Format::q6_k;
        case GGML_TYPE_Q4_K: return products::Format::q4_k;
        case GGML_TYPE_Q5_K: return products::Format::q5_k;
        default: return products::Format::other;
    }
}

bool neuron_is_held_for_kernels(const ggml_tensor * w) {
    return is_in_own_order(neuron_format_of(w->type)) ? is_side_by_side(ggml_backend_buffer_get_type(w->buffer))
                                                      : ggml_backend_buffer_is_host(w->buffer);
}

bool neuron_has_ggml_bits(ggml_type type) {
    if (is_without_kernel(neuron_format_of(type)) || products::kernels_of(products::Kind::integers) == nullptr
        || ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) == nullptr) { // it is not loaded yet
        return false;
    }
    static std::mutex mutex;
    static std::map<ggml_type, bool> known;
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = known.find(type);
    return found != known.end() ? found->second
                                : (known[type] = is_equal(type, 4) && is_equal(type, 39)); // fours alone, and some left
}

std::vector<std::string> llama_neurons_ggml_bits() {
    std::vector<std::string> names;
    for (int type = 0; type < GGML_TYPE_COUNT; ++type) {
        if (neuron_has_ggml_bits(ggml_type(type))) {
            names.emplace_back(ggml_type_name(ggml_type(type)));
        }
    }
    return names;
}
