#pragma once

// Where sites are counted and edited: it chooses devices, allocates counters and edits on them, and says which of a
// site's places a graph's node is computed on.

#include "neuron-site.h"

#include "ggml-cpp.h"

#include <map>
#include <vector>

struct llama_model;

// What each place is made for.
struct neuron_demand {
    llama_neurons_ops ops; // the way of counting, or automatic
    llama_neurons_capacity capacity;
    int64_t rows;        // most tokens of a batch
    int64_t watched = 0; // columns of what is watched
};

class neuron_placement {
public:
    // Gives every site its places. Throws UNSUPPORTED where a device has no way of counting, and OUT_OF_MEMORY.
    void allocate(const llama_model & model, std::vector<neuron_site> & sites, const neuron_demand & demand);

    // Returns the place where the scheduler computes an activation.
    static const neuron_place & of(const llama_model & model, const neuron_site & site, const ggml_tensor * act);

    std::map<ggml_backend_buffer_type_t, size_t> bytes; // whether allocated or measured

private:
    void
    allocate_buffer(ggml_context * ctx, ggml_backend_buffer_type_t type, const neuron_demand & demand, bool measured);

    std::vector<ggml_context_ptr> contexts;
    std::vector<ggml_backend_buffer_ptr> buffers;
};
