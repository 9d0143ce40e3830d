#include "neuron-ggml-bits.h"

#include "ggml-backend.h"
#include "ggml-cpp.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <vector>

namespace {

// Not the sizes of a kernel's tiles.
constexpr int64_t rows = 77;
constexpr int64_t width = 672;

// A wave of slowly changing height: blocks with different scales, values of both signs.
std::vector<float> wave(int64_t n, float step) {
    std::vector<float> values(size_t(n), 0.0f);
    for (int64_t i = 0; i < n; ++i) {
        const float at = float(i);
        values[size_t(i)] = std::sin(at * step) * (0.3f + 2.0f * std::fabs(std::sin(at * 0.0173f)));
    }
    std::fill(values.begin(), values.begin() + products::integer_block, 0.0f);
    return values;
}

// Of [rows, width] and [tokens, width]. Empty where ggml has no CPU backend, or cannot compute it.
std::vector<float> by_ggml(ggml_type type, const std::vector<char> & weights, const std::vector<float> & operands) {
    const int64_t tokens = int64_t(operands.size()) / width;
    const ggml_backend_ptr backend(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
    const ggml_context_ptr context(
        ggml_init({ 8 * ggml_tensor_overhead() + ggml_graph_overhead(), nullptr, /*.no_alloc =*/true })
    );
    if (!backend || !context) {
        return {};
    }
    ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(backend.get()));
    const auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads")
    );
    if (set_threads != nullptr) {
        set_threads(backend.get(), 1);
    }
    ggml_tensor * w = ggml_new_tensor_2d(context.get(), type, width, rows);
    ggml_tensor * x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, width, tokens);
    ggml_tensor * y = ggml_mul_mat(context.get(), w, x);
    ggml_cgraph * graph = ggml_new_graph(context.get());
    ggml_build_forward_expand(graph, y);
    const ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(context.get(), backend.get()));
    if (!buffer) {
        return {};
    }
    ggml_backend_tensor_set(w, weights.data(), 0, weights.size());
    ggml_backend_tensor_set(x, operands.data(), 0, operands.size() * sizeof(float));
    if (ggml_backend_graph_compute(backend.get(), graph) != GGML_STATUS_SUCCESS) {
        return {};
    }
    std::vector<float> found(size_t(rows * tokens));
    ggml_backend_tensor_get(y, found.data(), 0, found.size() * sizeof(float));
    return found;
}

std::vector<float> by_integers(ggml_type type, const std::vector<char> & weights, const std::vector<float> & operands) {
    const int64_t tokens = int64_t(operands.size()) / width;
    const products::Kernels & kernels = *products::kernels_of(products::Kind::integers);
    const auto stride = size_t(products::words_of(products::Kind::integers, width));
    std::vector<uint32_t> words(stride * size_t(tokens));
    for (int64_t i = 0; i < tokens; ++i) {
        kernels.round(operands.data() + i * width, words.data() + size_t(i) * stride, width);
    }
    const products::Matrix w = { weights.data(),          ggml_row_size(type, width), rows,    width,
                                 products::integer_block, ggml_type_size(type),       nullptr, neuron_format_of(type) };
    std::vector<uint32_t> scratch(products::scratch_words(products::Kind::integers, width));
    std::vector<int32_t> places(size_t(tokens), 0);
    std::iota(places.begin(), places.end(), 0);
    std::vector<float> found(size_t(rows * tokens));
    for (int64_t first = 0; first < rows; first += products::panel_rows) {
        kernels.multiply(
            w, first, { words.data(), stride, tokens, places.data() }, found.data(), size_t(rows), scratch.data()
        );
    }
    return found;
}

bool is_equal(ggml_type type, int64_t tokens) {
    const std::vector<float> values = wave(rows * width, 0.7f);
    std::vector<char> weights(ggml_row_size(type, width) * size_t(rows));
    ggml_quantize_chunk(type, values.data(), weights.data(), 0, rows, width, nullptr);
    const std::vector<float> operands = wave(tokens * width, 1.3f);
    const std::vector<float> expected = by_ggml(type, weights, operands);
    const std::vector<float> found = by_integers(type, weights, operands);
    return expected.size() == found.size()
        && std::memcmp(expected.data(), found.data(), found.size() * sizeof(float)) == 0;
}

} // namespace

products::Format neuron_format_of(ggml_type type) {
    switch (type) {
        case GGML_TYPE_Q8_0: return products::Format::q8_0;
        case GGML_TYPE_Q5_0: return products::Format::q5_0;
        case GGML_TYPE_Q5_1: return products::Format::q5_1;
        case GGML_TYPE_Q4_1: return products::Format::q4_1;
        default: return products::Format::other;
    }
}

bool neuron_has_ggml_bits(ggml_type type) {
    if (neuron_format_of(type) == products::Format::other || products::kernels_of(products::Kind::integers) == nullptr
        || ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) == nullptr) { // it is not loaded yet
        return false;
    }
    static std::mutex mutex;
    static std::map<ggml_type, bool> known;
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = known.find(type);
    return found != known.end() ? found->second
                                : (known[type] = is_equal(type, least_integer_tokens) && is_equal(type, 35));
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
