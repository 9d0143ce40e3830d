#pragma once

// llama.cpp's third adapter, beside the control vector and LoRA: counts and edits FFN activations
// inside the compute graph. llm_graph_context calls build_* while a graph is built; llama_context owns
// the adapter and asks it for flags() to know whether a graph can be used again.

#include "neuron-adapter-api.h"
#include "neuron-placement.h"
#include "neuron-site.h"
#include "neuron-survey.h"
#include "neuron-tokens.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

enum llm_ffn_op_type : int;
struct llama_model;
struct llm_graph_context;
class llm_graph_result;
class neuron_graph_input;

struct llama_adapter_neuron {
    llama_adapter_neuron(const llama_model & model, llama_neurons_ops ops, llama_neurons_room room)
        : model(model), ops_wanted(ops), room(room) {}

    // --- while a graph is built ---

    // Counts an activation. Each is followed by build_mask for the same layer.
    void build_count(const llm_graph_context & graph, const neuron_call & call) const;

    // The same for llama.cpp's own names of functions; some hold gate and up in one row, the gate first.
    void build_count(const llm_graph_context & graph, llm_ffn_op_type op, neuron_call call) const;

    // Adds up the activation in cur, the activated value on its way into the down projection, and edits it.
    ggml_tensor * build_mask(const llm_graph_context & graph, ggml_tensor * cur, int il) const;

    // Replaces the logits by what the mode asks for.
    void build_end(const llm_graph_context & graph) const;

    // --- used by llama_context ---

    // What decides the graph's topology.
    uint32_t flags() const;

    bool wants_logits() const { return mode.head == llama_neurons_head::logits; }

    // Lets what was asked for hold from this decode on.
    void take_asked(llama_context * ctx);

    // Takes what a computed graph has in the place of logits.
    void read_head(const llm_graph_result & res, ggml_backend_sched_t sched);

    // --- behind the API ---

    void begin_survey() { survey.emplace(); }
    // rows: most tokens of a batch. Throws UNSUPPORTED, OUT_OF_MEMORY.
    void end_survey(ggml_cgraph * graph, int64_t rows);

    void set_edit(int32_t number, const llama_neurons_edit & edit);
    // One edit for all tokens, or none, from the next decode on; from any thread. Throws as set_edit.
    void ask(const llama_neurons_edit * edit);
    void set_tokens(const std::vector<llama_neurons_token> & tokens);
    const llama_neurons_totals & counts();
    void reset_counts();

    const llama_model & model;
    const llama_neurons_ops ops_wanted;
    const llama_neurons_room room;
    llama_neurons_mode mode;
    llama_neurons_mode reserved; // what the compute buffers are large enough for
    std::vector<neuron_site> sites;
    neuron_placement placement;
    std::vector<double> log_probabilities; // in the order of set_tokens
    std::vector<llama_token> likeliest;    // likewise
    int64_t counted_tokens = 0;            // since the last reset
    llama_neurons_nonfinite nonfinite;     // of the last decode

private:
    neuron_graph_input & input(const llm_graph_context & graph) const;
    // throws WRONG_USE, UNSUPPORTED
    void check_edit(const llama_neurons_edit & edit) const;
    void check_shape(const std::vector<std::vector<float>> & values, const char * what) const;
    void check_values(const neuron_site & site) const; // throws UNSUPPORTED
    // Looks for activations of a computed graph that are not finite, unless one was found before.
    void find_nonfinite(const neuron_graph_input & in, ggml_backend_sched_t sched);
    void drain_counters();
    void drain_sums(); // throws NATIVE
    // Takes the last batch's sums off the devices; the first site of which some cannot be added up, or nullptr.
    const neuron_site * take_sums();

    mutable std::optional<neuron_survey> survey; // a const graph build writes it
    neuron_tokens tokens;
    llama_neurons_totals totals;
    int64_t undrained = 0;       // counted tokens in the device's F32 counters
    bool undrained_sums = false; // of the last batch

    // What ask() was given since the last decode; no site: no edit.
    std::mutex asking;
    std::optional<llama_neurons_edit> asked;
    std::atomic<bool> has_asked{ false }; // spares a decode the lock
};
