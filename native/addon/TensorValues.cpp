#include "TensorValues.h"

#include <cstdlib>
#include <cstring>

int layer_of(const char * name) {
    const char * dash = std::strrchr(name, '-');
    return dash == nullptr ? -1 : std::atoi(dash + 1);
}

std::vector<char> bytes_of(const ggml_tensor * tensor) {
    std::vector<char> bytes(ggml_nbytes(tensor));
    ggml_backend_tensor_get(tensor, bytes.data(), 0, bytes.size());
    return bytes;
}

std::vector<float> values_of(const ggml_tensor * tensor, int64_t columns, int64_t first) {
    const std::vector<char> bytes = bytes_of(tensor);
    std::vector<float> values;
    for (int64_t t = 0; t < tensor->ne[2]; ++t) {
        for (int64_t s = 0; s < tensor->ne[1]; ++s) {
            const char * row = bytes.data() + size_t(t) * tensor->nb[2] + size_t(s) * tensor->nb[1];
            const auto * begin = reinterpret_cast<const float *>(row) + first;
            values.insert(values.end(), begin, begin + columns);
        }
    }
    return values;
}
