#include "neuron-graph-input.h"

#include "llama-batch.h"

namespace {

// A tensor that the scheduler pruned has no buffer; one that it kept must be filled.
template <typename T> void upload(ggml_tensor * tensor, const std::vector<T> & values) {
    if (tensor != nullptr && tensor->buffer != nullptr) {
        ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(T));
    }
}

} // namespace

template <typename Make>
ggml_tensor *
neuron_graph_input::row_input(per_token & pair, int64_t n_rows, const char * name, const Make & make) const {
    if (n_rows != n_tokens && n_rows != n_outputs) {
        return nullptr;
    }
    ggml_tensor *& tensor = n_rows == n_tokens ? pair.all : pair.out;
    if (tensor == nullptr) {
        tensor = make();
        ggml_set_name(tensor, name);
        ggml_set_input(tensor);
    }
    return tensor;
}

size_t neuron_graph_input::enter_site(int il, ggml_tensor * selected) {
    open[il] = { entered, selected };
    return entered++;
}

std::optional<neuron_open_site> neuron_graph_input::leave_site(int il) {
    const auto found = open.find(il);
    if (found == open.end()) {
        return std::nullopt;
    }
    const neuron_open_site site = found->second;
    open.erase(found);
    return site;
}

void neuron_graph_input::set_input(const llama_ubatch * ubatch) {
    std::vector<float> weight_all(n_tokens, 0.0f);
    std::vector<float> weight_out(n_outputs, 0.0f);
    std::vector<int32_t> edit_all(n_tokens, 0);
    std::vector<int32_t> edit_out(n_outputs, 0);
    std::vector<int32_t> target(n_outputs, 0); // any valid token: a row nobody asked for is not read
    output_index.assign(n_outputs, -1);
    has_target.assign(n_outputs, false);
    counted_all.assign(n_tokens, -1);
    counted_out.assign(n_outputs, -1);

    int64_t row = 0;
    for (int64_t i = 0; i < n_tokens; ++i) {
        const auto * entry = tokens.find(ubatch->seq_id[i][0], ubatch->pos[i]);
        const bool is_output = n_outputs == n_tokens || ubatch->output[i] != 0;
        if (entry != nullptr) {
            weight_all[i] = entry->weight;
            edit_all[i] = entry->edit;
            const int64_t counted = entry->weight != 0.0f ? int64_t(entry->index) : -1;
            counted_all[i] = counted;
            if (is_output && row < n_outputs) {
                counted_out[row] = counted;
                weight_out[row] = entry->weight;
                edit_out[row] = entry->edit;
                output_index[row] = int64_t(entry->index);
                if (entry->target >= 0) {
                    target[row] = entry->target;
                    has_target[row] = true;
                }
            }
        }
        row += is_output ? 1 : 0;
    }
    upload(weights.all, weight_all);
    upload(weights.out, weight_out);
    upload(edits.all, edit_all);
    upload(edits.out, edit_out);
    upload(edit_numbers.all, std::vector<float>(edit_all.begin(), edit_all.end()));
    upload(edit_numbers.out, std::vector<float>(edit_out.begin(), edit_out.end()));
    upload(targets, target);
}

ggml_tensor * neuron_graph_input::weights_for(ggml_context * ctx, int64_t n_rows) {
    return row_input(weights, n_rows, "neuron_weights", [&] {
        return ggml_new_tensor_2d(ctx, GGML_TYPE_F32, 1, n_rows);
    });
}

ggml_tensor * neuron_graph_input::edits_for(ggml_context * ctx, int64_t n_rows) {
    return row_input(edits, n_rows, "neuron_edit_of_token", [&] {
        return ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n_rows);
    });
}

ggml_tensor * neuron_graph_input::edit_numbers_for(ggml_context * ctx, int64_t n_rows) {
    return row_input(edit_numbers, n_rows, "neuron_edit_number_of_token", [&] {
        return ggml_new_tensor_2d(ctx, GGML_TYPE_F32, 1, n_rows);
    });
}

ggml_tensor * neuron_graph_input::targets_for(ggml_context * ctx) {
    if (targets == nullptr) {
        targets = ggml_new_tensor_2d(ctx, GGML_TYPE_I32, 1, n_outputs);
        ggml_set_name(targets, "neuron_targets");
        ggml_set_input(targets);
    }
    return targets;
}

neuron_graph_input * find_neuron_input(const llm_graph_result & res) {
    for (const auto & input : res.inputs) {
        if (auto * found = dynamic_cast<neuron_graph_input *>(input.get())) {
            return found;
        }
    }
    return nullptr;
}
