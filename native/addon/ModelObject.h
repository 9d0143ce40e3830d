#pragma once

#include "Model.h"

#include <napi.h>

// The JS face of a Model.
class ModelObject : public Napi::ObjectWrap<ModelObject> {
public:
    static Napi::Function define(Napi::Env env);
    static Napi::Value wrap(Napi::Env env, std::shared_ptr<Model> model);

    explicit ModelObject(const Napi::CallbackInfo & info) : Napi::ObjectWrap<ModelObject>(info) {}

private:
    Napi::Value info(const Napi::CallbackInfo & info);
    Napi::Value tokenize(const Napi::CallbackInfo & info);
    Napi::Value detokenize(const Napi::CallbackInfo & info);
    Napi::Value pieces(const Napi::CallbackInfo & info);
    Napi::Value end_tokens(const Napi::CallbackInfo & info);
    Napi::Value create_context(const Napi::CallbackInfo & info);
    void close(const Napi::CallbackInfo & info);

    std::shared_ptr<Model> open(Napi::Env env) const; // throws CLOSED

    std::shared_ptr<Model> model;
};
