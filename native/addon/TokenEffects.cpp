#include "TokenEffects.h"

#include "Failure.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace {

// Rows that are dequantized at a time where only some columns of them are kept.
constexpr int64_t column_rows = 256;

ggml_context_ptr context_of(size_t tensors) {
    const size_t size = tensors * ggml_tensor_overhead() + ggml_graph_overhead();
    return ggml_context_ptr(ggml_init({ size, /*mem_buffer=*/nullptr, /*no_alloc=*/true }));
}

ggml_backend_buffer_ptr allocate(ggml_context * context, ggml_backend_t backend) {
    ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(context, backend));
    if (!buffer) {
        fail("OUT_OF_MEMORY", "no memory for the neurons' effects; ask for fewer neurons at a time");
    }
    return buffer;
}

} // namespace

std::vector<char> FileMatrix::read_bytes(int64_t first, int64_t count) const {
    const size_t row_bytes = ggml_row_size(type, width);
    std::vector<char> bytes(row_bytes * size_t(count));
    std::ifstream file(std::filesystem::u8path(path), std::ios::binary);
    if (!file) {
        fail("NOT_FOUND", path + ": cannot be read");
    }
    file.seekg(std::streamoff(offset + row_bytes * uint64_t(first)));
    if (!file.read(bytes.data(), std::streamsize(bytes.size()))) {
        fail("DAMAGED", path + ": ends before its tensors do; download the file again");
    }
    return bytes;
}

std::vector<float> FileMatrix::read_rows(int64_t first, int64_t count) const {
    const auto * traits = ggml_get_type_traits(type);
    if (type != GGML_TYPE_F32 && traits->to_float == nullptr) {
        fail("UNSUPPORTED", path + ": weights of type " + ggml_type_name(type) + " cannot be dequantized");
    }
    const std::vector<char> bytes = read_bytes(first, count);
    std::vector<float> values(size_t(width * count));
    if (type == GGML_TYPE_F32) {
        std::memcpy(values.data(), bytes.data(), bytes.size());
    } else {
        traits->to_float(bytes.data(), values.data(), width * count);
    }
    return values;
}

std::vector<float> FileMatrix::read_columns(const std::vector<int32_t> & columns) const {
    std::vector<float> result(columns.size() * size_t(rows));
    for (int64_t first = 0; first < rows; first += column_rows) {
        const int64_t count = std::min(column_rows, rows - first);
        const std::vector<float> values = read_rows(first, count);
        for (size_t c = 0; c < columns.size(); ++c) {
            for (int64_t row = 0; row < count; ++row) {
                result[c * size_t(rows) + size_t(first + row)] = values[size_t(row * width + columns[c])];
            }
        }
    }
    return result;
}

std::vector<float> FinalNorm::apply(const std::vector<float> & vectors, int64_t width) const {
    std::vector<float> result(vectors.size());
    const size_t columns = size_t(width);
    for (size_t first = 0; first < vectors.size(); first += columns) {
        const float * vector = vectors.data() + first;
        double mean = 0, squares = 0;
        for (size_t i = 0; centred && i < columns; ++i) {
            mean += double(vector[i]) / double(width);
        }
        for (size_t i = 0; i < columns; ++i) {
            squares += (vector[i] - mean) * (vector[i] - mean);
        }
        const double scale = 1 / std::sqrt(squares / double(width) + epsilon);
        for (size_t i = 0; i < columns; ++i) {
            const double weight = weights.empty() ? 1 : weights[i];
            result[first + i] = float((vector[i] - mean) * scale * weight + (bias.empty() ? 0 : bias[i]));
        }
    }
    return result;
}

TokenEffects::TokenEffects(const std::vector<float> & values, int64_t width, size_t kept, int threads, bool dequantized)
    : most(kept), dequantized(dequantized), width(width), n(int64_t(values.size()) / width),
      backend(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr)), context(context_of(1)) {
    if (!backend) {
        fail("BUILD", "ggml's CPU backend is not there; install language-neurons again");
    }
    ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(backend.get()));
    const auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads")
    );
    if (set_threads != nullptr) {
        set_threads(backend.get(), threads);
    }
    vectors = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, width, n);
    buffer = allocate(context.get(), backend.get());
    ggml_backend_tensor_set(vectors, values.data(), 0, values.size() * sizeof(float));
    this->kept.raised.resize(size_t(n));
    this->kept.lowered.resize(size_t(n));
    sums.resize(size_t(n));
    summed.resize(size_t(n));
}

void TokenEffects::add(const FileMatrix & rows, const std::vector<float> & biases) {
    const ggml_context_ptr own = context_of(2);
    ggml_tensor * weights = ggml_new_tensor_2d(own.get(), dequantized ? GGML_TYPE_F32 : rows.type, width, rows.rows);
    ggml_tensor * products = ggml_mul_mat(own.get(), weights, vectors); // [n, rows]
    const ggml_backend_buffer_ptr allocated = allocate(own.get(), backend.get());
    if (dequantized) {
        const std::vector<float> head = rows.read_rows(0, rows.rows);
        ggml_backend_tensor_set(weights, head.data(), 0, head.size() * sizeof(float));
    } else {
        const std::vector<char> head = rows.read_bytes(0, rows.rows);
        ggml_backend_tensor_set(weights, head.data(), 0, head.size());
    }
    ggml_cgraph * graph = ggml_new_graph(own.get());
    ggml_build_forward_expand(graph, products);
    if (ggml_backend_graph_compute(backend.get(), graph) != GGML_STATUS_SUCCESS) {
        fail("NATIVE", "ggml failed to multiply the output head");
    }
    std::vector<float> values(size_t(n * rows.rows));
    ggml_backend_tensor_get(products, values.data(), 0, values.size() * sizeof(float));
    for (size_t i = 0; !biases.empty() && i < values.size(); ++i) {
        values[i] += biases[i % biases.size()];
    }
    take(values.data(), rows.rows);
}

std::vector<double> TokenEffects::means() const {
    std::vector<double> result(sums.size());
    for (size_t i = 0; i < sums.size(); ++i) {
        result[i] = summed[i] == 0 ? 0 : sums[i] / double(summed[i]);
    }
    return result;
}

void TokenEffects::take(const float * products, int64_t n_rows) {
    // Lists stay sorted; after the first tokens hardly any gets in.
    const auto keep = [this](std::vector<Token> & list, Token found, float sign) {
        const auto before = [sign](const Token & a, const Token & b) { return sign * a.effect > sign * b.effect; };
        if (list.size() == most) {
            if (!before(found, list.back())) {
                return;
            }
            list.pop_back();
        }
        list.insert(std::upper_bound(list.begin(), list.end(), found, before), found);
    };
    for (int64_t i = 0; i < n; ++i) {
        double sum = 0;
        int64_t finite = 0;
        for (int64_t row = 0; row < n_rows; ++row) {
            const Token found = { next_token + int32_t(row), products[i * n_rows + row] };
            if (std::isfinite(found.effect)) {
                keep(kept.raised[size_t(i)], found, 1);
                keep(kept.lowered[size_t(i)], found, -1);
                sum += double(found.effect);
                ++finite;
            }
        }
        sums[size_t(i)] += sum;
        summed[size_t(i)] += finite;
    }
    next_token += int32_t(n_rows);
}
