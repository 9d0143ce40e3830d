#include "Convert.h"

#include <algorithm>

namespace {

Napi::Value required(const Napi::Object & object, const char * key) {
    Napi::Value value = object.Get(key);
    if (value.IsUndefined()) {
        throw Napi::TypeError::New(object.Env(), std::string("missing option '") + key + "'");
    }
    return value;
}

int32_t integer(const Napi::Object & object, const char * key) {
    return required(object, key).ToNumber().Int32Value();
}

std::string text(const Napi::Object & object, const char * key) {
    return required(object, key).ToString().Utf8Value();
}

template <typename Array, typename T> std::vector<T> vector_of(const Napi::Object & object, const char * key) {
    const Napi::Value value = required(object, key);
    if (!value.IsTypedArray()) {
        throw Napi::TypeError::New(object.Env(), std::string("'") + key + "' is not a typed array");
    }
    const Array array = value.As<Array>();
    return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

llama_neurons_ops ops(const std::string & name, Napi::Env env) {
    if (name == "automatic")
        return llama_neurons_ops::automatic;
    if (name == "fused")
        return llama_neurons_ops::fused;
    if (name == "repeat")
        return llama_neurons_ops::repeat;
    if (name == "transpose")
        return llama_neurons_ops::transpose;
    throw Napi::TypeError::New(env, "unknown way of counting '" + name + "'");
}

llama_neurons_head head(const std::string & name, Napi::Env env) {
    if (name == "none")
        return llama_neurons_head::none;
    if (name == "logits")
        return llama_neurons_head::logits;
    if (name == "scores")
        return llama_neurons_head::scores;
    if (name == "unread")
        return llama_neurons_head::unread;
    if (name == "likeliest")
        return llama_neurons_head::likeliest;
    throw Napi::TypeError::New(env, "unknown output head '" + name + "'");
}

void take_products(const Napi::Object & object, ModelOptions & options) {
    const Napi::Value value = object.Get("products");
    const std::string name = value.IsUndefined() ? "ggml" : std::string(value.ToString());
    options.exact = name == "exact";
    if (options.exact) {
        options.products = products::Kind::f32;
    } else if (name != "ggml") {
        const auto * known = std::find_if(
            std::begin(products::named_kinds), std::end(products::named_kinds),
            [&](const products::NamedKind & named) { return name == named.name; }
        );
        if (known == std::end(products::named_kinds)) {
            throw Napi::TypeError::New(object.Env(), "unknown products '" + name + "'");
        }
        options.products = known->kind;
    }
}

llama_split_mode split(const std::string & name, Napi::Env env) {
    if (name == "none")
        return LLAMA_SPLIT_MODE_NONE;
    if (name == "layer")
        return LLAMA_SPLIT_MODE_LAYER;
    if (name == "row")
        return LLAMA_SPLIT_MODE_ROW;
    throw Napi::TypeError::New(env, "unknown way of splitting '" + name + "'");
}

bool all_below(const std::vector<int32_t> & values, size_t bound) {
    return std::all_of(values.begin(), values.end(), [=](int32_t value) {
        return value >= 0 && size_t(value) < bound;
    });
}

std::vector<llama_neurons_neuron> watched(const Napi::Object & object) {
    std::vector<llama_neurons_neuron> neurons;
    if (object.Get("watched").IsUndefined()) {
        return neurons;
    }
    const auto pairs = vector_of<Napi::Int32Array, int32_t>(object, "watched");
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
        neurons.push_back({ pairs[i], pairs[i + 1] });
    }
    return neurons;
}

std::vector<Truncation> truncations(const Napi::Object & object, size_t n_entries) {
    const auto values = vector_of<Napi::Float64Array, double>(object, "truncations");
    if (values.size() != 3 * n_entries) {
        throw Napi::TypeError::New(object.Env(), "truncations are top_k, top_p and min_p of each draw");
    }
    std::vector<Truncation> result;
    for (size_t i = 0; i < values.size(); i += 3) {
        // Not a number, or of no int32: nothing is left out by it.
        const double top_k = values[i] >= 1 && values[i] <= double(INT32_MAX) ? values[i] : 0;
        result.push_back({ int32_t(top_k), values[i + 1], values[i + 2] });
    }
    return result;
}

Asked asked(const Napi::Object & object, size_t n_tokens, size_t n_vocab, size_t n_entries) {
    Asked asked;
    asked.rows = vector_of<Napi::Int32Array, int32_t>(object, "rows");
    asked.targets = vector_of<Napi::Int32Array, llama_token>(object, "targets");
    asked.entries = vector_of<Napi::Uint8Array, uint8_t>(object, "entries");
    asked.likeliest = size_t(std::max(0, integer(object, "likeliest")));
    if (!all_below(asked.rows, n_tokens) || !all_below(asked.targets, n_vocab)
        || asked.rows.size() != asked.targets.size() || asked.entries.size() != n_entries) {
        throw Napi::TypeError::New(
            object.Env(), "log-probabilities are asked for by a token of the vocabulary for each row of the batch, and "
                          "by a flag for each draw"
        );
    }
    return asked;
}

} // namespace

std::vector<std::string> convert::texts(const Napi::Array & array) {
    std::vector<std::string> result;
    for (uint32_t i = 0; i < array.Length(); ++i) {
        result.push_back(array.Get(i).ToString());
    }
    return result;
}

ModelOptions convert::model_options(const Napi::Object & object) {
    ModelOptions options;
    options.path = text(object, "path");
    options.devices = convert::texts(required(object, "devices").As<Napi::Array>());
    options.gpu_layers = integer(object, "gpuLayers");
    options.split = split(text(object, "split"), object.Env());
    options.main_gpu = integer(object, "mainGpu");
    take_products(object, options);
    options.file_order = object.Get("fileOrder").ToBoolean();
    options.cpu_experts = integer(object, "cpuExperts");
    const auto loras = required(object, "loras").As<Napi::Array>();
    for (uint32_t i = 0; i < loras.Length(); ++i) {
        const auto lora = loras.Get(i).As<Napi::Object>();
        options.loras.push_back({ text(lora, "path"), required(lora, "scale").ToNumber().FloatValue() });
    }
    return options;
}

ContextOptions convert::context_options(const Napi::Object & object) {
    ContextOptions options;
    options.context_size = uint32_t(integer(object, "contextSize"));
    options.streams = required(object, "streams").ToBoolean();
    options.batch_size = uint32_t(integer(object, "batchSize"));
    options.sequences = uint32_t(integer(object, "sequences"));
    options.threads = integer(object, "threads");
    options.ops = ops(text(object, "counting"), object.Env());
    options.count_only = required(object, "countOnly").ToBoolean();
    options.f32_cache = object.Get("f32Cache").ToBoolean();
    options.ggml_alone = object.Get("ggmlAlone").ToBoolean();
    options.capacity.edits = integer(object, "edits");
    options.capacity.offsets = required(object, "offsets").ToBoolean();
    options.capacity.values = object.Get("values").ToBoolean();
    options.capacity.watched = watched(object);
    options.residuals = object.Get("residuals").ToBoolean();
    options.input_squares = object.Get("inputSquares").ToBoolean();
    options.callback_tensor = text(object, "callbackTensor");
    return options;
}

Batch convert::batch(const Napi::Object & object) {
    Batch batch;
    batch.tokens = vector_of<Napi::Int32Array, llama_token>(object, "tokens");
    batch.positions = vector_of<Napi::Int32Array, llama_pos>(object, "positions");
    batch.sequences = vector_of<Napi::Int32Array, llama_seq_id>(object, "sequences");
    batch.counted = vector_of<Napi::Uint8Array, uint8_t>(object, "counted");
    batch.targets = vector_of<Napi::Int32Array, llama_token>(object, "targets");
    batch.edits = vector_of<Napi::Int32Array, int32_t>(object, "edits");
    batch.finished = vector_of<Napi::Int32Array, llama_seq_id>(object, "finished");
    batch.trimmed = vector_of<Napi::Int32Array, int32_t>(object, "trimmed");
    batch.moved = vector_of<Napi::Int32Array, llama_seq_id>(object, "moved");
    batch.shared = vector_of<Napi::Int32Array, int32_t>(object, "shared");
    const size_t n = batch.tokens.size();
    for (size_t pair = 0; pair < batch.shared.size(); pair += 2) {
        if (pair + 1 == batch.shared.size() || batch.shared[pair] < 0 || size_t(batch.shared[pair]) >= n) {
            throw Napi::TypeError::New(object.Env(), "shared holds pairs of a token's index and a sequence");
        }
    }
    if (n == 0 || batch.positions.size() != n || batch.sequences.size() != n || batch.counted.size() != n
        || batch.targets.size() != n || batch.edits.size() != n) {
        throw Napi::TypeError::New(
            object.Env(), "the arrays of a batch must have one entry a token, and at least one token"
        );
    }
    return batch;
}

Draws convert::draws(const Napi::Object & object, size_t n_tokens, size_t n_vocab) {
    Draws draws;
    draws.rows = vector_of<Napi::Int32Array, int32_t>(object, "rows");
    draws.uniforms = vector_of<Napi::Float64Array, double>(object, "uniforms");
    draws.sequences = vector_of<Napi::Int32Array, llama_seq_id>(object, "sequences");
    draws.edits = vector_of<Napi::Int32Array, int32_t>(object, "edits");
    draws.ends = vector_of<Napi::Int32Array, llama_token>(object, "ends");
    draws.steps = size_t(std::max(1, integer(object, "steps")));
    draws.temperatures = vector_of<Napi::Float64Array, double>(object, "temperatures");
    const size_t entries = draws.rows.size();
    if (!all_below(draws.rows, n_tokens) || draws.sequences.size() != entries || draws.temperatures.size() != entries
        || draws.uniforms.size() != entries * draws.steps || draws.edits.size() != draws.uniforms.size()) {
        throw Napi::TypeError::New(
            object.Env(), "draws name tokens of the batch, each with its sequence and temperature, and a uniform "
                          "number and an edit a step"
        );
    }
    draws.truncations.resize(entries);
    if (!object.Get("truncations").IsUndefined()) {
        draws.truncations = truncations(object, entries);
    }
    draws.asked.entries.assign(entries, 0);
    if (!object.Get("asked").IsUndefined()) {
        draws.asked = asked(object.Get("asked").As<Napi::Object>(), n_tokens, n_vocab, entries);
    }
    return draws;
}

Napi::Value convert::sampled(Napi::Env env, const Sampled & sampled) {
    const auto log_probabilities = [env](const LogProbabilityRows & rows) {
        auto object = Napi::Object::New(env);
        object.Set("targets", typed_array<Napi::Float64Array>(env, rows.targets));
        object.Set("likeliest", typed_array<Napi::Int32Array>(env, rows.likeliest));
        object.Set("ofLikeliest", typed_array<Napi::Float64Array>(env, rows.of_likeliest));
        return object;
    };
    auto result = Napi::Object::New(env);
    result.Set("tokens", typed_array<Napi::Int32Array>(env, sampled.tokens));
    result.Set("asked", log_probabilities(sampled.asked));
    result.Set("drawn", log_probabilities(sampled.drawn));
    return result;
}

llama_neurons_mode convert::mode(const Napi::Object & object) {
    llama_neurons_mode mode;
    mode.count = required(object, "count").ToBoolean();
    mode.edit = required(object, "edit").ToBoolean();
    mode.edits = required(object, "edits").ToBoolean();
    mode.add = required(object, "add").ToBoolean();
    mode.values = object.Get("values").ToBoolean();
    mode.watch = object.Get("watch").ToBoolean();
    mode.head = head(text(object, "head"), object.Env());
    return mode;
}

llama_neurons_edit convert::edit(const Napi::Object & object) {
    const auto sites = [&](const char * name) {
        const auto list = required(object, name).As<Napi::Array>();
        std::vector<std::vector<float>> values;
        for (uint32_t i = 0; i < list.Length(); ++i) {
            const auto site = list.Get(i).As<Napi::Float32Array>();
            values.emplace_back(site.Data(), site.Data() + site.ElementLength());
        }
        return values;
    };
    return { sites("factors"), sites("offsets") };
}

Napi::Value convert::memory(Napi::Env env, const llama_neurons_memory & memory) {
    const auto bytes = [env](const llama_neurons_bytes & part) {
        auto object = Napi::Object::New(env);
        object.Set("gpu", double(part.gpu));
        object.Set("cpu", double(part.cpu));
        return object;
    };
    auto result = Napi::Object::New(env);
    result.Set("layers", memory.layers);
    result.Set("weights", bytes(memory.weights));
    result.Set("context", bytes(memory.context));
    result.Set("adapter", bytes(memory.adapter));
    return result;
}

Napi::Value convert::counts(Napi::Env env, const std::vector<std::vector<int64_t>> & sites) {
    auto result = Napi::Array::New(env, sites.size());
    for (size_t i = 0; i < sites.size(); ++i) {
        result.Set(uint32_t(i), typed_array<Napi::BigInt64Array>(env, sites[i]));
    }
    return result;
}

Napi::Value convert::counts(Napi::Env env, const std::vector<std::vector<uint32_t>> & sites) {
    auto result = Napi::Array::New(env, sites.size());
    for (size_t i = 0; i < sites.size(); ++i) {
        result.Set(uint32_t(i), typed_array<Napi::Uint32Array>(env, sites[i]));
    }
    return result;
}

Napi::Value convert::site(Napi::Env env, const llama_neurons_site & site, const std::string & counting) {
    const auto kind = [&] {
        switch (site.kind) {
            case llama_neurons_kind::dense: return "dense";
            case llama_neurons_kind::shared: return "shared";
            case llama_neurons_kind::routed: return "routed";
        }
        return "unknown";
    };
    auto result = Napi::Object::New(env);
    result.Set("layer", site.layer);
    result.Set("kind", kind());
    result.Set("width", site.width);
    result.Set("experts", site.experts);
    result.Set("used", site.used);
    result.Set("gated", site.gated);
    result.Set("addable", site.addable);
    result.Set("activation", site.activation);
    result.Set("counting", counting);
    return result;
}
