#pragma once

#include "Failure.h"

#include <napi.h>

#include <functional>
#include <optional>

// Runs `work` on a worker thread, without JS values, and settles one promise with what `convert`
// makes of its result on the JS thread. Whatever `work` captures lives until then.
template <typename Result> class Task : public Napi::AsyncWorker {
public:
    using Work    = std::function<Result()>;
    using Convert = std::function<Napi::Value(Napi::Env, Result &)>;

    static Napi::Promise run(Napi::Env env, Work work, Convert convert) {
        auto * task = new Task(env, std::move(work), std::move(convert)); // deletes itself when settled
        task->Queue();
        return task->deferred.Promise();
    }

private:
    Task(Napi::Env env, Work work, Convert convert)
        : Napi::AsyncWorker(env), deferred(Napi::Promise::Deferred::New(env)), work(std::move(work)), convert(std::move(convert)) {}

    void Execute() override {
        try {
            result.emplace(work());
        } catch (...) {
            failure = Failure::current();
        }
    }

    void OnOK() override {
        Napi::HandleScope scope(Env());
        if (failure) {
            deferred.Reject(failure->to_js(Env()).Value());
            return;
        }
        try {
            deferred.Resolve(convert(Env(), *result));
        } catch (const Napi::Error & e) {
            deferred.Reject(e.Value());
        } catch (...) {
            deferred.Reject(Failure::current().to_js(Env()).Value());
        }
    }

    Napi::Promise::Deferred deferred;
    Work                    work;
    Convert                 convert;
    std::optional<Result>   result;
    std::optional<Failure>  failure;
};
