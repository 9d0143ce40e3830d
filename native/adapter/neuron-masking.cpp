#include "neuron-masking.h"

namespace {

// Rows of a routed site's masks: expert by expert within a mask.
ggml_tensor * routed_rows(
    ggml_context * ctx, const llama_neurons_site & info, neuron_graph_input & input, ggml_tensor * selected, bool own
) {
    const int64_t all = selected->ne[0] * selected->ne[1];
    if (!own) {
        return ggml_reshape_1d(ctx, ggml_cont(ctx, selected), all);
    }
    // Added as F32, which holds them exactly: devices add no whole numbers.
    ggml_tensor * first = ggml_scale(ctx, input.mask_numbers_for(ctx, selected->ne[1]), float(info.experts));
    ggml_tensor * rows = ggml_add(ctx, ggml_cast(ctx, selected, GGML_TYPE_F32), first);
    return ggml_reshape_1d(ctx, ggml_cast(ctx, rows, GGML_TYPE_I32), all);
}

} // namespace

ggml_tensor * neuron_mask(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, neuron_graph_input & input,
    ggml_tensor * cur, ggml_tensor * selected, bool own
) {
    if (selected != nullptr) {
        ggml_tensor * factors = ggml_get_rows(ctx, at.masks, routed_rows(ctx, info, input, selected, own));
        return ggml_mul(ctx, cur, ggml_reshape_3d(ctx, factors, info.width, cur->ne[1], cur->ne[2]));
    }
    return ggml_mul(
        ctx, cur,
        own ? ggml_get_rows(ctx, at.masks, input.masks_for(ctx, cur->ne[1]))
            : ggml_view_1d(ctx, at.masks, info.width, 0)
    );
}

void neuron_set_mask(neuron_site & site, int32_t mask, const std::vector<float> & keep) {
    const std::vector<float> & row = keep.empty() ? std::vector<float>(site.info.neurons(), 1.0f) : keep;
    for (neuron_place * at : site.places()) {
        ggml_backend_tensor_set(
            at->masks, row.data(), size_t(mask) * row.size() * sizeof(float), row.size() * sizeof(float)
        );
    }
}
