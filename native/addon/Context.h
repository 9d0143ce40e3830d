#pragma once

#include "CallbackCounter.h"
#include "Draw.h"
#include "Failure.h"
#include "Model.h"
#include "ThreadPool.h"

#include "neuron-adapter-api.h"

#include <atomic>
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
    bool count_only = false; // compute buffers for counting, none for logits
    llama_neurons_room room;
    std::string callback_tensor; // not empty: count by eval callback (see CallbackCounter) instead of the adapter
};

// One batch; every vector has one entry a token.
struct Batch {
    std::vector<llama_token> tokens;
    std::vector<llama_pos> positions;
    std::vector<llama_seq_id> sequences;
    std::vector<uint8_t> counted;
    std::vector<llama_token> targets;
    std::vector<int32_t> edits;
    std::vector<llama_seq_id> finished; // sequences whose cells are freed after the batch
    std::vector<int32_t>
        trimmed; // pairs of a sequence and the position from which on it loses its cells, before the batch
    std::vector<llama_seq_id> moved; // pairs of a sequence and the free one that it becomes, before the batch
    std::vector<int32_t> shared;     // pairs of token index and further sequence
};

// Log-probabilities asked for along with draws: of tokens after rows of the batch, and of what is drawn for entries.
struct Asked {
    std::vector<int32_t> rows;
    std::vector<llama_token> targets; // of each row
    std::vector<uint8_t> entries;     // [entries of the draws] 1: of what is drawn for it, in each step
    size_t likeliest = 0;             // how many likeliest tokens beside each

    bool empty() const;
};

// Which tokens to draw after a batch: one for each entry, and again one after each of these, in steps.
struct Draws {
    std::vector<int32_t> rows;           // token of the batch that is continued; may repeat
    std::vector<llama_seq_id> sequences; // of each entry: what is drawn belongs to it
    std::vector<double> uniforms;        // [steps, entries] in [0, 1)
    std::vector<int32_t> edits;          // [steps, entries]: of what is drawn, where each token has its own
    std::vector<double> temperatures;    // of each entry; 0: the likeliest token
    std::vector<Truncation> truncations; // of each entry
    size_t steps = 1;                    // at most
    std::vector<llama_token> ends;       // no step follows one in which one of these was drawn
    Asked asked;
};

// Natural log-probabilities, a row for each token asked for.
struct Told {
    std::vector<double> targets;
    std::vector<llama_token> likeliest; // [rows, count]
    std::vector<double> of_likeliest;   // [rows, count]

    void add(const float * logits, int32_t n_vocab, llama_token target, size_t count);
};

// What was drawn, and the log-probabilities asked for. They are read from the logits of the batch that they belong to,
// before the next one replaces them: no call can ask for those of another batch.
struct Sampled {
    std::vector<llama_token> tokens; // [steps done, entries]; complements where logits are not finite
    Told asked;                      // [rows asked for]
    Told drawn;                      // [steps done, entries asked for]
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
    // Frees the sequences finished before, decodes a batch and draws the next token after some of its tokens; goes
    // on with these.
    Sampled sample(const Batch & batch, const Draws & draws);
    // Throws where a failed batch left the counters half-updated.
    llama_neurons_totals counts();
    int64_t counted_tokens() const;
    // The first activation of the last batch counted that is not finite.
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
    std::vector<uint8_t> outputs_of(const Batch & batch, bool want_logits) const;
    std::vector<llama_neurons_token> tokens_of(const Batch & batch) const;
    // Decodes one batch of `sample` and adds what it gives to `sampled`.
    void draw_after(
        const Batch & batch, const std::vector<int32_t> & rows, const Draws & draws, size_t step, Sampled & sampled
    );
    void run(const Batch & batch, const std::vector<uint8_t> & outputs);
    uint64_t work_of(const Batch & batch, const std::vector<uint8_t> & outputs) const; // see ThreadPool::timed
    void finish(const Batch & batch);
    void trim(const Batch & batch);
    void move(const Batch & batch);
    void refuse_if_aborted() const; // throws ABORTED

    std::shared_ptr<Model> model; // before the context, so that it is freed after it
    ThreadPool threads;           // before the context too
    std::optional<CallbackCounter> callback;
    std::unique_ptr<llama_context, ContextDeleter> context;
    llama_neurons_mode mode;
    std::atomic<bool> aborting{ false };
    bool incomplete = false; // a batch failed while counting
    int64_t callback_tokens = 0;
};
