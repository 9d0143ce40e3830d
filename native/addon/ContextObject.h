#pragma once

#include "Context.h"

#include <napi.h>

// The JS face of a Context: every method but close and abort returns a promise and is refused while
// another is under way.
class ContextObject : public Napi::ObjectWrap<ContextObject> {
public:
    static Napi::Function define(Napi::Env env);
    // Takes a context that a worker made.
    static Napi::Value wrap(Napi::Env env, std::shared_ptr<Context> context);

    explicit ContextObject(const Napi::CallbackInfo & info) : Napi::ObjectWrap<ContextObject>(info) {}

private:
    Napi::Value sites(const Napi::CallbackInfo & info);
    Napi::Value plain_cache(const Napi::CallbackInfo & info);
    Napi::Value head_on_device(const Napi::CallbackInfo & info);
    Napi::Value set_mode(const Napi::CallbackInfo & info);
    Napi::Value set_edit(const Napi::CallbackInfo & info);
    Napi::Value decode(const Napi::CallbackInfo & info);
    Napi::Value compare(const Napi::CallbackInfo & info);
    Napi::Value compare_with(const Napi::CallbackInfo & info);
    Napi::Value target_logits(const Napi::CallbackInfo & info);
    Napi::Value logits(const Napi::CallbackInfo & info);
    Napi::Value residuals(const Napi::CallbackInfo & info);
    Napi::Value add_input_squares(const Napi::CallbackInfo & info);
    Napi::Value input_squares(const Napi::CallbackInfo & info);
    Napi::Value sample(const Napi::CallbackInfo & info);
    Napi::Value counts(const Napi::CallbackInfo & info);
    Napi::Value functions(const Napi::CallbackInfo & info);
    Napi::Value watched(const Napi::CallbackInfo & info);
    Napi::Value nonfinite(const Napi::CallbackInfo & info);
    Napi::Value reset(const Napi::CallbackInfo & info);
    Napi::Value graph_splits(const Napi::CallbackInfo & info);
    Napi::Value memory(const Napi::CallbackInfo & info);
    void abort(const Napi::CallbackInfo & info);
    void close(const Napi::CallbackInfo & info);

    // Runs work on the context in a worker, guarded by `busy`. abortable: an abort until the promise settles
    // rejects it. beside: another context that the work uses, which is busy too.
    template <typename Result>
    Napi::Value
    run(Napi::Env env, std::function<Result(Context &)> work, std::function<Napi::Value(Napi::Env, Result &)> to_js,
        bool abortable = false, const std::shared_ptr<Context> & beside = nullptr);

    std::shared_ptr<Context> open(Napi::Env env) const; // throws CLOSED
    // For what a decode writes. Throws CLOSED, BUSY.
    std::shared_ptr<Context> at_rest(Napi::Env env) const;

    std::shared_ptr<Context> context;
};
