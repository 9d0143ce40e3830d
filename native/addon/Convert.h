#pragma once

// Conversions between JavaScript values and the structs that workers use. They run on the JS thread
// and throw Napi::TypeError where the contract (src/engine/native/addon.ts) is not kept.

#include "Context.h"
#include "Model.h"

#include <memory>
#include <napi.h>

namespace convert {

ModelOptions model_options(const Napi::Object & object);
ContextOptions context_options(const Napi::Object & object);
Batch batch(const Napi::Object & object);
Draws draws(const Napi::Object & object, size_t n_tokens, size_t n_vocab);
llama_neurons_mode mode(const Napi::Object & object);
// factors and offsets: one Float32Array for each site
llama_neurons_edit edit(const Napi::Object & object);

std::vector<std::string> texts(const Napi::Array & array);

Napi::Value sampled(Napi::Env env, const Sampled & sampled);
Napi::Value memory(Napi::Env env, const llama_neurons_memory & memory);
Napi::Value counts(Napi::Env env, const std::vector<std::vector<int64_t>> & sites);
Napi::Value counts(Napi::Env env, const std::vector<std::vector<uint32_t>> & sites);
Napi::Value site(Napi::Env env, const llama_neurons_site & site, const std::string & counting);

template <typename T> Napi::Array array(Napi::Env env, const std::vector<T> & values) {
    auto result = Napi::Array::New(env, values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        result.Set(uint32_t(i), values[i]);
    }
    return result;
}

template <typename Array, typename T> Array typed_array(Napi::Env env, const std::vector<T> & values) {
    Array array = Array::New(env, values.size());
    std::copy(values.begin(), values.end(), array.Data());
    return array;
}

// The values themselves, freed with the array: a copy of what is large would hold up the JS thread.
template <typename Array, typename T> Array moved_array(Napi::Env env, std::vector<T> && values) {
    if (values.empty()) {
        return Array::New(env, 0);
    }
    auto held = std::make_unique<std::vector<T>>(std::move(values));
    const size_t size = held->size();
    auto buffer = Napi::ArrayBuffer::New(
        env, held->data(), size * sizeof(T),
        [](Napi::Env, void *, std::vector<T> * owner) { std::unique_ptr<std::vector<T>>{ owner }; }, held.get()
    );
    held.release(); // the buffer's now
    return Array::New(env, size, buffer, 0);
}

} // namespace convert
