#pragma once

#include "Failure.h"

#include <napi.h>

#include <functional>
#include <optional>

// Runs `work` on a worker thread, without JS values, and settles one promise with what `convert`
// makes of its result on the JS thread. Whatever `work` captures lives until then; `settled`, if any,
// is called on the JS thread right before the promise settles either way.
template <typename Result> class Task : public Napi::AsyncWorker {
public:
    using Work = std::function<Result()>;
    using Convert = std::function<Napi::Value(Napi::Env, Result &)>;

    static Napi::Promise run(Napi::Env env, Work work, Convert convert, std::function<void()> settled = {}) {
        auto * task = new Task(env, std::move(work), std::move(convert), std::move(settled)); // deletes itself
        task->Queue();
        return task->deferred.Promise();
    }

private:
    Task(Napi::Env env, Work work, Convert convert, std::function<void()> settled)
        : Napi::AsyncWorker(env), deferred(Napi::Promise::Deferred::New(env)), work(std::move(work)),
          convert(std::move(convert)), settled(std::move(settled)) {}

    void Execute() override {
        try {
            result.emplace(work());
        } catch (...) {
            failure = Failure::current();
        }
    }

    void OnOK() override {
        Napi::HandleScope scope(Env());
        if (settled) {
            settled();
        }
        try {
            settle();
        } catch (const Napi::Error &) {
            // The worker or the process is ending: no JavaScript runs any more, so no value can be made and no promise
            // settled, and nobody is left who waits for it.
        }
    }

    // Throws Napi::Error where no JavaScript runs any more.
    void settle() {
        if (failure) {
            return deferred.Reject(failure->to_js(Env()).Value());
        }
        Napi::Value value;
        try {
            value = convert(Env(), *result);
        } catch (const Napi::Error & e) {
            return deferred.Reject(e.Value());
        } catch (...) {
            return deferred.Reject(Failure::current().to_js(Env()).Value());
        }
        deferred.Resolve(value);
    }

    Napi::Promise::Deferred deferred;
    Work work;
    Convert convert;
    std::function<void()> settled;
    std::optional<Result> result;
    std::optional<Failure> failure;
};
