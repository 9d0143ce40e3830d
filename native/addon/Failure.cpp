#include "Failure.h"

Napi::Error Failure::to_js(Napi::Env env) const {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", code);
    if (native_code) {
        error.Set("nativeCode", Napi::Number::New(env, *native_code));
    }
    return error;
}

Failure Failure::current() {
    try {
        throw;
    } catch (const FailureException & e) {
        return e.failure;
    } catch (const llama_neurons_error & e) {
        return { e.code, e.what(), std::nullopt };
    } catch (const std::bad_alloc &) {
        return { "OUT_OF_MEMORY", "the host ran out of memory; use a smaller batch or context", std::nullopt };
    } catch (const std::exception & e) {
        return { "NATIVE", e.what(), std::nullopt };
    } catch (...) {
        return { "NATIVE", "llama.cpp threw something that is not an exception", std::nullopt };
    }
}

void fail(std::string code, std::string message, std::optional<int> native_code) {
    throw FailureException({ std::move(code), std::move(message), native_code });
}
