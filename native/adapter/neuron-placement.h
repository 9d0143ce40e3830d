#pragma once

// Where sites are counted and edited: chooses devices, allocates counters and edits there, and tells which
// of a site's places a graph's node is computed on.

#include "neuron-site.h"

#include "ggml-cpp.h"

#include <map>
#include <vector>

struct llama_model;

class neuron_placement {
public:
    // rows: most tokens of a batch. UNSUPPORTED where a device has no way of counting, OUT_OF_MEMORY.
    void allocate(
        const llama_model & model, std::vector<neuron_site> & sites, llama_neurons_ops wanted,
        const llama_neurons_room & room, int64_t rows
    );

    // The place where the scheduler computes an activation.
    static const neuron_place & of(const llama_model & model, const neuron_site & site, const ggml_tensor * act);

    std::map<ggml_backend_buffer_type_t, size_t> bytes; // whether allocated or measured

private:
    std::vector<ggml_context_ptr> contexts;
    std::vector<ggml_backend_buffer_ptr> buffers;
};
