#pragma once

#include "neuron-adapter-api.h"

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

// Counts positive activations the way that needs no patch: llama.cpp's eval callback hands tensors to the
// host. Slow; the reference that tests and benchmarks hold the adapter against.
class CallbackCounter {
public:
    // tensor: name of the activation in llama.cpp's graph without its layer, such as "ffn_gate"; or "*": what
    // every activation function of an FFN is applied to, of routed experts too, found by the functions.
    explicit CallbackCounter(const std::string & tensor) : any(tensor == "*"), prefix(tensor + "-") {}

    // Weights of the batch's tokens, and of those with an output. The batch is computed in one piece.
    void begin_batch(std::vector<float> all_weights, std::vector<float> output_weights);
    void reset() { sites.clear(); }

    static bool on_eval(ggml_tensor * tensor, bool ask, void * user_data);

    // By layer, and in a layer by the order of computation.
    llama_neurons_totals totals() const;

    // An activation function of the last batch, of "*": values [rows, used, width], by token and slot.
    struct Function {
        int layer = 0;
        int64_t width = 0;
        int64_t used = 1;
        int64_t rows = 0;
        bool one_by_one = false;       // computed without vectors, which rounds otherwise
        std::vector<float> product;    // what it gave
        std::vector<float> factor;     // what that is multiplied with already; empty: nothing
        std::vector<int32_t> selected; // experts [rows, used]; empty: not routed
    };
    const std::vector<Function> & functions() const { return found; }

private:
    // Which values of an activation [width, used, rows] are positive, and the experts [used, rows].
    struct Signs {
        int64_t width = 0;
        int64_t used = 1;
        int64_t rows = 0;
        int64_t experts = 0; // 0: not routed
        std::vector<uint8_t> positive;
        std::vector<int32_t> selected;
        Signs first_half() const;
    };
    struct Site {
        std::vector<int64_t> active;
        std::vector<int64_t> routed;
    };

    bool wants(const ggml_tensor * tensor) const;
    void take(const ggml_tensor * tensor);
    static Signs signs_of(const ggml_tensor * tensor);
    void count(const Signs & signs, int layer);
    void keep(const ggml_tensor * tensor, int layer);

    bool any;
    std::string prefix;
    std::vector<float> weights_all;
    std::vector<float> weights_out;
    std::map<const ggml_tensor *, Signs> seen; // of this batch, what functions may be applied to
    std::map<int, int> met;                    // of this batch: sites of each layer so far
    std::vector<Function> found;               // of this batch
    std::map<std::pair<int, int>, Site> sites; // by layer and place in it
};
