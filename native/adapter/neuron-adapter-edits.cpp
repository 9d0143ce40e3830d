// The adapter's edits: it checks them and puts them on the devices.

#include "neuron-adapter.h"

#include "neuron-editing.h"

#include "llama-arch.h"
#include "llama-model.h"

#include <algorithm>

void llama_adapter_neuron::set_edit(int32_t number, const llama_neurons_edit & edit) {
    if (number < 0 || number >= capacity.edits) {
        throw llama_neurons_error(
            "WRONG_USE",
            "edit " + std::to_string(number) + " is asked for, the context holds " + std::to_string(capacity.edits)
        );
    }
    check_edit(edit);
    for (size_t i = 0; i < sites.size(); ++i) {
        neuron_set_edit(
            sites[i], number, edit.factors.empty() ? std::vector<float>() : edit.factors[i],
            edit.offsets.empty() ? std::vector<float>() : edit.offsets[i]
        );
    }
}

void llama_adapter_neuron::check_edit(const llama_neurons_edit & edit) const {
    check_shape(edit.factors, "factors");
    check_shape(edit.offsets, "offsets");
    if (!edit.offsets.empty() && !capacity.offsets) {
        throw llama_neurons_error("WRONG_USE", "the context holds no offsets of edits; open it with capacity for them");
    }
    const auto is_set = [](float value) { return value != 0.0f; };
    for (size_t i = 0; i < edit.offsets.size(); ++i) {
        if (!sites[i].info.addable && std::any_of(edit.offsets[i].begin(), edit.offsets[i].end(), is_set)) {
            throw llama_neurons_error(
                "UNSUPPORTED", neuron_fused_ffn(model, sites[i])
                                   + ", so that nothing can be added to its activations; use zero or scale"
            );
        }
    }
}

void llama_adapter_neuron::request_edit(const llama_neurons_edit * edit) {
    if (edit != nullptr) {
        check_edit(*edit);
    }
    const std::lock_guard<std::mutex> lock(request_mutex);
    requested = edit == nullptr ? llama_neurons_edit() : *edit;
    has_request = true;
}

// The next graphs read what is set here, so that the graphs before have to be over.
void llama_adapter_neuron::apply_requested_edit(llama_context * ctx) {
    if (!has_request) {
        return;
    }
    std::optional<llama_neurons_edit> edit;
    {
        const std::lock_guard<std::mutex> lock(request_mutex);
        edit.swap(requested);
        has_request = false;
    }
    mode.edit = !edit->factors.empty() || !edit->offsets.empty();
    mode.add = !edit->offsets.empty();
    if (mode.edit) {
        llama_synchronize(ctx);
        set_edit(0, *edit);
    }
}

void llama_adapter_neuron::check_shape(const std::vector<std::vector<float>> & values, const char * what) const {
    if (!values.empty() && values.size() != sites.size()) {
        throw llama_neurons_error(
            "WRONG_USE", std::string("the ") + what + " have " + std::to_string(values.size())
                             + " sites, the model has " + std::to_string(sites.size())
        );
    }
    for (size_t i = 0; i < values.size(); ++i) {
        if (values[i].size() != sites[i].info.neurons()) {
            throw llama_neurons_error(
                "WRONG_USE", std::string("the ") + what + " of site " + std::to_string(i) + " have "
                                 + std::to_string(values[i].size()) + " neurons, the model has "
                                 + std::to_string(sites[i].info.neurons())
            );
        }
    }
}
