#pragma once

#include "neuron-adapter-api.h"

#include <napi.h>

#include <exception>
#include <new>
#include <optional>
#include <string>

// A failure on its way from a worker to JavaScript. code: an ErrorCode of src/errors.ts.
struct Failure {
    std::string code;
    std::string message;
    std::optional<int> native_code;

    // A JS Error with the properties code and nativeCode.
    Napi::Error to_js(Napi::Env env) const;

    // Turns the exception being handled into a Failure; call it in a catch (...) block.
    static Failure current();
};

struct FailureException : std::exception {
    explicit FailureException(Failure failure) : failure(std::move(failure)) {}
    const char * what() const noexcept override { return failure.message.c_str(); }
    Failure failure;
};

[[noreturn]] void fail(std::string code, std::string message, std::optional<int> native_code = std::nullopt);
