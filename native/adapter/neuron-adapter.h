#pragma once

// llama.cpp's third adapter, beside the control vector and LoRA: counts and masks FFN activations
// inside the compute graph. llm_graph_context calls build_* while a graph is built; llama_context owns
// the adapter and asks it for flags() to know whether a graph can be used again.

#include "neuron-adapter-api.h"

#include "ggml-cpp.h"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

enum llm_ffn_op_type : int;
struct llama_model;
struct llama_ubatch;
struct llm_graph_context;
class llm_graph_result;
class neuron_graph_input;

struct llama_adapter_neuron {
    llama_adapter_neuron(const llama_model & model, llama_neurons_ops ops, int32_t n_masks)
        : model(model), ops_wanted(ops), n_masks(n_masks) {}

    // --- while a graph is built ---

    // Counts act, the input of the activation function.
    void build_count(const llm_graph_context & graph, ggml_tensor * act, bool has_gate, llm_ffn_op_type op, int il) const;

    // Masks cur, the activated value on its way into the down projection.
    ggml_tensor * build_mask(const llm_graph_context & graph, ggml_tensor * cur, int il) const;

    void build_experts(int il) const;

    // Replaces the logits by what the mode asks for.
    void build_end(const llm_graph_context & graph) const;

    // --- used by llama_context ---

    // What decides the graph's topology.
    uint32_t flags() const;

    bool wants_logits() const { return mode.logits && !mode.score && !mode.unread; }

    // Takes the log-probabilities of a computed graph.
    void read_scores(const llm_graph_result & res, ggml_backend_sched_t sched);

    // --- behind the API ---

    void begin_survey();
    void end_survey(); // throws UNSUPPORTED
    void allocate();

    void set_mask(int32_t mask, const std::vector<std::vector<float>> & keep);
    void set_tokens(const std::vector<llama_neurons_token> & tokens);
    const std::vector<std::vector<int64_t>> & counts();
    void reset_counts();

    struct token_entry {
        float   weight;
        int32_t target;
        int32_t mask;
        size_t  index; // into the tokens of set_tokens
    };
    // nullptr for a token that set_tokens did not name
    const token_entry * token(llama_seq_id seq, llama_pos pos) const;

    // Counter and masks of a layer on one device.
    struct place {
        llama_neurons_ops ops     = llama_neurons_ops::automatic;
        ggml_tensor *     counter = nullptr; // F32 [n_ff]
        ggml_tensor *     masks   = nullptr; // F32 [n_ff, n_masks]
    };

    struct layer_state {
        llama_neurons_layer info;
        place home; // the layer's device
        // Of a layer on the CPU, where there is a GPU: large batches are multiplied there, and what they
        // give is counted where it is.
        place guest;
    };

    const llama_model &      model;
    const llama_neurons_ops  ops_wanted;
    const int32_t            n_masks;
    llama_neurons_mode       mode;
    llama_neurons_mode       reserved; // what the compute buffers are large enough for
    std::vector<layer_state> layers;
    std::vector<double>      log_probabilities; // in the order of set_tokens
    int64_t                  counted_tokens = 0; // since the last reset
    std::map<ggml_backend_buffer_type_t, size_t> bytes; // of counters and masks, whether allocated or measured

private:
    neuron_graph_input & input(const llm_graph_context & graph) const;
    // Where the scheduler computes an activation of the layer.
    const place & place_of(const layer_state & layer, const ggml_tensor * act) const;
    std::vector<place *> places(layer_state & layer);
    void survey(const llm_graph_context & graph, const ggml_tensor * act, llama_neurons_layer info, int il) const;
    void drain();

    bool surveying = false;
    // What the survey saw, per layer; a const graph build writes it.
    struct report {
        int         calls   = 0;
        bool        experts = false;
        bool        odd     = false; // not [n_ff, n_tokens]
        llama_neurons_layer info;
    };
    mutable std::vector<report> reports;

    std::vector<ggml_context_ptr>        contexts;
    std::vector<ggml_backend_buffer_ptr> buffers;

    std::unordered_map<uint64_t, token_entry> tokens; // by sequence and position

    std::vector<std::vector<int64_t>> totals;  // [n_layer][width]
    int64_t undrained = 0; // counted tokens in the device's F32 counters
};
