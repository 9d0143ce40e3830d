#include "neuron-editing.h"

#include "neuron-activation.h"
#include "neuron-slice.h"

#include <algorithm>
#include <limits>

namespace {

// --- in ggml's own operations ---

// Of a routed site, the rows of factors or offsets that each token's experts have; of any other, each token's.
ggml_tensor * rows_of(
    ggml_context * ctx, ggml_tensor * values, neuron_graph_input & input, ggml_tensor * selected, ggml_tensor * cur,
    bool own
) {
    const int64_t width = values->ne[0];
    const int64_t experts = values->ne[1];
    if (selected == nullptr && !own) {
        return ggml_view_1d(ctx, values, width, 0);
    }
    ggml_tensor * table = ggml_reshape_2d(ctx, values, width, experts * values->ne[2]);
    if (selected == nullptr) {
        return ggml_get_rows(ctx, table, input.edits_for(ctx, cur->ne[1]));
    }
    const int64_t all = selected->ne[0] * selected->ne[1];
    ggml_tensor * rows = nullptr;
    if (own) {
        // Added as F32, which holds them exactly: devices add no whole numbers.
        ggml_tensor * first = ggml_scale(ctx, input.edit_numbers_for(ctx, selected->ne[1]), float(experts));
        rows = ggml_cast(ctx, ggml_add(ctx, ggml_cast(ctx, selected, GGML_TYPE_F32), first), GGML_TYPE_I32);
    } else {
        rows = ggml_cont(ctx, selected);
    }
    ggml_tensor * found = ggml_get_rows(ctx, table, ggml_reshape_1d(ctx, rows, all));
    return ggml_reshape_3d(ctx, found, width, cur->ne[1], cur->ne[2]);
}

// 0 times infinity is not a number, and a deactivated neuron is 0.
ggml_tensor * finite(ggml_context * ctx, ggml_tensor * t) {
    return ggml_clamp(ctx, t, -std::numeric_limits<float>::max(), std::numeric_limits<float>::max());
}

// --- in one operation of ours, on the CPU ---

// A factor or an offset of 0 makes 0, whatever it is multiplied with.
inline float times(float value, float x) {
    return value == 0.0f ? 0.0f : value * x;
}

void edit_row(float * __restrict__ row, const float * __restrict__ factors, const neuron_slice & part) {
    for (int64_t j = part.begin; j < part.end; ++j) {
        row[j] = times(factors[j], row[j]);
    }
}

void edit_row(
    float * __restrict__ row, const float * __restrict__ factors, const float * __restrict__ offsets,
    const float * __restrict__ product, const neuron_slice & part
) {
    for (int64_t j = part.begin; j < part.end; ++j) {
        row[j] = times(factors[j], row[j]) + times(offsets[j], product == nullptr ? 1.0f : product[j]);
    }
}

// Sources of the operation behind cur itself; some have no tensor, and the ones behind them follow.
struct fused_sources {
    fused_sources(const ggml_tensor * dst, unsigned has) {
        int next = 1;
        factors = dst->src[next++];
        for (auto [bit, at] : { std::pair(own_bit, &edits), std::pair(routed_bit, &selected),
                                std::pair(add_bit, &offsets), std::pair(product_bit, &product) }) {
            *at = (has & bit) != 0 ? dst->src[next++] : nullptr;
        }
    }

    static constexpr unsigned own_bit = 1, routed_bit = 2, add_bit = 4, product_bit = 8;

    const ggml_tensor * factors;
    const ggml_tensor * edits;
    const ggml_tensor * selected;
    const ggml_tensor * offsets;
    const ggml_tensor * product;
};

template <unsigned has> void edit_fused(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const fused_sources from(dst, has);
    const neuron_slice part(dst->ne[0], ith, nth);
    const bool routed = from.selected != nullptr;
    const int64_t tokens = routed ? dst->ne[2] : dst->ne[1];
    const int64_t slots = routed ? dst->ne[1] : 1;
    for (int64_t t = 0; t < tokens; ++t) {
        const int64_t edit = from.edits == nullptr ? 0 : static_cast<const int32_t *>(from.edits->data)[t];
        for (int64_t s = 0; s < slots; ++s) {
            const int64_t expert = routed ? neuron_expert(from.selected, s, t) : 0;
            const auto row = [&](const ggml_tensor * of) {
                return routed ? neuron_row(of, s, t) : neuron_row(of, t, 0);
            };
            const float * factors = neuron_row(from.factors, expert, edit);
            if (from.offsets == nullptr) {
                edit_row(row(dst), factors, part);
            } else {
                edit_row(
                    row(dst), factors, neuron_row(from.offsets, expert, edit),
                    from.product == nullptr ? nullptr : row(from.product), part
                );
            }
        }
    }
}

constexpr ggml_custom_op_t fused_operations[] = {
    edit_fused<0>,  edit_fused<1>,  edit_fused<2>,  edit_fused<3>,  edit_fused<4>, edit_fused<5>,
    edit_fused<6>,  edit_fused<7>,  nullptr,        nullptr,        nullptr,       nullptr,
    edit_fused<12>, edit_fused<13>, edit_fused<14>, edit_fused<15>,
};

ggml_tensor * fused(
    ggml_context * ctx, const neuron_place & at, ggml_tensor * cur, ggml_tensor * edits, ggml_tensor * selected,
    ggml_tensor * offsets, ggml_tensor * product
) {
    std::vector<ggml_tensor *> sources = { at.factors };
    unsigned has = 0;
    unsigned bit = 1;
    for (ggml_tensor * source : { edits, selected, offsets, product }) {
        if (source != nullptr) {
            sources.push_back(source);
            has |= bit;
        }
        bit <<= 1;
    }
    return ggml_custom_inplace(
        ctx, cur, sources.data(), int(sources.size()), fused_operations[has], GGML_N_TASKS_MAX, nullptr
    );
}

} // namespace

ggml_tensor * neuron_edit(
    ggml_context * ctx, const neuron_place & at, neuron_graph_input & input, ggml_tensor * cur, ggml_tensor * selected,
    bool own, bool add
) {
    const neuron_product with = add ? neuron_product_of(ctx, cur) : neuron_product{};
    const bool offset = add && with.known;
    if (at.ops == llama_neurons_ops::fused) {
        const int64_t tokens = cur->ne[selected == nullptr ? 1 : 2];
        ggml_tensor * edits = own ? input.edits_for(ctx, tokens) : nullptr;
        return fused(ctx, at, cur, edits, selected, offset ? at.offsets : nullptr, offset ? with.tensor : nullptr);
    }
    ggml_tensor * product = with.tensor;
    if (offset && product != nullptr) {
        // clamp writes over what it reads
        product = finite(ctx, ggml_cont(ctx, product));
    }
    cur = ggml_mul(ctx, finite(ctx, cur), rows_of(ctx, at.factors, input, selected, cur, own));
    if (!offset) {
        return cur;
    }
    ggml_tensor * offsets = rows_of(ctx, at.offsets, input, selected, cur, own);
    return ggml_add(ctx, cur, product == nullptr ? offsets : ggml_mul(ctx, product, offsets));
}

void neuron_set_edit(
    neuron_site & site, int32_t number, const std::vector<float> & factors, const std::vector<float> & offsets
) {
    const size_t n = site.info.neurons();
    const auto set = [&](ggml_tensor * at, const std::vector<float> & given, float otherwise) {
        const std::vector<float> & row = given.empty() ? std::vector<float>(n, otherwise) : given;
        ggml_backend_tensor_set(at, row.data(), size_t(number) * n * sizeof(float), n * sizeof(float));
    };
    for (neuron_place * at : site.places()) {
        set(at->factors, factors, 1.0f);
        if (at->offsets != nullptr) {
            set(at->offsets, offsets, 0.0f);
        }
    }
}
