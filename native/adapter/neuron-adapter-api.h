#pragma once

// The addon's door to the neuron adapter inside libllama.
//
// The adapter belongs to its llama_context: it is created by llama_neurons_attach, freed with the
// context, and used from one thread at a time, like the context itself. Every function throws
// llama_neurons_error; nothing returned is owned by the caller unless it is a value.

#include "llama.h"
#include "products.h"

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

struct llama_neurons_error : std::runtime_error {
    // code: an ErrorCode of src/errors.ts
    llama_neurons_error(std::string code, const std::string & message)
        : std::runtime_error(message), code(std::move(code)) {}
    std::string code;
};

// An ErrorCode for why llama.cpp's calls on this thread failed since this was last asked, where an exception
// told by its type; else "". llama.cpp catches its exceptions and answers a null pointer.
LLAMA_API std::string llama_neurons_take_cause();

// For llama.cpp's catch blocks (native/patches/0004): keeps the first cause.
LLAMA_API void llama_neurons_caught(const std::exception & error);

// What a loaded model's header says that its weights cannot be true to, before memory is asked for by it; else "".
LLAMA_API std::string llama_neurons_unsound_header(const llama_model * model);

// Where a layer computes an activation. A layer has none, one or several.
enum class llama_neurons_kind {
    dense,
    shared, // an expert that every token goes through, beside routed ones
    routed, // experts of which each token goes through a few
};

struct llama_neurons_site {
    int32_t layer;
    llama_neurons_kind kind;
    int32_t width;          // neurons: columns of the activation, of each expert
    int32_t experts;        // 1 where it is not routed
    int32_t used;           // experts that a token goes through
    bool gated;             // the neuron's sign is read off a gate of its own
    bool addable;           // what the activation is multiplied with is in the graph, so that it can have an offset
    std::string activation; // silu, gelu, relu, ...

    size_t neurons() const { return size_t(width) * size_t(experts); }
};

// Whole numbers since the last reset.
struct llama_neurons_totals {
    // [site][experts * width], expert by expert: tokens with a positive activation
    std::vector<std::vector<int64_t>> active;
    // [site][experts] of a routed site, else empty: tokens that went through the expert
    std::vector<std::vector<int64_t>> routed;
    // [site][experts * width], in the mode `values`: sum of the activations of counted tokens, in units of 2^-20
    std::vector<std::vector<int64_t>> sums;
    // [site][width * llama_neurons_bins], neuron by neuron, of a site that is not routed, else empty: counted tokens
    // whose activation is in each bin; all of them on the CPU, every 16th of a batch elsewhere
    std::vector<std::vector<uint32_t>> histograms;
};

// Bins of an activation's histogram: bin b holds what is between edge b and edge b + 1; what is on an edge belongs to
// the bin farther from 0.
constexpr int32_t llama_neurons_bins = 64;

// The lower edge of each bin, ascending; that of the first stands for minus infinity.
LLAMA_API std::vector<float> llama_neurons_bin_edges();

// What becomes of the output head.
enum class llama_neurons_head {
    none,      // it is not computed
    logits,    // they leave the device
    scores,    // log-probabilities of targets take their place
    likeliest, // the token of the largest logit takes their place
    unread,    // every token's are computed and left where they are; for benchmarks
};

// What the next decodes do. A mode that needs larger compute buffers than were reserved costs one
// reservation; changing an edit costs nothing.
struct llama_neurons_mode {
    bool count = false;  // add to the counters
    bool edit = false;   // activations go through the first edit
    bool edits = false;  // each token's through its own edit (implies edit)
    bool add = false;    // edits have offsets
    bool values = false; // add up activations and fill their histograms
    bool watch = false;  // keep the activations of the neurons that the context watches
    llama_neurons_head head = llama_neurons_head::logits;

    // Whether it reads activations of counted tokens.
    bool reads() const { return count || values || watch; }
    // Whether it uses activated values on their way into the down projection.
    bool uses_products() const { return values || watch || edit || edits; }
};

struct llama_neurons_token {
    llama_seq_id seq;
    llama_pos pos;
    float weight;       // 1: counted, 0: not
    llama_token target; // token whose log-probability is asked for after this one, or -1
    int32_t edit;       // its edit, where each token has its own
};

enum class llama_neurons_ops {
    automatic, // the first that the layer's device supports
    fused,     // one custom operation (CPU)
    repeat,    // step, mul, repeat_back; of a routed site: step, one-hot, mul_mat
    transpose, // step, mul, transpose, sum_rows; of a routed site as above
};

// What becomes of activations: each, act, becomes factor * act + offset. A factor of 0 makes 0 even of infinity.
// Per site [experts * width]; no site at all: factors of 1, offsets of 0.
struct llama_neurons_edit {
    std::vector<std::vector<float>> factors;
    std::vector<std::vector<float>> offsets;
};

struct llama_neurons_neuron {
    int32_t site;
    int32_t index; // of a routed site, expert * width + neuron
};

// What a context has memory for.
struct llama_neurons_capacity {
    int32_t edits = 1;                         // at a time, at least 1
    bool offsets = false;                      // of these edits
    bool values = false;                       // sums and histograms of activations
    std::vector<llama_neurons_neuron> watched; // in any order
};

// Builds one graph to find the sites, in the order of computation, and allocates counters and edits where
// their weights are. UNSUPPORTED, naming the architecture, where the model has no FFN or one that no site
// covers, a shape that is not one row a token, or, with capacity for values, activations that are not in the graph or a
// device that cannot add them up. WRONG_USE for a watched neuron that there is not. Compute buffers are reserved for
// `reserved`: a mode that fits into it never moves them.
LLAMA_API void llama_neurons_attach(
    llama_context * ctx, llama_neurons_ops ops, llama_neurons_mode reserved, llama_neurons_capacity capacity
);

// From the next decode on, large batches are multiplied with weights so, and not by ggml; exact: see neuron_products.
// UNSUPPORTED where this processor cannot.
LLAMA_API void llama_neurons_set_products(llama_context * ctx, products::Kind kind, bool exact);

LLAMA_API std::vector<llama_neurons_site> llama_neurons_sites(const llama_context * ctx);

// The way of counting that a site's device was given.
LLAMA_API std::string llama_neurons_ops_name(const llama_context * ctx, size_t site);

// WRONG_USE for offsets, values or watching where the context holds none.
LLAMA_API void llama_neurons_set_mode(llama_context * ctx, llama_neurons_mode mode);

// number: which of the edits. UNSUPPORTED for offsets at a site that cannot have any.
LLAMA_API void llama_neurons_set_edit(llama_context * ctx, int32_t number, const llama_neurons_edit & edit);

// Whether the output head is computed by another device than the processor.
LLAMA_API bool llama_neurons_head_on_device(const llama_context * ctx);

// Whether keys and values of one token stand in one cell, so that sequences can have caches of their own and take
// tokens back: neither recurrent states nor caches that pick or compress.
LLAMA_API bool llama_neurons_plain_cache(const llama_context * ctx);

// Tells the next llama_decode what to do with each of its tokens.
LLAMA_API void llama_neurons_set_tokens(llama_context * ctx, const std::vector<llama_neurons_token> & tokens);

// Natural log-probability of each target of the last decode, in the order of set_tokens; NaN where
// none was asked for. Computed from three floats a token that leave the device:
// log p(t) = x_t - x_max + log softmax(x)_max.
LLAMA_API std::vector<double> llama_neurons_log_probabilities(llama_context * ctx);

// The likeliest token after each of the last decode's that had an output, in the order of set_tokens, else -1; of
// equally likely ones whichever the device finds. Where the logits are not finite, its complement, below 0. Two numbers
// a token leave the device.
LLAMA_API const std::vector<llama_token> & llama_neurons_likeliest(const llama_context * ctx);

// Activations of the watched neurons in the last decode, in the mode `watch`: [tokens of set_tokens, neurons], as they
// were before an edit at their own site. NaN where a token does not count, or did not go through the neuron's expert.
LLAMA_API const std::vector<float> & llama_neurons_watched(const llama_context * ctx);

// Drains the device's counters.
LLAMA_API const llama_neurons_totals & llama_neurons_counts(llama_context * ctx);

// Counted tokens since the last reset.
LLAMA_API int64_t llama_neurons_counted_tokens(const llama_context * ctx);

LLAMA_API void llama_neurons_reset_counts(llama_context * ctx);

// The first activation of the last decode that is counted, or watched, and not finite: NaN or infinite.
struct llama_neurons_nonfinite {
    int32_t layer = -1; // -1: there is none
    int32_t token = -1; // its place in set_tokens
};

LLAMA_API llama_neurons_nonfinite llama_neurons_find_nonfinite(const llama_context * ctx);

// Splits of a mode's graph over the backends: a count that fell back to another device shows as a
// difference from the graph without the adapter. OUT_OF_MEMORY where the graph cannot be reserved.
LLAMA_API int32_t llama_neurons_graph_splits(llama_context * ctx, llama_neurons_mode mode);

// --- contexts that others than the addon make through this libllama, such as node-llama-cpp's ---

// While one lives, contexts that its thread makes are the addon's own.
struct LLAMA_API llama_neurons_own {
    llama_neurons_own();
    ~llama_neurons_own();
    llama_neurons_own(const llama_neurons_own &) = delete;
};

// Those of others that live, by numbers that are never used again, in the order in which they were made.
LLAMA_API std::vector<uint64_t> llama_neurons_guests();

// As llama_neurons_attach, for edits alone, on a context that nobody decodes with yet. CLOSED where it is gone.
LLAMA_API std::vector<llama_neurons_site> llama_neurons_attach_guest(uint64_t number, llama_neurons_capacity capacity);

// All tokens of the next llama_decode and those after it go through the edit; nullptr: through none. From any thread,
// also while one is under way. Throws as llama_neurons_set_edit, and CLOSED.
LLAMA_API void llama_neurons_edit_guest(uint64_t number, const llama_neurons_edit * edit);

// For llama.cpp (native/patches/0010).
LLAMA_API void llama_neurons_context_made(llama_context * ctx);
LLAMA_API void llama_neurons_context_freed(llama_context * ctx);

struct llama_neurons_bytes {
    size_t gpu = 0;
    size_t cpu = 0; // host memory, pinned or not
};

struct llama_neurons_memory {
    int32_t layers = 0; // that can go to a GPU, the output head counted as one
    llama_neurons_bytes weights;
    llama_neurons_bytes context; // KV cache and recurrent states, compute buffers, outputs
    llama_neurons_bytes adapter; // counters and edits
};

// What the context and its model take, or, of a model loaded with no_alloc, would take.
LLAMA_API llama_neurons_memory llama_neurons_measure(const llama_context * ctx);
