#pragma once

// llama.cpp's third adapter, beside the control vector and LoRA: it counts and edits FFN activations inside the compute
// graph. llm_graph_context calls site_gate and site_product while a graph is built; llama_context owns the adapter and
// compares flags() to know whether a graph can be used again.

#include "neuron-adapter-api.h"
#include "neuron-placement.h"
#include "neuron-products.h"
#include "neuron-site.h"
#include "neuron-survey.h"
#include "neuron-tokens.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

enum llm_ffn_op_type : int;
struct llama_model;
struct llm_graph_context;
class llm_graph_result;
class neuron_graph_input;

struct llama_adapter_neuron {
    llama_adapter_neuron(const llama_model & model, llama_neurons_ops ops, llama_neurons_capacity capacity)
        : model(model), ops_wanted(ops), capacity(capacity) {}

    // --- while a graph is built ---

    // Says that a layer's graph is at a site's activation, which is counted in the mode `count`. A call of site_product
    // for the same layer follows.
    void site_gate(const llm_graph_context & graph, const neuron_call & call) const;

    // The same for llama.cpp's own names of functions; some take gate and up in one row, the gate first.
    void site_gate(const llm_graph_context & graph, llm_ffn_op_type op, neuron_call call) const;

    // Says that `cur` is the site's activated value on its way into the down projection. In the mode `values`, its
    // activations are added up, in the mode `watch` those of chosen neurons kept. In the modes `edit` and `edits` it
    // returns the edited value, which goes there instead.
    ggml_tensor * site_product(const llm_graph_context & graph, ggml_tensor * cur, int il) const;

    // Puts what the mode asks for in the place of the logits, at the end of a graph.
    void replace_logits(const llm_graph_context & graph) const;

    // Takes over matrix products of a graph that is built, where they are not ggml's.
    void take_products(ggml_cgraph * graph) const {
        if (own_products) {
            own_products->take(graph);
        }
    }

    // --- used by llama_context ---

    // Decides the graph's topology.
    uint32_t flags() const;

    bool wants_logits() const { return mode.head == llama_neurons_head::logits; }

    // Applies the edit that was requested since the last decode.
    void apply_requested_edit(llama_context * ctx);

    // Reads what a computed graph has in the place of logits, and looks for activations that are not finite.
    void take_results(const llm_graph_result & res, ggml_backend_sched_t sched);

    // --- behind the API ---

    void begin_survey() { survey.emplace(); }
    // rows: most tokens of a batch. Throws UNSUPPORTED, OUT_OF_MEMORY.
    void end_survey(ggml_cgraph * graph, int64_t rows);

    void set_edit(int32_t number, const llama_neurons_edit & edit);
    // Requests one edit for all tokens, or none (nullptr), from the next decode on. Any thread may call. Throws as
    // set_edit.
    void request_edit(const llama_neurons_edit * edit);
    void set_tokens(const std::vector<llama_neurons_token> & tokens);
    const llama_neurons_totals & counts();
    void reset_counts();

    const llama_model & model;
    const llama_neurons_ops ops_wanted;
    const llama_neurons_capacity capacity;
    llama_neurons_mode mode;
    llama_neurons_mode reserved;                   // the compute buffers are large enough for it
    std::unique_ptr<neuron_products> own_products; // nullptr: ggml's alone
    std::vector<neuron_site> sites;
    neuron_placement placement;
    std::vector<double> log_probabilities; // in the order of set_tokens
    std::vector<llama_token> likeliest;    // in the order of set_tokens
    std::vector<float> watched;            // [set_tokens, neurons]
    int64_t counted_tokens = 0;            // since the last reset
    llama_neurons_nonfinite nonfinite;     // of the last decode

private:
    neuron_graph_input & input(const llm_graph_context & graph) const;
    const neuron_site & enter_site(const llm_graph_context & graph, const neuron_call & call) const;
    void count_activation(const llm_graph_context & graph, const neuron_site & site, const neuron_call & call) const;
    void add_values(const llm_graph_context & graph, const neuron_open_site & open, ggml_tensor * cur, int il) const;
    void watch(const llm_graph_context & graph, const neuron_open_site & open, ggml_tensor * cur, int il) const;
    ggml_tensor *
    apply_edits(const llm_graph_context & graph, const neuron_open_site & open, ggml_tensor * cur, int il) const;
    // Adds a site's nodes to the graph, in order.
    void
    expand(const llm_graph_context & graph, const std::vector<ggml_tensor *> & nodes, const char * name, int il) const;

    // throws WRONG_USE, UNSUPPORTED
    void check_edit(const llama_neurons_edit & edit) const;
    void check_shape(const std::vector<std::vector<float>> & values, const char * what) const;
    void check_values(const neuron_site & site) const; // throws UNSUPPORTED
    // Looks for activations of a computed graph that are not finite, unless one was found before.
    void find_nonfinite(const neuron_graph_input & in, ggml_backend_sched_t sched);
    void drain_counters();
    void drain_sums(); // throws NATIVE
    // Takes the last batch's sums off the devices. Returns the first site of which some cannot be added up, or nullptr.
    const neuron_site * take_sums();

    mutable std::optional<neuron_survey> survey; // written while a const graph is built
    neuron_tokens tokens;
    llama_neurons_totals totals;
    int64_t undrained = 0;       // counted tokens in the device's F32 counters
    bool undrained_sums = false; // of the last batch

    // The edit of request_edit() since the last decode; one without sites is no edit.
    std::mutex request_mutex;
    std::optional<llama_neurons_edit> requested;
    std::atomic<bool> has_request{ false }; // spares a decode the lock
};
