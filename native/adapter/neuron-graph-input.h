#pragma once

// What the adapter feeds into one graph, looked up per token when the graph runs.

#include "neuron-site.h"
#include "neuron-tokens.h"

#include "llama-graph.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

class neuron_graph_input : public llm_graph_input_i {
public:
    neuron_graph_input(const neuron_tokens & tokens, int64_t n_tokens, int64_t n_outputs)
        : tokens(tokens), n_tokens(n_tokens), n_outputs(n_outputs) {}

    void set_input(const llama_ubatch * ubatch) override;

    // The flags and sizes that decide these tensors' shapes are compared by allow_reuse.
    bool can_reuse(const llm_graph_params &) override { return true; }

    // The weights of a tensor of n_rows tokens: all tokens of the batch, or only those with an output, which are the
    // ones left in the last layer. nullptr for any other number.
    ggml_tensor * weights_for(ggml_context * ctx, int64_t n_rows);

    // The edit of each token, for the same n_rows: as an index [n_rows] and as a number [1, n_rows].
    ggml_tensor * edits_for(ggml_context * ctx, int64_t n_rows);
    ggml_tensor * edit_numbers_for(ggml_context * ctx, int64_t n_rows);

    ggml_tensor * targets_for(ggml_context * ctx);

    const neuron_tokens & tokens;
    const int64_t n_tokens;
    const int64_t n_outputs;

    ggml_tensor * likeliest = nullptr;       // I32, the token of the largest logit of each output
    ggml_tensor * all_probability = nullptr; // F32, of each output: 1, or NaN where the logits are not finite

    // F32, one value an output: the target's logit, the largest logit, the largest probability
    ggml_tensor * target_logit = nullptr;
    ggml_tensor * max_logit = nullptr;
    ggml_tensor * max_probability = nullptr;

    ggml_tensor * last_count = nullptr; // the node that counts the last site

    // The layer's graph enters its next site. Returns the site's number.
    size_t enter_site(int il, ggml_tensor * selected);

    // The layer's graph leaves the site that it is in. Returns nullopt where it is in none.
    std::optional<neuron_open_site> leave_site(int il);

    // What is watched of a site, and the site's rows.
    struct watched_site {
        size_t number;
        ggml_tensor * watched;
        int64_t rows;
    };
    std::vector<watched_site> watched;

    // For each counted site, in order: the tensor that marks which tokens are finite, and the site's rows.
    std::vector<std::pair<ggml_tensor *, int64_t>> counted;

    // The index in set_tokens of the token of a row, at a site of `rows` rows; -1 where the token does not count.
    int64_t counted_token(int64_t row, int64_t rows) const {
        return (rows == n_tokens ? counted_all : counted_out)[size_t(row)];
    }

    std::vector<int64_t> output_index; // for each output row, its index in set_tokens, or -1
    std::vector<bool> has_target;      // for each output row

private:
    // One value for each token, and one for each output.
    struct per_token {
        ggml_tensor * all = nullptr;
        ggml_tensor * out = nullptr;
    };
    // The tensor of the pair that has n_rows; it is made at the first call. nullptr for any other number.
    template <typename Make>
    ggml_tensor * row_input(per_token & pair, int64_t n_rows, const char * name, const Make & make) const;

    size_t entered = 0;                   // sites
    std::map<int, neuron_open_site> open; // by layer
    std::vector<int64_t> counted_all;
    std::vector<int64_t> counted_out;
    per_token weights;               // F32 [1, n]
    per_token edits;                 // I32 [n]
    per_token edit_numbers;          // F32 [1, n]
    ggml_tensor * targets = nullptr; // I32 [1, n_outputs]
};

// The adapter's input among a graph's, or nullptr.
neuron_graph_input * find_neuron_input(const llm_graph_result & res);
