#include "InputSquares.h"

#include "TensorValues.h"

#include <cstring>

namespace {

// The weights' name without the device that a copy of them may be named after: "CUDA0#blk.3.ffn_up.weight#0".
std::string weights_of(const ggml_tensor * product) {
    const std::string name = product->src[0]->name;
    const size_t begin = name.find('#');
    if (begin == std::string::npos) {
        return name;
    }
    const size_t end = name.find('#', begin + 1);
    return name.substr(begin + 1, end == std::string::npos ? std::string::npos : end - begin - 1);
}

bool ends(const std::string & text, const char * with) {
    const size_t length = std::strlen(with);
    return text.size() >= length && text.compare(text.size() - length, length, with) == 0;
}

// A product of F32 vectors with a layer's own weights: no adapter's, none of attention's keys.
bool is_wanted(const ggml_tensor * tensor) {
    if ((tensor->op != GGML_OP_MUL_MAT && tensor->op != GGML_OP_MUL_MAT_ID) || tensor->src[1]->type != GGML_TYPE_F32) {
        return false;
    }
    const std::string name = weights_of(tensor);
    return name.compare(0, 4, "blk.") == 0 && ends(name, ".weight");
}

} // namespace

bool InputSquares::on_eval(ggml_tensor * tensor, bool ask, void * user_data) {
    auto * self = static_cast<InputSquares *>(user_data);
    const bool wanted = self->reading && is_wanted(tensor);
    if (wanted && !ask) {
        self->take(tensor);
    }
    return ask ? wanted : true;
}

template <typename Matrix>
void InputSquares::add(Entry & entry, const ggml_tensor * inputs, int64_t i3, Matrix matrix) {
    const std::vector<char> bytes = bytes_of(inputs);
    const auto width = size_t(inputs->ne[0]);
    for (int64_t i2 = 0; i2 < inputs->ne[2]; ++i2) {
        for (int64_t i1 = 0; i1 < inputs->ne[1]; ++i1) {
            const char * row =
                bytes.data() + size_t(i3) * inputs->nb[3] + size_t(i2) * inputs->nb[2] + size_t(i1) * inputs->nb[1];
            const auto * values = reinterpret_cast<const float *>(row);
            const auto place = size_t(matrix(i2, i1));
            double * sums = entry.sums.data() + place * width;
            for (size_t j = 0; j < width; ++j) {
                sums[j] += double(values[j]) * double(values[j]);
            }
            entry.rows[place]++;
        }
    }
}

void InputSquares::take(const ggml_tensor * product) {
    const ggml_tensor * weights = product->src[0];
    const ggml_tensor * inputs = product->src[1];
    const auto matrices = size_t(weights->ne[2] * weights->ne[3]);
    Entry & entry = found[weights_of(product)];
    entry.sums.resize(matrices * size_t(inputs->ne[0]), 0.0);
    entry.rows.resize(matrices, 0);
    if (product->op == GGML_OP_MUL_MAT) {
        for (int64_t i3 = 0; i3 < inputs->ne[3]; ++i3) {
            add(entry, inputs, i3,
                [&](int64_t i2, int64_t /*i1*/) { return i3 % weights->ne[3] * weights->ne[2] + i2 % weights->ne[2]; });
        }
        return;
    }
    // Experts: [width, used or 1, tokens], which go to those that the ids name, [used, tokens].
    const ggml_tensor * ids = product->src[2];
    const std::vector<char> selected = bytes_of(ids);
    for (int64_t slot = 0; slot < ids->ne[0]; ++slot) {
        if (slot > 0 && inputs->ne[1] > 1) {
            break; // each slot has a vector of its own: all were added in the first round
        }
        add(entry, inputs, 0, [&](int64_t token, int64_t own) {
            const size_t at = size_t(token) * ids->nb[1] + size_t(slot + own) * ids->nb[0];
            return *reinterpret_cast<const int32_t *>(selected.data() + at);
        });
    }
}
