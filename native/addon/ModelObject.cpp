#include "ModelObject.h"

#include "ContextObject.h"
#include "Convert.h"
#include "Task.h"

namespace {

Napi::Value imatrix_of(Napi::Env env, const Model & model) {
    const auto imatrix = model.imatrix();
    if (!imatrix) {
        return env.Null();
    }
    auto result = Napi::Object::New(env);
    result.Set("file", imatrix->file);
    result.Set("dataset", imatrix->dataset);
    result.Set("entries", double(imatrix->entries));
    result.Set("chunks", double(imatrix->chunks));
    return result;
}

} // namespace

Napi::Function ModelObject::define(Napi::Env env) {
    return DefineClass(
        env, "NativeModel",
        {
            InstanceMethod<&ModelObject::info>("info"),
            InstanceMethod<&ModelObject::tokenize>("tokenize"),
            InstanceMethod<&ModelObject::detokenize>("detokenize"),
            InstanceMethod<&ModelObject::pieces>("pieces"),
            InstanceMethod<&ModelObject::end_tokens>("endTokens"),
            InstanceMethod<&ModelObject::create_context>("createContext"),
            InstanceMethod<&ModelObject::close>("close"),
        }
    );
}

Napi::Value ModelObject::wrap(Napi::Env env, std::shared_ptr<Model> model) {
    auto * constructors = env.GetInstanceData<std::pair<Napi::FunctionReference, Napi::FunctionReference>>();
    Napi::Object object = constructors->first.New({});
    Unwrap(object)->model = std::move(model);
    return object;
}

std::shared_ptr<Model> ModelObject::open(Napi::Env env) const {
    if (!model) {
        throw Failure{ "CLOSED", "the model was closed; open it again", std::nullopt }.to_js(env);
    }
    return model;
}

Napi::Value ModelObject::info(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    const auto held = open(env);
    const llama_model * handle = held->handle.get();
    const llama_vocab * vocab = llama_model_get_vocab(handle);
    char description[256];
    llama_model_desc(handle, description, sizeof(description));

    auto result = Napi::Object::New(env);
    result.Set("name", held->metadata("general.name"));
    result.Set("architecture", held->metadata("general.architecture"));
    result.Set("description", std::string(description));
    result.Set("fileType", llama_ftype_name(llama_model_ftype(handle)));
    result.Set("imatrix", imatrix_of(env, *held));
    result.Set("headerBytes", double(held->header_bytes));
    result.Set("bytes", double(llama_model_size(handle)));
    result.Set("parameters", double(llama_model_n_params(handle)));
    result.Set("layers", llama_model_n_layer(handle));
    result.Set("embedding", llama_model_n_embd(handle));
    result.Set("trainContext", llama_model_n_ctx_train(handle));
    result.Set("vocabulary", llama_vocab_n_tokens(vocab));
    // -1 where the model asks for no BOS
    result.Set("bos", llama_vocab_get_add_bos(vocab) ? llama_vocab_bos(vocab) : -1);
    const auto text_of = [vocab](llama_token token) {
        return std::string(token < 0 ? "" : llama_vocab_get_text(vocab, token));
    };
    result.Set("bosText", text_of(llama_vocab_bos(vocab)));
    result.Set("eosText", text_of(llama_vocab_eos(vocab)));
    const char * chat = llama_model_chat_template(handle, nullptr);
    result.Set("chatTemplate", std::string(chat == nullptr ? "" : chat));
    result.Set("warnings", convert::array(env, held->warnings));
    return result;
}

Napi::Value ModelObject::tokenize(const Napi::CallbackInfo & info) {
    using Lists = std::vector<std::vector<llama_token>>;
    auto strings = convert::texts(info[0].As<Napi::Array>());
    const bool special = info[1].ToBoolean();
    return Task<Lists>::run(
        info.Env(),
        [held = open(info.Env()), strings = std::move(strings), special] {
            Lists lists;
            for (const auto & string : strings) {
                lists.push_back(held->tokenize(string, special));
            }
            return lists;
        },
        [](Napi::Env env, Lists & lists) -> Napi::Value {
            auto result = Napi::Array::New(env, lists.size());
            for (size_t i = 0; i < lists.size(); ++i) {
                result.Set(uint32_t(i), convert::typed_array<Napi::Int32Array>(env, lists[i]));
            }
            return result;
        }
    );
}

Napi::Value ModelObject::detokenize(const Napi::CallbackInfo & info) {
    using Texts = std::vector<std::string>;
    const auto arrays = info[0].As<Napi::Array>();
    std::vector<std::vector<llama_token>> lists;
    for (uint32_t i = 0; i < arrays.Length(); ++i) {
        const Napi::Value value = arrays.Get(i);
        if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
            throw Napi::TypeError::New(info.Env(), "detokenize takes a list of Int32Array");
        }
        const auto array = value.As<Napi::Int32Array>();
        lists.emplace_back(array.Data(), array.Data() + array.ElementLength());
    }
    return Task<Texts>::run(
        info.Env(),
        [held = open(info.Env()), lists = std::move(lists)] {
            Texts texts;
            for (const auto & tokens : lists) {
                texts.push_back(held->detokenize(tokens));
            }
            return texts;
        },
        [](Napi::Env env, Texts & texts) { return convert::array(env, texts); }
    );
}

Napi::Value ModelObject::pieces(const Napi::CallbackInfo & info) {
    const bool special = info[0].ToBoolean();
    return Task<Pieces>::run(
        info.Env(), [held = open(info.Env()), special] { return held->pieces(special); },
        [](Napi::Env env, Pieces & pieces) -> Napi::Value {
            auto result = Napi::Object::New(env);
            result.Set("bytes", convert::typed_array<Napi::Uint8Array>(env, pieces.bytes));
            result.Set("ends", convert::typed_array<Napi::Int32Array>(env, pieces.ends));
            return result;
        }
    );
}

Napi::Value ModelObject::end_tokens(const Napi::CallbackInfo & info) {
    const auto held = open(info.Env());
    const llama_vocab * vocab = llama_model_get_vocab(held->handle.get());
    std::vector<llama_token> ends;
    for (llama_token token = 0; token < llama_vocab_n_tokens(vocab); ++token) {
        if (llama_vocab_is_eog(vocab, token)) {
            ends.push_back(token);
        }
    }
    return convert::typed_array<Napi::Int32Array>(info.Env(), ends);
}

Napi::Value ModelObject::create_context(const Napi::CallbackInfo & info) {
    using Made = std::shared_ptr<Context>;
    const auto options = convert::context_options(info[0].As<Napi::Object>());
    return Task<Made>::run(
        info.Env(), [held = open(info.Env()), options] { return std::make_shared<Context>(held, options); },
        [](Napi::Env env, Made & made) { return ContextObject::wrap(env, made); }
    );
}

void ModelObject::close(const Napi::CallbackInfo & /*info*/) {
    model.reset(); // contexts keep it until they are closed
}
