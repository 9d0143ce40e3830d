// The addon's entry. Its contract, with every type, is src/engine/native/addon.ts.

#include "Abort.h"
#include "Backends.h"
#include "ContextObject.h"
#include "Convert.h"
#include "Effects.h"
#include "Guests.h"
#include "Header.h"
#include "Log.h"
#include "ModelObject.h"
#include "Quantize.h"
#include "RandomRows.h"
#include "Rpc.h"
#include "Task.h"

#include "neuron-attention-bits.h"
#include "neuron-ggml-bits.h"

#include "ggml-backend.h"

#include <napi.h>

namespace {

const char * kind_of(ggml_backend_dev_t device) {
    switch (ggml_backend_dev_type(device)) {
        case GGML_BACKEND_DEVICE_TYPE_CPU: return "cpu";
        case GGML_BACKEND_DEVICE_TYPE_GPU:
        case GGML_BACKEND_DEVICE_TYPE_IGPU: return "gpu";
        default: return "accelerator";
    }
}

std::filesystem::path path_of(const Napi::Value & value) {
    return std::filesystem::u8path(value.ToString().Utf8Value());
}

// loadBackends(folder: string): the best CPU backend of the folder and every other plugin in it.
Napi::Value load_backends(const Napi::CallbackInfo & info) {
    backends::load_folder(path_of(info[0]));
    return info.Env().Undefined();
}

// loadBackend(path: string): string | null. One plugin, such as libggml-vulkan.so; why it does not load.
Napi::Value load_backend(const Napi::CallbackInfo & info) {
    if (const auto reason = backends::load(path_of(info[0]))) {
        return Napi::String::New(info.Env(), *reason);
    }
    return info.Env().Null();
}

// ggmlBits(): string[], ggml's types whose products our kernels compute to the same bits here
Napi::Value ggml_bits(const Napi::CallbackInfo & info) {
    const auto types = llama_neurons_ggml_bits();
    auto names = Napi::Array::New(info.Env(), types.size());
    for (size_t i = 0; i < types.size(); ++i) {
        names.Set(uint32_t(i), types[i]);
    }
    return names;
}

// attentionHasGgmlBits(keySize: number, valueSize: number): boolean, whether ours of few tokens has the same bits here
Napi::Value attention_has_ggml_bits(const Napi::CallbackInfo & info) {
    const auto size = [&](size_t i) { return info[i].As<Napi::Number>().Int64Value(); };
    return Napi::Boolean::New(info.Env(), llama_neurons_attention_has_ggml_bits(size(0), size(1)));
}

// products(): string[], those beside ggml's that this processor can compute
Napi::Value own_products(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    auto names = Napi::Array::New(env);
    for (const auto & [name, kind] : products::named_kinds) {
        if (products::kernels_of(kind) != nullptr) {
            names.Set(names.Length(), name);
        }
    }
    return names;
}

Napi::Value devices(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    auto result = Napi::Array::New(env);
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        size_t free_bytes = 0, total_bytes = 0;
        ggml_backend_dev_memory(device, &free_bytes, &total_bytes);
        auto entry = Napi::Object::New(env);
        entry.Set("name", ggml_backend_dev_name(device));
        entry.Set("description", ggml_backend_dev_description(device));
        entry.Set("kind", kind_of(device));
        entry.Set("backend", ggml_backend_reg_name(ggml_backend_dev_backend_reg(device)));
        entry.Set("freeBytes", double(free_bytes));
        entry.Set("totalBytes", double(total_bytes));
        result.Set(uint32_t(i), entry);
    }
    return result;
}

// rpcVersion(): number[]
Napi::Value rpc_version(const Napi::CallbackInfo & info) {
    return convert::array(info.Env(), Rpc::version());
}

// addRpcServer(endpoint: string): Promise<string[]>
Napi::Value add_rpc_server(const Napi::CallbackInfo & info) {
    using Names = std::vector<std::string>;
    const std::string endpoint = info[0].ToString();
    return Task<Names>::run(
        info.Env(), [endpoint] { return Rpc::add_server(endpoint); },
        [](Napi::Env env, Names & names) { return convert::array(env, names); }
    );
}

// serveRpc(endpoint: string, threads: number, devices: string[]): Promise<never>
Napi::Value serve_rpc(const Napi::CallbackInfo & info) {
    const std::string endpoint = info[0].ToString();
    const int threads = info[1].ToNumber().Int32Value();
    const auto devices = convert::texts(info[2].As<Napi::Array>());
    return Task<bool>::run(
        info.Env(), [=]() -> bool { Rpc::serve(endpoint, threads, devices); },
        [](Napi::Env env, bool &) { return env.Undefined(); }
    );
}

Napi::Value load_model(const Napi::CallbackInfo & info) {
    using Made = std::shared_ptr<Model>;
    const auto options = convert::model_options(info[0].As<Napi::Object>());
    return Task<Made>::run(
        info.Env(), [options] { return Model::load(options); },
        [](Napi::Env env, Made & made) { return ModelObject::wrap(env, made); }
    );
}

// measureMemory(model, context): Promise<NativeMemory>. Reads the model's header, allocates none of it.
Napi::Value measure_memory(const Napi::CallbackInfo & info) {
    auto options = convert::model_options(info[0].As<Napi::Object>());
    options.measured = true;
    const auto context = convert::context_options(info[1].As<Napi::Object>());
    return Task<llama_neurons_memory>::run(
        info.Env(), [options, context] { return Context(Model::load(options), context).memory(); }, convert::memory
    );
}

// readHeader(path: string): Promise<NativeHeader>
Napi::Value read_header(const Napi::CallbackInfo & info) {
    const std::string path = info[0].ToString();
    return Task<Header::Read>::run(
        info.Env(), [path] { return Header::read(path); },
        [](Napi::Env env, Header::Read & read) -> Napi::Value {
            auto result = Napi::Object::New(env);
            result.Set(
                "refused", read.refused.empty() ? env.Null() : Napi::Value(Napi::String::New(env, read.refused))
            );
            result.Set("splitCount", double(read.split.count));
            result.Set("splitNumber", double(read.split.number));
            return result;
        }
    );
}

// randomRows(type, width, rows, bound, seed): Promise<Uint8Array>
Napi::Value random_rows_of(const Napi::CallbackInfo & info) {
    using Bytes = std::vector<uint8_t>;
    const int type = info[0].ToNumber().Int32Value();
    const int64_t width = info[1].ToNumber().Int64Value();
    const int64_t rows = info[2].ToNumber().Int64Value();
    const float bound = info[3].ToNumber().FloatValue();
    const auto seed = uint64_t(info[4].ToNumber().Int64Value());
    if (type < 0 || type >= GGML_TYPE_COUNT || ggml_blck_size(ggml_type(type)) == 0 || width < 1 || rows < 1
        || width % ggml_blck_size(ggml_type(type)) != 0) {
        throw Napi::TypeError::New(info.Env(), "not rows of whole blocks");
    }
    return Task<Bytes>::run(
        info.Env(), [=] { return random_rows(ggml_type(type), width, rows, bound, seed); },
        [](Napi::Env env, Bytes & bytes) -> Napi::Value { return convert::typed_array<Napi::Uint8Array>(env, bytes); }
    );
}

Napi::Value bin_edges(const Napi::CallbackInfo & info) {
    return convert::typed_array<Napi::Float32Array>(info.Env(), llama_neurons_bin_edges());
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    Log::install();
    Abort::install();
    llama_backend_init(); // registers no backend: patch 0012
    env.SetInstanceData(new std::pair<Napi::FunctionReference, Napi::FunctionReference>( // freed with the env
        Napi::Persistent(ModelObject::define(env)), Napi::Persistent(ContextObject::define(env))));
    exports.Set("loadBackends", Napi::Function::New(env, load_backends));
    exports.Set("loadBackend", Napi::Function::New(env, load_backend));
    exports.Set("ggmlBits", Napi::Function::New(env, ggml_bits));
    exports.Set("attentionHasGgmlBits", Napi::Function::New(env, attention_has_ggml_bits));
    exports.Set("products", Napi::Function::New(env, own_products));
    exports.Set("devices", Napi::Function::New(env, devices));
    exports.Set("rpcVersion", Napi::Function::New(env, rpc_version));
    exports.Set("addRpcServer", Napi::Function::New(env, add_rpc_server));
    exports.Set("serveRpc", Napi::Function::New(env, serve_rpc));
    exports.Set("binEdges", Napi::Function::New(env, bin_edges));
    exports.Set("readHeader", Napi::Function::New(env, read_header));
    exports.Set("randomRows", Napi::Function::New(env, random_rows_of));
    exports.Set("loadModel", Napi::Function::New(env, load_model));
    exports.Set("measureMemory", Napi::Function::New(env, measure_memory));
    guests::define(env, exports);
    effects::define(env, exports);
    quantize::define(env, exports);
    return exports;
}

} // namespace

NODE_API_MODULE(language_neurons, init)
