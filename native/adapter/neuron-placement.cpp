#include "neuron-placement.h"

#include "neuron-counting.h"
#include "neuron-values.h"
#include "neuron-watching.h"

#include "llama-model.h"

#include <cmath>
#include <string>
#include <utility>

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

void set(ggml_tensor * tensor, const std::vector<float> & values) {
    ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(float));
}

std::vector<float> identity_of(size_t n) {
    std::vector<float> values(n * n, 0.0f);
    for (size_t i = 0; i < n; ++i) {
        values[i * n + i] = 1.0f;
    }
    return values;
}

// What is on a positive edge is above it.
std::vector<float> edges_below() {
    std::vector<float> edges = llama_neurons_bin_edges();
    for (float & edge : edges) {
        edge = edge > 0.0f ? std::nextafter(edge, 0.0f) : edge;
    }
    return edges;
}

struct device_memory {
    ggml_backend_dev_t device;
    ggml_backend_buffer_type_t type;
};

// The memory where a site's weights are. A layer on the CPU may keep its buffers in a GPU's pinned memory: the layer's
// device counts, unless the weights were left behind, as those of experts are.
device_memory home_of(const llama_model & model, const neuron_site & site) {
    ggml_backend_dev_t device = model.dev_layer(site.info.layer);
    if (!on_cpu(device) && in_host_memory(site.weight)) {
        ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
        return { cpu, ggml_backend_dev_buffer_type(cpu) };
    }
    return { device, model.select_buft(site.info.layer) };
}

// Makes the tensors of places, in one ggml context for each kind of memory.
class place_maker {
public:
    place_maker(const neuron_demand & demand, size_t sites) : demand(demand), sites(sites) {}

    // number: the site's. Throws UNSUPPORTED.
    neuron_place make(const neuron_site & site, size_t number, const device_memory & where) {
        const llama_neurons_site & info = site.info;
        neuron_place at;
        at.ops = neuron_count_choose(where.device, info, demand.ops);
        if (at.ops == llama_neurons_ops::automatic) {
            refuse(where.device, "supports none of the ways of counting neurons; run on the CPU (--gpu off)");
        }
        shared_tensors & memory = in(where.type);
        add_counter(at, info, number, memory);
        add_edits(at, info, number, memory);
        if (demand.capacity.values) {
            if (!neuron_values_supported(where.device, info, at.ops)) {
                refuse(where.device, "cannot add up activations; count without values, or run on the CPU (--gpu off)");
            }
            add_values(at, info, number, memory);
        }
        if (!site.watch.indices.empty()) {
            if (!neuron_watch_supported(where.device, site, at.ops)) {
                refuse(where.device, "cannot pick single activations; watch none, or run on the CPU (--gpu off)");
            }
            add_watched(at, site, number, memory);
        }
        return at;
    }

    // Sets the tensors that never change, once they are allocated.
    void fill() {
        for (const auto & [type, memory] : by_type) {
            for (const auto & [experts, identity] : memory.identities) {
                set(identity, identity_of(size_t(experts)));
            }
            if (memory.edges != nullptr) {
                set(memory.edges, edges_below());
            }
        }
    }

    std::map<ggml_backend_buffer_type_t, ggml_context_ptr> take_contexts() {
        std::map<ggml_backend_buffer_type_t, ggml_context_ptr> contexts;
        for (auto & [type, memory] : by_type) {
            contexts.emplace(type, std::move(memory.ctx));
        }
        return contexts;
    }

private:
    // A kind of memory, and the tensors that all its places share.
    struct shared_tensors {
        ggml_context_ptr ctx;
        ggml_tensor * finite = nullptr;
        ggml_tensor * edges = nullptr;
        ggml_tensor * watched = nullptr;
        std::map<int32_t, ggml_tensor *> identities; // by the number of experts
    };

    [[noreturn]] static void refuse(ggml_backend_dev_t device, const std::string & what) {
        throw llama_neurons_error("UNSUPPORTED", std::string("device ") + ggml_backend_dev_name(device) + " " + what);
    }

    shared_tensors & in(ggml_backend_buffer_type_t type) {
        shared_tensors & memory = by_type[type];
        if (!memory.ctx) {
            memory.ctx.reset(ggml_init({ (17 * sites + 8) * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true }));
        }
        return memory;
    }

    void add_counter(neuron_place & at, const llama_neurons_site & info, size_t number, shared_tensors & memory) {
        ggml_context * ctx = memory.ctx.get();
        const bool routed = info.kind == llama_neurons_kind::routed;
        at.counter = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, int64_t(info.neurons()) + (routed ? info.experts : 0));
        ggml_format_name(at.counter, "neuron_counter-%zu", number);
        if (memory.finite == nullptr) { // one tensor, so that one copy takes all of them off the device
            memory.finite = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, demand.rows, int64_t(sites));
            ggml_set_name(memory.finite, "neuron_finite");
        }
        at.finite = ggml_view_1d(ctx, memory.finite, demand.rows, number * memory.finite->nb[1]);
        if (routed && at.ops != llama_neurons_ops::fused) {
            ggml_tensor *& identity = memory.identities[info.experts];
            if (identity == nullptr) {
                identity = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, info.experts, info.experts);
                ggml_format_name(identity, "neuron_identity-%d", info.experts);
            }
            at.identity = identity;
        }
    }

    void add_edits(neuron_place & at, const llama_neurons_site & info, size_t number, shared_tensors & memory) {
        ggml_context * ctx = memory.ctx.get();
        const int64_t edits = demand.capacity.edits;
        at.factors = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, info.width, info.experts, edits);
        ggml_format_name(at.factors, "neuron_factors-%zu", number);
        if (demand.capacity.offsets) {
            at.offsets = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, info.width, info.experts, edits);
            ggml_format_name(at.offsets, "neuron_offsets-%zu", number);
        }
    }

    void add_values(neuron_place & at, const llama_neurons_site & info, size_t number, shared_tensors & memory) {
        ggml_context * ctx = memory.ctx.get();
        at.sums = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, int64_t(info.neurons()));
        ggml_format_name(at.sums, "neuron_sums-%zu", number);
        if (info.kind == llama_neurons_kind::routed) {
            return;
        }
        const bool fused = at.ops == llama_neurons_ops::fused;
        at.histogram = fused ? ggml_new_tensor_2d(ctx, GGML_TYPE_F32, llama_neurons_bins, info.width)
                             : ggml_new_tensor_2d(ctx, GGML_TYPE_F32, info.width, llama_neurons_bins);
        ggml_format_name(at.histogram, "neuron_histogram-%zu", number);
        if (fused) {
            return;
        }
        if (memory.edges == nullptr) {
            memory.edges = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, 1, 1, llama_neurons_bins);
            ggml_set_name(memory.edges, "neuron_bin_edges");
        }
        at.edges = memory.edges;
    }

    void add_watched(neuron_place & at, const neuron_site & site, size_t number, shared_tensors & memory) {
        ggml_context * ctx = memory.ctx.get();
        const auto n = int64_t(site.watch.indices.size());
        at.picks = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n);
        ggml_format_name(at.picks, "neuron_picks-%zu", number);
        if (site.routed()) {
            at.experts = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n);
            ggml_format_name(at.experts, "neuron_experts-%zu", number);
        }
        if (memory.watched == nullptr) { // one tensor, as of `finite`
            memory.watched = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, demand.watched, demand.rows);
            ggml_set_name(memory.watched, "neuron_watched");
        }
        const size_t row = memory.watched->nb[1];
        at.watched = ggml_view_2d(ctx, memory.watched, n, demand.rows, row, size_t(site.watch.first) * sizeof(float));
    }

    const neuron_demand & demand;
    const size_t sites;
    std::map<ggml_backend_buffer_type_t, shared_tensors> by_type;
};

} // namespace

const neuron_place &
neuron_placement::of(const llama_model & model, const neuron_site & site, const ggml_tensor * act) {
    if (site.offload.counter == nullptr) {
        return site.home;
    }
    // As ggml's scheduler decides: the product with a weight in host memory goes to the first GPU that wants it.
    const ggml_tensor * node = act;
    while (node != nullptr && node->op != GGML_OP_MUL_MAT && node->op != GGML_OP_MUL_MAT_ID) {
        node = node->src[0];
    }
    const bool offloaded = node != nullptr && node->src[0]->buffer != nullptr
                        && ggml_backend_buffer_is_host(node->src[0]->buffer)
                        && ggml_backend_dev_offload_op(model.devices.front().dev, node);
    return offloaded ? site.offload : site.home;
}

void neuron_placement::allocate(
    const llama_model & model, std::vector<neuron_site> & sites, const neuron_demand & demand
) {
    place_maker maker(demand, sites.size());
    for (size_t number = 0; number < sites.size(); ++number) {
        neuron_site & site = sites[number];
        const device_memory home = home_of(model, site);
        site.home = maker.make(site, number, home);
        if (on_cpu(home.device) && !model.devices.empty() && demand.ops != llama_neurons_ops::fused) {
            ggml_backend_dev_t gpu = model.devices.front().dev;
            site.offload = maker.make(site, number, { gpu, ggml_backend_dev_buffer_type(gpu) });
        }
    }
    const bool measured = model.hparams.no_alloc;
    for (auto & [type, ctx] : maker.take_contexts()) {
        contexts.push_back(std::move(ctx));
        allocate_buffer(contexts.back().get(), type, demand, measured);
    }
    if (!measured) {
        maker.fill();
        for (neuron_site & site : sites) {
            for (neuron_place * at : site.places()) {
                if (at->picks != nullptr) {
                    neuron_fill_watched(site, *at);
                }
            }
        }
    }
}

void neuron_placement::allocate_buffer(
    ggml_context * ctx, ggml_backend_buffer_type_t type, const neuron_demand & demand, bool measured
) {
    bytes[type] = ggml_backend_alloc_ctx_tensors_from_buft_size(ctx, type);
    ggml_backend_buffer_ptr buffer(
        measured ? stand_in(ctx, type) : ggml_backend_alloc_ctx_tensors_from_buft(ctx, type)
    );
    if (!buffer) {
        throw llama_neurons_error(
            "OUT_OF_MEMORY", "no memory for " + std::to_string(bytes[type] >> 20) + " MiB of neuron counters and "
                                 + std::to_string(demand.capacity.edits) + " edits on " + ggml_backend_buft_name(type)
                                 + "; put fewer layers on the device, or use fewer edits at a time"
                                 + (demand.capacity.values ? ", or count without values" : "")
                                 + (demand.watched > 0 ? ", or watch fewer neurons" : "")
        );
    }
    if (!measured) {
        ggml_backend_buffer_clear(buffer.get(), 0);
    }
    buffers.push_back(std::move(buffer));
}
