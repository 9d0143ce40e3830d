#include "neuron-placement.h"

#include "neuron-counting.h"
#include "neuron-values.h"

#include "llama-model.h"

#include <cmath>
#include <tuple>

namespace {

// An empty buffer, as llama.cpp gives its own tensors where memory is only measured.
ggml_backend_buffer_t stand_in(ggml_context * ctx, ggml_backend_buffer_type_t type) {
    ggml_backend_buffer_t buffer = ggml_backend_buft_alloc_buffer(type, 0);
    for (ggml_tensor * t = ggml_get_first_tensor(ctx); t != nullptr; t = ggml_get_next_tensor(ctx, t)) {
        t->buffer = buffer;
    }
    return buffer;
}

bool on_cpu(ggml_backend_dev_t device) {
    return ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
}

// Whether a weight is in the machine's own memory, pinned or in an order of the CPU's own.
bool in_host_memory(const ggml_tensor * weight) {
    if (weight == nullptr || weight->buffer == nullptr) {
        return false;
    }
    ggml_backend_buffer_type_t type = ggml_backend_buffer_get_type(weight->buffer);
    ggml_backend_dev_t device = ggml_backend_buft_get_device(type);
    return ggml_backend_buft_is_host(type) || (device != nullptr && on_cpu(device));
}

void fill_identity(ggml_tensor * identity) {
    const auto n = size_t(identity->ne[0]);
    std::vector<float> values(n * n, 0.0f);
    for (size_t i = 0; i < n; ++i) {
        values[i * n + i] = 1.0f;
    }
    ggml_backend_tensor_set(identity, values.data(), 0, values.size() * sizeof(float));
}

} // namespace

const neuron_place &
neuron_placement::of(const llama_model & model, const neuron_site & site, const ggml_tensor * act) {
    if (site.guest.counter == nullptr) {
        return site.home;
    }
    // As ggml's scheduler decides: the product with a weight in host memory goes to the first GPU that wants it.
    const ggml_tensor * node = act;
    while (node != nullptr && node->op != GGML_OP_MUL_MAT && node->op != GGML_OP_MUL_MAT_ID) {
        node = node->src[0];
    }
    const bool away = node != nullptr && node->src[0]->buffer != nullptr
                   && ggml_backend_buffer_is_host(node->src[0]->buffer)
                   && ggml_backend_dev_offload_op(model.devices.front().dev, node);
    return away ? site.guest : site.home;
}

void neuron_placement::allocate(
    const llama_model & model, std::vector<neuron_site> & sites, llama_neurons_ops wanted,
    const llama_neurons_room & room, int64_t rows
) {
    std::map<ggml_backend_buffer_type_t, ggml_context *> by_type;
    std::map<std::tuple<ggml_backend_buffer_type_t, int32_t>, ggml_tensor *> identities;
    std::map<ggml_backend_buffer_type_t, ggml_tensor *> edges;
    std::map<ggml_backend_buffer_type_t, ggml_tensor *> finite;

    const auto settle = [&](neuron_place & at, const llama_neurons_site & info, size_t number,
                            ggml_backend_dev_t device, ggml_backend_buffer_type_t type) {
        at.ops = neuron_count_choose(device, info, wanted);
        if (at.ops == llama_neurons_ops::automatic) {
            throw llama_neurons_error(
                "UNSUPPORTED", std::string("device ") + ggml_backend_dev_name(device)
                                   + " supports none of the ways of counting neurons; run on the CPU (--gpu off)"
            );
        }
        ggml_context *& ctx = by_type[type];
        if (ctx == nullptr) {
            ctx = ggml_init({ (14 * sites.size() + 8) * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true });
            contexts.emplace_back(ctx);
        }
        const bool routed = info.kind == llama_neurons_kind::routed;
        at.counter = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, int64_t(info.neurons()) + (routed ? info.experts : 0));
        at.factors = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, info.width, info.experts, room.edits);
        ggml_tensor *& marks = finite[type];
        if (marks == nullptr) { // one tensor, so that one copy takes all of them off the device
            marks = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, rows, int64_t(sites.size()));
            ggml_set_name(marks, "neuron_finite");
        }
        at.finite = ggml_view_1d(ctx, marks, rows, number * marks->nb[1]);
        ggml_format_name(at.counter, "neuron_counter-%zu", number);
        ggml_format_name(at.factors, "neuron_factors-%zu", number);
        if (room.offsets) {
            at.offsets = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, info.width, info.experts, room.edits);
            ggml_format_name(at.offsets, "neuron_offsets-%zu", number);
        }
        if (routed && at.ops != llama_neurons_ops::fused) {
            ggml_tensor *& identity = identities[{ type, info.experts }];
            if (identity == nullptr) {
                identity = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, info.experts, info.experts);
                ggml_format_name(identity, "neuron_identity-%d", info.experts);
            }
            at.identity = identity;
        }
        if (!room.values) {
            return;
        }
        if (!neuron_values_supported(device, info, at.ops)) {
            throw llama_neurons_error(
                "UNSUPPORTED", std::string("device ") + ggml_backend_dev_name(device)
                                   + " cannot add up activations; count without values, or run on the CPU (--gpu off)"
            );
        }
        const bool fused = at.ops == llama_neurons_ops::fused;
        at.sums = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, int64_t(info.neurons()));
        ggml_format_name(at.sums, "neuron_sums-%zu", number);
        if (routed) {
            return;
        }
        at.histogram = fused ? ggml_new_tensor_2d(ctx, GGML_TYPE_F32, llama_neurons_bins, info.width)
                             : ggml_new_tensor_2d(ctx, GGML_TYPE_F32, info.width, llama_neurons_bins);
        ggml_format_name(at.histogram, "neuron_histogram-%zu", number);
        if (!fused) {
            ggml_tensor *& shared = edges[type];
            if (shared == nullptr) {
                shared = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, 1, 1, llama_neurons_bins);
                ggml_set_name(shared, "neuron_bin_edges");
            }
            at.edges = shared;
        }
    };
    for (size_t number = 0; number < sites.size(); ++number) {
        neuron_site & site = sites[number];
        // A layer on the CPU may keep its buffers in a GPU's pinned memory: the layer's device counts, unless
        // the weights were left behind, as those of experts are.
        ggml_backend_dev_t device = model.dev_layer(site.info.layer);
        ggml_backend_buffer_type_t type = model.select_buft(site.info.layer);
        if (!on_cpu(device) && in_host_memory(site.weight)) {
            device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
            type = ggml_backend_dev_buffer_type(device);
        }
        settle(site.home, site.info, number, device, type);
        if (on_cpu(device) && !model.devices.empty() && wanted != llama_neurons_ops::fused) {
            ggml_backend_dev_t gpu = model.devices.front().dev;
            settle(site.guest, site.info, number, gpu, ggml_backend_dev_buffer_type(gpu));
        }
    }
    for (auto & [type, ctx] : by_type) {
        bytes[type] = ggml_backend_alloc_ctx_tensors_from_buft_size(ctx, type);
        ggml_backend_buffer_t buffer =
            model.hparams.no_alloc ? stand_in(ctx, type) : ggml_backend_alloc_ctx_tensors_from_buft(ctx, type);
        if (buffer == nullptr) {
            throw llama_neurons_error(
                "OUT_OF_MEMORY", std::string("no memory for the neuron counters and ") + std::to_string(room.edits)
                                     + " edits on " + ggml_backend_buft_name(type)
                                     + "; put fewer layers on the device, or use fewer edits at a time"
                                     + (room.values ? ", or count without values" : "")
            );
        }
        if (!model.hparams.no_alloc) {
            ggml_backend_buffer_clear(buffer, 0);
        }
        buffers.emplace_back(buffer);
    }
    if (!model.hparams.no_alloc) {
        for (const auto & [key, identity] : identities) {
            fill_identity(identity);
        }
        std::vector<float> lower = llama_neurons_bin_edges();
        for (float & edge : lower) { // what is on a positive one is above it
            edge = edge > 0.0f ? std::nextafter(edge, 0.0f) : edge;
        }
        for (const auto & [type, tensor] : edges) {
            ggml_backend_tensor_set(tensor, lower.data(), 0, lower.size() * sizeof(float));
        }
    }
}
