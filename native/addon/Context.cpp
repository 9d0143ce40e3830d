#include "Context.h"

#include "Abort.h"
#include "Log.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>

namespace {

// Above this share of wanted outputs, all tokens get one: a graph of constant shape is used again
// from batch to batch, which is worth more than the rows saved.
constexpr double output_all_share = 0.9;

[[noreturn]] void fail_context(const ContextOptions & options, const std::string & why) {
    const std::string cause = llama_neurons_take_cause();
    const char * mend = cause == "DAMAGED" ? "; download or convert the model again, or use another one"
                                           : "; lower the context or batch size";
    fail(
        cause.empty() ? "NATIVE" : cause,
        "llama.cpp cannot make a context of " + std::to_string(options.context_size) + " tokens (" + why + ")" + mend
    );
}

[[noreturn]] void fail_decode(int code, const std::string & why) {
    const std::string because = why.empty() ? "" : " (" + why + ")";
    switch (code) {
        case 1:
            fail(
                "OUT_OF_MEMORY", "the KV cache is full" + because + "; raise the context size or lower the batch size",
                code
            );
        case 2: throw FailureException(Context::stopped());
        case -1: fail("NATIVE", "llama.cpp refused the batch" + because, code);
        case -2:
            fail(
                "OUT_OF_MEMORY",
                "no memory for the compute buffers" + because + "; lower the batch size or put fewer layers on the GPU",
                code
            );
        default:
            fail(
                "NATIVE", "llama.cpp failed to compute a batch" + because + "; finished parts are kept, run again", code
            );
    }
}

} // namespace

Context::Context(std::shared_ptr<Model> model_, const ContextOptions & options)
    : model(std::move(model_)), threads(options.threads, model->on_device) {
    const LogCapture log;
    const AbortsThrown aborts;
    llama_neurons_take_cause(); // of an earlier call
    if (!options.callback_tensor.empty()) {
        callback.emplace(options.callback_tensor);
    } else {
        if (options.residuals) {
            reader.emplace();
        }
        if (options.input_squares) {
            squares.emplace();
        }
    }
    {
        const llama_neurons_own own;
        context.reset(llama_init_from_model(model->handle.get(), parameters(options)));
    }
    if (!context) {
        fail_context(options, log.errors());
    }
    threads.attach(context.get());
    if (!model->loras.empty()
        && llama_set_adapters_lora(context.get(), model->loras.data(), model->loras.size(), model->scales.data())
               != 0) {
        fail("NATIVE", "llama.cpp cannot apply the LoRA adapters (" + log.errors() + ")");
    }
    llama_neurons_attach(
        context.get(), options.ops,
        { /*count=*/true, /*edit=*/true, /*edits=*/options.capacity.edits > 1, /*add=*/options.capacity.offsets,
          /*values=*/options.capacity.values, /*watch=*/!options.capacity.watched.empty(),
          options.count_only ? llama_neurons_head::none : llama_neurons_head::scores },
        options.capacity
    );
    // A device takes over products with weights in the machine's memory, but not operations of ours.
    const bool like_ggml = !model->products && !model->on_device && !options.ggml_alone && !squares
                        && products::kernels_of(products::Kind::integers) != nullptr;
    // Products of our own are no products to the eval callback.
    if ((model->products && !squares) || like_ggml) {
        llama_neurons_set_products(context.get(), model->products.value_or(products::Kind::integers), model->exact);
    }
}

llama_context_params Context::parameters(const ContextOptions & options) {
    auto params = llama_context_default_params();
    params.n_ctx = options.context_size;
    params.n_batch = options.batch_size;
    params.n_ubatch = options.batch_size;
    params.n_seq_max = options.sequences;
    params.kv_unified = !options.streams; // unified, cells go where they are needed, and batches stay in order
    if (options.f32_cache || model->exact) {
        params.type_k = GGML_TYPE_F32;
        params.type_v = GGML_TYPE_F32;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED; // which rounds them to F16
    }
    params.n_threads = options.threads;
    params.n_threads_batch = params.n_threads;
    params.no_perf = true;
    params.abort_callback = [](void * self) { return static_cast<Context *>(self)->aborting.load(); };
    params.abort_callback_data = this;
    if (callback) {
        params.cb_eval = CallbackCounter::on_eval;
        params.cb_eval_user_data = &*callback;
    } else if (reader || squares) {
        params.cb_eval = on_eval;
        params.cb_eval_user_data = this;
    }
    return params;
}

bool Context::on_eval(ggml_tensor * tensor, bool ask, void * self) {
    auto & context = *static_cast<Context *>(self);
    const bool is_read = context.reader && ResidualReader::on_eval(tensor, ask, &*context.reader);
    const bool is_added = context.squares && InputSquares::on_eval(tensor, ask, &*context.squares);
    return is_read || is_added;
}

void Context::set_mode(llama_neurons_mode wanted) {
    mode = wanted;
    if (callback) {
        wanted.count = false; // the callback counts instead
    }
    llama_neurons_set_mode(context.get(), wanted);
}

void Context::set_edit(int32_t number, const llama_neurons_edit & edit) {
    llama_neurons_set_edit(context.get(), number, edit);
}

std::vector<uint8_t> Context::outputs_of(const Batch & batch, bool want_logits, bool want_targets) const {
    const size_t n = batch.tokens.size();
    std::vector<uint8_t> outputs(n, 0);
    if (want_logits || mode.head == llama_neurons_head::unread) {
        std::fill(outputs.begin(), outputs.end(), 1);
        return outputs;
    }
    size_t wanted = 0;
    for (size_t i = 0; i < n; ++i) {
        outputs[i] = (mode.reads() && batch.counted[i] != 0) || (want_targets && batch.targets[i] >= 0);
        wanted += outputs[i];
    }
    if (wanted > output_all_share * double(n)) {
        std::fill(outputs.begin(), outputs.end(), 1);
    }
    if (wanted == 0) {
        outputs[n - 1] = 1; // a plain prefill
    }
    return outputs;
}

std::vector<llama_neurons_token> Context::tokens_of(const Batch & batch) const {
    std::vector<llama_neurons_token> tokens(batch.tokens.size());
    for (size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = { batch.sequences[i], batch.positions[i], batch.counted[i] != 0 ? 1.0f : 0.0f,
                      mode.head == llama_neurons_head::scores ? batch.targets[i] : -1, batch.edits[i] };
    }
    return tokens;
}

void Context::run(const Batch & batch, const std::vector<uint8_t> & outputs) {
    const NativeBatch wanted(batch, outputs);
    const LogCapture log;
    threads.attach(context.get());
    const int code = threads.timed(work_of(batch, outputs), [&] {
        const int decoded = llama_decode(context.get(), wanted.native);
        llama_synchronize(context.get());
        return decoded;
    });
    if (code != 0) {
        incomplete = incomplete || mode.count || mode.values;
        fail_decode(code, log.errors());
    }
}

uint64_t Context::work_of(const Batch & batch, const std::vector<uint8_t> & outputs) const {
    const auto rows = uint64_t(std::count(outputs.begin(), outputs.end(), 1));
    const uint64_t kind = uint64_t(mode.head) << 1 | (mode.count ? 1 : 0);
    return kind << 48 | rows << 24 | uint64_t(batch.tokens.size());
}

void Context::begin_callback(const std::vector<llama_neurons_token> & tokens, const std::vector<uint8_t> & outputs) {
    std::vector<float> all, out;
    for (size_t i = 0; i < tokens.size(); ++i) {
        all.push_back(tokens[i].weight);
        if (outputs[i] != 0) {
            out.push_back(tokens[i].weight);
        }
        callback_tokens += mode.count && tokens[i].weight != 0.0f ? 1 : 0;
    }
    callback->begin_batch(std::move(all), std::move(out));
}

void Context::decode_outputs(const Batch & batch, const std::vector<uint8_t> & outputs) {
    refuse_if_aborted();
    const auto tokens = tokens_of(batch);
    llama_neurons_set_tokens(context.get(), tokens);
    if (callback) {
        begin_callback(tokens, outputs);
    }
    run(batch, outputs);
}

Context::Output Context::decode(const Batch & batch, bool want_logits) {
    if (want_logits && mode.head != llama_neurons_head::logits) {
        fail("WRONG_USE", "logits are asked for in a mode that gives none; set a mode with the head 'logits' first");
    }
    decode_outputs(batch, outputs_of(batch, want_logits, mode.head == llama_neurons_head::scores));

    Output output;
    if (mode.head == llama_neurons_head::scores) {
        output.log_probabilities = llama_neurons_log_probabilities(context.get());
    }
    if (want_logits) {
        const float * logits = llama_get_logits(context.get());
        output.logits.assign(logits, logits + batch.tokens.size() * vocabulary());
    }
    finish(batch);
    return output;
}

void Context::require_logits() const {
    if (mode.head != llama_neurons_head::logits) {
        fail("WRONG_USE", "logits are compared in a mode that gives none; set a mode with the head 'logits' first");
    }
}

std::vector<const float *> Context::target_rows(const Batch & batch) {
    std::vector<const float *> rows;
    for (size_t i = 0; i < batch.targets.size(); ++i) {
        if (batch.targets[i] >= 0) {
            rows.push_back(llama_get_logits_ith(context.get(), int32_t(i)));
        }
    }
    return rows;
}

std::vector<float> Context::target_logits(const Batch & batch) {
    require_logits();
    decode_outputs(batch, outputs_of(batch, false, true));
    const size_t n_vocab = vocabulary();
    std::vector<float> logits;
    const auto rows = target_rows(batch);
    logits.reserve(rows.size() * n_vocab);
    for (const float * row : rows) {
        logits.insert(logits.end(), row, row + n_vocab);
    }
    finish(batch);
    return logits;
}

Divergences Context::compare(const Batch & batch, Context & reference) {
    require_logits();
    reference.require_logits();
    if (reference.vocabulary() != vocabulary()) {
        fail("MISMATCH", "the vocabularies have other sizes; compare models of one vocabulary");
    }
    for (Context * one : { &reference, this }) {
        one->decode_outputs(batch, one->outputs_of(batch, false, true));
    }
    auto result = diverge(batch, reference.target_rows(batch));
    reference.finish(batch);
    finish(batch);
    return result;
}

Divergences Context::compare(const Batch & batch, const float * reference, size_t size) {
    require_logits();
    const size_t n_vocab = vocabulary();
    const auto targets =
        size_t(std::count_if(batch.targets.begin(), batch.targets.end(), [](int32_t target) { return target >= 0; }));
    if (size != targets * n_vocab) {
        fail("MISMATCH", "the logits are not those of this batch; give those of its tokens that have a target");
    }
    decode_outputs(batch, outputs_of(batch, false, true));
    std::vector<const float *> rows;
    for (size_t row = 0; row < targets; ++row) {
        rows.push_back(reference + row * n_vocab);
    }
    auto result = diverge(batch, rows);
    finish(batch);
    return result;
}

Divergences Context::diverge(const Batch & batch, const std::vector<const float *> & reference) {
    const size_t n = batch.tokens.size(), n_vocab = vocabulary();
    Divergences result{ std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()),
                        std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()), std::vector<uint8_t>(n, 0) };
    const auto own = target_rows(batch); // first: llama.cpp gives them to one thread at a time
    std::vector<size_t> places;
    for (size_t i = 0; i < n; ++i) {
        if (batch.targets[i] >= 0) {
            places.push_back(i);
        }
    }
    std::atomic<size_t> next{ 0 };
    const auto compare_rows = [&] {
        for (size_t row = next++; row < places.size(); row = next++) {
            refuse_if_aborted();
            const size_t token = places[row];
            const auto found = divergence_of(reference[row], own[row], int32_t(n_vocab), batch.targets[token]);
            result.log_probabilities[token] = found.target;
            result.divergences[token] = found.divergence;
            result.agreed[token] = found.agreed ? 1 : 0;
        }
    };
    std::vector<std::future<void>> others; // which end before what they write to, whatever is thrown
    for (int32_t thread = 1; thread < threads.wanted(); ++thread) {
        others.push_back(std::async(std::launch::async, compare_rows));
    }
    compare_rows();
    for (auto & other : others) {
        other.get();
    }
    return result;
}

std::map<int, std::vector<float>> Context::residuals(const Batch & batch) {
    if (!reader) {
        fail("WRONG_USE", "the context cannot read residuals; make it with the option 'residuals'");
    }
    refuse_if_aborted();
    llama_neurons_set_tokens(context.get(), tokens_of(batch));
    reader->begin();
    std::map<int, std::vector<float>> layers;
    try {
        run(batch, std::vector<uint8_t>(batch.tokens.size(), 1)); // the last layer computes those with an output alone
        layers = reader->end();
    } catch (...) {
        reader->end();
        throw;
    }
    finish(batch);
    return layers;
}

void Context::add_input_squares(const Batch & batch) {
    if (!squares) {
        fail("WRONG_USE", "the context cannot read inputs; make it with the option 'inputSquares'");
    }
    refuse_if_aborted();
    llama_neurons_set_tokens(context.get(), tokens_of(batch));
    squares->read(true);
    try {
        run(batch, std::vector<uint8_t>(batch.tokens.size(), 1)); // the last layer computes those with an output alone
    } catch (...) {
        squares->read(false);
        throw;
    }
    squares->read(false);
    finish(batch);
}

// Not every backend looks at the flag while it computes, so it is looked at here, before anything is counted.
void Context::refuse_if_aborted() const {
    if (aborting) {
        throw FailureException(stopped());
    }
}

void Context::finish(const Batch & batch) {
    for (llama_seq_id sequence : batch.finished) {
        llama_memory_seq_rm(llama_get_memory(context.get()), sequence, -1, -1);
    }
}

void Context::trim(const Batch & batch) {
    for (size_t pair = 0; pair + 1 < batch.trimmed.size(); pair += 2) {
        if (!llama_memory_seq_rm(llama_get_memory(context.get()), batch.trimmed[pair], batch.trimmed[pair + 1], -1)) {
            fail("NATIVE", "the model's memory cannot take tokens back; ask without drafts");
        }
    }
}

void Context::move(const Batch & batch) {
    llama_memory_t memory = llama_get_memory(context.get());
    for (size_t pair = 0; pair + 1 < batch.moved.size(); pair += 2) {
        llama_memory_seq_cp(memory, batch.moved[pair], batch.moved[pair + 1], -1, -1);
        llama_memory_seq_rm(memory, batch.moved[pair], -1, -1);
    }
}

llama_neurons_totals Context::counts() {
    if (incomplete) {
        fail(
            "NATIVE",
            "a batch failed while its neurons were counted, so the counters are incomplete; reset them and count again"
        );
    }
    return callback ? callback->totals() : llama_neurons_counts(context.get());
}

llama_neurons_memory Context::memory() const {
    return llama_neurons_measure(context.get());
}

int64_t Context::counted_tokens() const {
    return callback ? callback_tokens : llama_neurons_counted_tokens(context.get());
}

void Context::reset() {
    llama_memory_clear(llama_get_memory(context.get()), false);
    llama_neurons_reset_counts(context.get());
    if (callback) {
        callback->reset();
        callback_tokens = 0;
    }
    if (squares) {
        squares->reset();
    }
    incomplete = false;
}
