#pragma once

#include "Batch.h"
#include "CallbackCounter.h"
#include "Divergence.h"
#include "Draws.h"
#include "Failure.h"
#include "InputSquares.h"
#include "Model.h"
#include "ResidualReader.h"
#include "ThreadPool.h"

#include "neuron-adapter-api.h"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <vector>

struct ContextOptions {
    uint32_t context_size = 0; // tokens of the KV cache
    bool streams = false;      // each sequence has an equal part of it, else all share it
    uint32_t batch_size = 512;
    uint32_t sequences = 64;
    int32_t threads = 1;
    llama_neurons_ops ops = llama_neurons_ops::automatic;
    bool f32_cache = false;  // keys and values in F32, without flash attention
    bool ggml_alone = false; // no products of our own, not even those with the bits of ggml's
    bool count_only = false; // compute buffers for counting, none for logits
    llama_neurons_capacity capacity;
    bool residuals = false;      // an eval callback that `residuals` reads with; without `callback_tensor`
    bool input_squares = false;  // an eval callback that `add_input_squares` reads with; without `callback_tensor`
    std::string callback_tensor; // not empty: count by eval callback (see CallbackCounter) instead of the adapter
};

struct ContextDeleter {
    void operator()(llama_context * context) const { llama_free(context); }
};

// One llama_context with the neuron adapter attached. One thread at a time: `busy` refuses overlap.
class Context {
public:
    Context(std::shared_ptr<Model> model, const ContextOptions & options);

    struct Output {
        std::vector<double> log_probabilities; // [n_tokens] in score mode
        std::vector<float> logits;             // [n_tokens, n_vocab] where asked for
    };

    void set_mode(llama_neurons_mode mode);
    void set_edit(int32_t number, const llama_neurons_edit & edit);
    Output decode(const Batch & batch, bool want_logits);
    // Decodes a batch in both contexts, with the head 'logits' each, and compares what they say after each token that
    // has a target. Logits of this batch alone are kept.
    Divergences compare(const Batch & batch, Context & reference);
    // The same beside logits that `target_logits` gave of the reference.
    Divergences compare(const Batch & batch, const float * reference, size_t size);
    // Decodes a batch with the head 'logits' and gives those after each token that has a target, [targets, n_vocab].
    std::vector<float> target_logits(const Batch & batch);
    // Decodes a batch of one sequence. See ResidualReader::end.
    std::map<int, std::vector<float>> residuals(const Batch & batch);
    // Decodes a batch and adds up the squares of what goes into each product, of all its tokens in every layer.
    void add_input_squares(const Batch & batch);
    // Since the last reset, by the names of weights; none where the context cannot read them.
    std::map<std::string, InputSquares::Entry> input_squares() const {
        return squares ? squares->entries() : std::map<std::string, InputSquares::Entry>();
    }
    // Frees the sequences that are finished, decodes a batch, draws the next token after some of its tokens, and goes
    // on with these in further steps.
    Sampled sample(const Batch & batch, const Draws & draws);
    // Throws where a failed batch left the counters half-updated.
    llama_neurons_totals counts();
    int64_t counted_tokens() const;
    // Of the last batch, by the callback; none without one.
    std::vector<CallbackCounter::Function> functions() const {
        return callback ? callback->functions() : std::vector<CallbackCounter::Function>();
    }
    // See llama_neurons_watched.
    const std::vector<float> & watched() const { return llama_neurons_watched(context.get()); }
    // The first activation of the last batch counted or watched that is not finite.
    llama_neurons_nonfinite nonfinite() const { return llama_neurons_find_nonfinite(context.get()); }
    void reset();
    llama_neurons_memory memory() const;
    // Called on the JS thread where work is queued: an abort from then on holds, also before a worker starts.
    void expect_work() { aborting = false; }
    void abort() { aborting = true; }
    bool aborted() const { return aborting; }
    static Failure stopped() { return { "ABORTED", "stopped", 2 }; }
    size_t vocabulary() const { return size_t(llama_vocab_n_tokens(llama_model_get_vocab(model->handle.get()))); }
    llama_context * handle() const { return context.get(); }

    std::atomic<bool> busy{ false };

private:
    std::vector<uint8_t> outputs_of(const Batch & batch, bool want_logits, bool want_targets) const;
    void require_logits() const; // throws WRONG_USE
    // Of the last batch, those after each token that has a target. [n_vocab] each.
    std::vector<const float *> target_rows(const Batch & batch);
    // Of the last batch. @param reference a row for each token that has a target
    Divergences diverge(const Batch & batch, const std::vector<const float *> & reference);
    // Decodes a batch, whose logits are llama.cpp's until the next.
    void decode_outputs(const Batch & batch, const std::vector<uint8_t> & outputs);
    std::vector<llama_neurons_token> tokens_of(const Batch & batch) const;
    llama_context_params parameters(const ContextOptions & options);
    static bool on_eval(ggml_tensor * tensor, bool ask, void * self); // to whom it may concern
    void begin_callback(const std::vector<llama_neurons_token> & tokens, const std::vector<uint8_t> & outputs);
    void check_draws(const Draws & draws) const; // throws WRONG_USE
    // Decodes one batch of `sample` and adds what it gives to `sampled`.
    void draw_after(
        const Batch & batch, const std::vector<int32_t> & rows, const Draws & draws, size_t step, Sampled & sampled
    );
    void take_likeliest(const std::vector<int32_t> & rows, Sampled & sampled) const;
    void draw_tokens(const std::vector<int32_t> & rows, const Draws & draws, size_t step, Sampled & sampled) const;
    void run(const Batch & batch, const std::vector<uint8_t> & outputs);
    uint64_t work_of(const Batch & batch, const std::vector<uint8_t> & outputs) const; // see ThreadPool::timed
    void finish(const Batch & batch);
    void trim(const Batch & batch);
    void move(const Batch & batch);
    void refuse_if_aborted() const; // throws ABORTED

    std::shared_ptr<Model> model; // before the context, so that it is freed after it
    ThreadPool threads;           // before the context too
    std::optional<CallbackCounter> callback;
    std::optional<ResidualReader> reader;
    std::optional<InputSquares> squares;
    std::unique_ptr<llama_context, ContextDeleter> context;
    llama_neurons_mode mode;
    std::atomic<bool> aborting{ false };
    bool incomplete = false; // a batch failed while counting
    int64_t callback_tokens = 0;
};
