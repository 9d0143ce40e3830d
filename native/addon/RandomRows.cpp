#include "RandomRows.h"

#include "Failure.h"

#include <random>
#include <string>

// ggml_quantize_chunk ends the process for other types. Q8_1 and Q8_K are of activations.
static bool is_of_weights(ggml_type type) {
    return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16
        || (ggml_is_quantized(type) && type != GGML_TYPE_Q8_1 && type != GGML_TYPE_Q8_K);
}

std::vector<uint8_t> random_rows(ggml_type type, int64_t width, int64_t rows, float bound, uint64_t seed) {
    if (!is_of_weights(type)) {
        fail("UNSUPPORTED", std::string("no weights can be written as ") + ggml_type_name(type));
    }
    std::mt19937_64 generator(seed);
    std::vector<float> row(width);
    const std::vector<float> importance(ggml_quantize_requires_imatrix(type) ? width : 0, 1.0f);
    const size_t bytes = ggml_row_size(type, width);
    std::vector<uint8_t> written(bytes * rows);
    for (int64_t i = 0; i < rows; ++i) {
        for (float & weight : row) {
            // 24 bits: what F32 holds. The standard's distributions differ from library to library.
            weight = bound * (float(generator() >> 40) * 0x1p-23f - 1.0f);
        }
        uint8_t * to = written.data() + bytes * i;
        ggml_quantize_chunk(type, row.data(), to, 0, 1, width, importance.empty() ? nullptr : importance.data());
    }
    return written;
}
