#include "CallbackCounter.h"

#include "TensorValues.h"

#include <algorithm>
#include <cstring>

namespace {

bool begins(const char * name, const char * with) {
    return std::strncmp(name, with, std::strlen(with)) == 0;
}

// What llama.cpp's FFN builders name the operands of their functions.
bool is_operand(const char * name) {
    return begins(name, "ffn_gate") || begins(name, "ffn_up") || begins(name, "ffn_moe_gate")
        || begins(name, "ffn_moe_up");
}

// Not the sigmoid that routes.
bool is_function(const ggml_tensor * tensor) {
    if (!begins(tensor->name, "ffn_")) {
        return false;
    }
    return tensor->op == GGML_OP_GLU || begins(tensor->name, "ffn_moe_situ")
        || (tensor->op == GGML_OP_UNARY && ggml_get_unary_op(tensor) != GGML_UNARY_OP_SIGMOID);
}

bool changes_sign(const ggml_tensor * tensor) {
    return tensor->op == GGML_OP_UNARY && ggml_get_unary_op(tensor) == GGML_UNARY_OP_XIELU;
}

const ggml_tensor * routing_of(const ggml_tensor * tensor) {
    while (tensor != nullptr && tensor->op != GGML_OP_MUL_MAT_ID) {
        tensor = tensor->src[0];
    }
    return tensor;
}

// Experts [rows, used] of a selection that may be strided.
std::vector<int32_t> selected_of(const ggml_tensor * ids) {
    const std::vector<char> bytes = bytes_of(ids);
    std::vector<int32_t> selected;
    for (int64_t t = 0; t < ids->ne[1]; ++t) {
        for (int64_t s = 0; s < ids->ne[0]; ++s) {
            selected.push_back(
                *reinterpret_cast<const int32_t *>(bytes.data() + size_t(t) * ids->nb[1] + size_t(s) * ids->nb[0])
            );
        }
    }
    return selected;
}

} // namespace

void CallbackCounter::begin_batch(std::vector<float> all_weights, std::vector<float> output_weights) {
    weights_all = std::move(all_weights);
    weights_out = std::move(output_weights);
    seen.clear();
    met.clear();
    found.clear();
}

bool CallbackCounter::on_eval(ggml_tensor * tensor, bool ask, void * user_data) {
    auto * self = static_cast<CallbackCounter *>(user_data);
    const bool wanted = self->wants(tensor);
    if (wanted && !ask) {
        self->take(tensor);
    }
    return ask ? wanted : true;
}

bool CallbackCounter::wants(const ggml_tensor * tensor) const {
    return any ? is_operand(tensor->name) || is_function(tensor) : begins(tensor->name, prefix.c_str());
}

void CallbackCounter::take(const ggml_tensor * tensor) {
    const int layer = layer_of(tensor->name);
    if (!any) {
        met[layer] = 0; // one a layer
        count(signs_of(tensor), layer);
        return;
    }
    if (!is_function(tensor)) {
        seen[tensor] = signs_of(tensor);
        return;
    }
    keep(tensor, layer);
    // situ is a product of tanh and sigmoid, each of the gate.
    const ggml_tensor * operand = tensor->op == GGML_OP_MUL ? tensor->src[0]->src[1]->src[0] : tensor->src[0];
    const auto found = seen.find(operand);
    const bool halves = tensor->op == GGML_OP_GLU && tensor->src[1] == nullptr;
    if (found == seen.end() || changes_sign(tensor)) {
        count(signs_of(tensor), layer); // a function alone keeps the sign
    } else {
        count(halves ? found->second.first_half() : found->second, layer);
    }
}

CallbackCounter::Signs CallbackCounter::signs_of(const ggml_tensor * tensor) {
    Signs signs;
    const ggml_tensor * product = routing_of(tensor);
    signs.width = tensor->ne[0];
    signs.used = product == nullptr ? 1 : tensor->ne[1];
    signs.rows = product == nullptr ? tensor->ne[1] : tensor->ne[2];
    const std::vector<char> bytes = bytes_of(tensor);
    const size_t row_stride = product == nullptr ? tensor->nb[1] : tensor->nb[2];
    for (int64_t t = 0; t < signs.rows; ++t) {
        for (int64_t s = 0; s < signs.used; ++s) {
            const auto * row = reinterpret_cast<const float *>(
                bytes.data() + size_t(t) * row_stride + size_t(s) * (product == nullptr ? 0 : tensor->nb[1])
            );
            for (int64_t j = 0; j < signs.width; ++j) {
                signs.positive.push_back(row[j] > 0.0f ? 1 : 0);
            }
        }
    }
    if (product != nullptr) {
        signs.experts = product->src[0]->ne[2];
        signs.selected = selected_of(product->src[2]);
    }
    return signs;
}

// A function's values, and those that it was multiplied with in the same operation.
void CallbackCounter::keep(const ggml_tensor * tensor, int layer) {
    const ggml_tensor * product = routing_of(tensor);
    const bool routed = product != nullptr;
    Function function;
    function.layer = layer;
    function.width = tensor->ne[0];
    function.used = routed ? tensor->ne[1] : 1;
    function.rows = tensor->ne[routed ? 2 : 1];
    function.product = values_of(tensor, function.width, 0);
    if (tensor->op == GGML_OP_GLU && tensor->src[1] == nullptr) {
        function.factor = values_of(tensor->src[0], function.width, function.width);
    } else if (tensor->op == GGML_OP_GLU || tensor->op == GGML_OP_MUL) {
        function.factor = values_of(tensor->src[1], function.width, 0);
    }
    const bool clamps =
        tensor->op == GGML_OP_GLU
        && (ggml_get_glu_op(tensor) == GGML_GLU_OP_SWIGLU_CLAMP || ggml_get_glu_op(tensor) == GGML_GLU_OP_SWIGLU_OAI);
    if (clamps) { // the factor too, in the same operation, and OpenAI's adds 1 to it
        float limit = 0;
        std::memcpy(&limit, tensor->op_params + 3, sizeof(limit));
        const float more = ggml_get_glu_op(tensor) == GGML_GLU_OP_SWIGLU_OAI ? 1.0f : 0.0f;
        for (float & factor : function.factor) {
            factor = std::min(std::max(factor, -limit), limit) + more;
        }
    }
    function.one_by_one = clamps;
    if (routed) {
        function.selected = selected_of(product->src[2]);
    }
    found.push_back(std::move(function));
}

// Gate and up in one row.
CallbackCounter::Signs CallbackCounter::Signs::first_half() const {
    Signs half = *this;
    half.width = width / 2;
    half.positive.clear();
    for (size_t row = 0; row < size_t(rows * used); ++row) {
        const auto begin = positive.begin() + std::ptrdiff_t(row * size_t(width));
        half.positive.insert(half.positive.end(), begin, begin + std::ptrdiff_t(half.width));
    }
    return half;
}

void CallbackCounter::count(const Signs & signs, int layer) {
    Site & site = sites[{ layer, met[layer]++ }];
    const auto & weights = size_t(signs.rows) == weights_all.size() ? weights_all : weights_out;
    site.active.resize(size_t(signs.width * std::max<int64_t>(1, signs.experts)), 0);
    site.routed.resize(size_t(signs.experts), 0);
    for (size_t slot = 0; slot < size_t(signs.rows * signs.used); ++slot) {
        const size_t t = slot / size_t(signs.used);
        if (t >= weights.size() || weights[t] == 0.0f) {
            continue;
        }
        const size_t expert = signs.experts == 0 ? 0 : size_t(signs.selected[slot]);
        if (signs.experts != 0) {
            site.routed[expert]++;
        }
        for (size_t j = 0; j < size_t(signs.width); ++j) {
            site.active[expert * size_t(signs.width) + j] += signs.positive[slot * size_t(signs.width) + j];
        }
    }
}

llama_neurons_totals CallbackCounter::totals() const {
    llama_neurons_totals totals;
    for (const auto & [place, site] : sites) {
        totals.active.push_back(site.active);
        totals.routed.push_back(site.routed);
    }
    return totals;
}
