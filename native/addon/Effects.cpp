#include "Effects.h"

#include "Convert.h"
#include "Task.h"
#include "TokenEffects.h"

#include <memory>
#include <utility>

namespace {

FileMatrix matrix_of(const Napi::Object & object) {
    FileMatrix matrix;
    matrix.path = object.Get("path").ToString();
    matrix.offset = uint64_t(object.Get("offset").ToNumber().DoubleValue());
    const int type = object.Get("type").ToNumber().Int32Value();
    matrix.width = object.Get("width").ToNumber().Int64Value();
    matrix.rows = object.Get("rows").ToNumber().Int64Value();
    if (type < 0 || type >= GGML_TYPE_COUNT || ggml_blck_size(ggml_type(type)) == 0 || matrix.width < 1
        || matrix.rows < 1 || matrix.width % ggml_blck_size(ggml_type(type)) != 0) {
        throw Napi::TypeError::New(object.Env(), "not a matrix of whole blocks");
    }
    matrix.type = ggml_type(type);
    return matrix;
}

template <typename T, typename Array> std::vector<T> vector_of(const Napi::Value & value) {
    const auto array = value.As<Array>();
    return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

// matrixColumns(matrix: NativeMatrix, columns: Int32Array): Promise<Float32Array>
Napi::Value matrix_columns(const Napi::CallbackInfo & info) {
    using Values = std::vector<float>;
    const FileMatrix matrix = matrix_of(info[0].As<Napi::Object>());
    const auto columns = vector_of<int32_t, Napi::Int32Array>(info[1]);
    for (const int32_t column : columns) {
        if (column < 0 || column >= matrix.width) {
            throw Napi::TypeError::New(info.Env(), "no such column");
        }
    }
    return Task<Values>::run(
        info.Env(), [matrix, columns] { return matrix.read_columns(columns); },
        [](Napi::Env env, Values & values) -> Napi::Value {
            return convert::typed_array<Napi::Float32Array>(env, values);
        }
    );
}

// Lists of tokens as { tokens, effects, ends }, one behind another.
Napi::Value lists_of(Napi::Env env, const std::vector<std::vector<TokenEffects::Token>> & lists) {
    std::vector<int32_t> tokens, ends;
    std::vector<float> effects;
    for (const auto & list : lists) {
        for (const auto & [token, effect] : list) {
            tokens.push_back(token);
            effects.push_back(effect);
        }
        ends.push_back(int32_t(tokens.size()));
    }
    auto result = Napi::Object::New(env);
    result.Set("tokens", convert::typed_array<Napi::Int32Array>(env, tokens));
    result.Set("effects", convert::typed_array<Napi::Float32Array>(env, effects));
    result.Set("ends", convert::typed_array<Napi::Int32Array>(env, ends));
    return result;
}

// normalized(vectors: Float32Array, width: number, norm: NativeNorm): Promise<Float32Array>
Napi::Value normalized(const Napi::CallbackInfo & info) {
    using Values = std::vector<float>;
    auto vectors = vector_of<float, Napi::Float32Array>(info[0]);
    const int64_t width = info[1].ToNumber().Int64Value();
    const auto object = info[2].As<Napi::Object>();
    FinalNorm norm;
    for (const auto & [name, values] : { std::pair{ "weights", &norm.weights }, std::pair{ "bias", &norm.bias } }) {
        if (!object.Get(name).IsUndefined()) {
            *values = vector_of<float, Napi::Float32Array>(object.Get(name));
        }
        if (!values->empty() && int64_t(values->size()) != width) {
            throw Napi::TypeError::New(info.Env(), "a norm of another width");
        }
    }
    norm.centred = object.Get("centred").ToBoolean();
    norm.epsilon = object.Get("epsilon").ToNumber().DoubleValue();
    if (width < 1 || int64_t(vectors.size()) % width != 0) {
        throw Napi::TypeError::New(info.Env(), "vectors of another width");
    }
    return Task<Values>::run(
        info.Env(), [vectors = std::move(vectors), width, norm] { return norm.apply(vectors, width); },
        [](Napi::Env env, Values & values) -> Napi::Value {
            return convert::typed_array<Napi::Float32Array>(env, values);
        }
    );
}

// tokenEffects(vectors: Float32Array, width, kept, threads, dequantized): NativeTokenEffects
Napi::Value token_effects(const Napi::CallbackInfo & info) {
    const Napi::Env env = info.Env();
    const auto vectors = vector_of<float, Napi::Float32Array>(info[0]);
    const int64_t width = info[1].ToNumber().Int64Value();
    if (width < 1 || vectors.empty() || int64_t(vectors.size()) % width != 0) {
        throw Napi::TypeError::New(env, "vectors of another width");
    }
    std::shared_ptr<TokenEffects> effects;
    try {
        effects = std::make_shared<TokenEffects>(
            vectors, width, info[2].ToNumber().Uint32Value(), info[3].ToNumber().Int32Value(), info[4].ToBoolean()
        );
    } catch (const FailureException & e) {
        throw e.failure.to_js(env);
    }
    auto object = Napi::Object::New(env);
    object.Set("add", Napi::Function::New(env, [effects, width](const Napi::CallbackInfo & info) -> Napi::Value {
                   const FileMatrix rows = matrix_of(info[0].As<Napi::Object>());
                   std::vector<float> biases;
                   if (!info[1].IsUndefined()) {
                       biases = vector_of<float, Napi::Float32Array>(info[1]);
                   }
                   if (rows.width != width || (!biases.empty() && int64_t(biases.size()) != rows.rows)) {
                       throw Napi::TypeError::New(info.Env(), "rows of another width");
                   }
                   if (effects->busy.exchange(true)) {
                       throw Failure{ "BUSY", "rows are being multiplied already", {} }.to_js(info.Env());
                   }
                   return Task<bool>::run(
                       info.Env(),
                       [effects, rows, biases = std::move(biases)] {
                           effects->add(rows, biases);
                           return true;
                       },
                       [](Napi::Env env, bool &) { return env.Undefined(); }, [effects] { effects->busy = false; }
                   );
               }));
    object.Set("raised", Napi::Function::New(env, [effects](const Napi::CallbackInfo & info) {
                   return lists_of(info.Env(), effects->kept.raised);
               }));
    object.Set("lowered", Napi::Function::New(env, [effects](const Napi::CallbackInfo & info) {
                   return lists_of(info.Env(), effects->kept.lowered);
               }));
    object.Set("means", Napi::Function::New(env, [effects](const Napi::CallbackInfo & info) {
                   return convert::typed_array<Napi::Float64Array>(info.Env(), effects->means());
               }));
    return object;
}

} // namespace

void effects::define(Napi::Env env, Napi::Object exports) {
    exports.Set("matrixColumns", Napi::Function::New(env, matrix_columns));
    exports.Set("normalized", Napi::Function::New(env, normalized));
    exports.Set("tokenEffects", Napi::Function::New(env, token_effects));
}
