#include "Quantize.h"

#include "Abort.h"
#include "Convert.h"
#include "ImatrixFile.h"
#include "Log.h"
#include "Task.h"

#include "llama.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::pair<const char *, llama_ftype> types[] = {
    { "F32", LLAMA_FTYPE_ALL_F32 },
    { "F16", LLAMA_FTYPE_MOSTLY_F16 },
    { "BF16", LLAMA_FTYPE_MOSTLY_BF16 },
    { "Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0 },
    { "Q6_K", LLAMA_FTYPE_MOSTLY_Q6_K },
    { "Q5_K_M", LLAMA_FTYPE_MOSTLY_Q5_K_M },
    { "Q5_K_S", LLAMA_FTYPE_MOSTLY_Q5_K_S },
    { "Q5_1", LLAMA_FTYPE_MOSTLY_Q5_1 },
    { "Q5_0", LLAMA_FTYPE_MOSTLY_Q5_0 },
    { "Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M },
    { "Q4_K_S", LLAMA_FTYPE_MOSTLY_Q4_K_S },
    { "Q4_1", LLAMA_FTYPE_MOSTLY_Q4_1 },
    { "Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0 },
    { "IQ4_NL", LLAMA_FTYPE_MOSTLY_IQ4_NL },
    { "IQ4_XS", LLAMA_FTYPE_MOSTLY_IQ4_XS },
    { "Q3_K_L", LLAMA_FTYPE_MOSTLY_Q3_K_L },
    { "Q3_K_M", LLAMA_FTYPE_MOSTLY_Q3_K_M },
    { "Q3_K_S", LLAMA_FTYPE_MOSTLY_Q3_K_S },
    { "IQ3_M", LLAMA_FTYPE_MOSTLY_IQ3_M },
    { "IQ3_S", LLAMA_FTYPE_MOSTLY_IQ3_S },
    { "IQ3_XXS", LLAMA_FTYPE_MOSTLY_IQ3_XXS },
    { "Q2_K", LLAMA_FTYPE_MOSTLY_Q2_K },
    { "Q2_K_S", LLAMA_FTYPE_MOSTLY_Q2_K_S },
    { "IQ2_M", LLAMA_FTYPE_MOSTLY_IQ2_M },
    { "IQ2_S", LLAMA_FTYPE_MOSTLY_IQ2_S },
    { "IQ2_XS", LLAMA_FTYPE_MOSTLY_IQ2_XS },
    { "IQ2_XXS", LLAMA_FTYPE_MOSTLY_IQ2_XXS },
};

// Throws Napi::TypeError.
llama_ftype type_of(const Napi::Value & value) {
    const std::string name = value.ToString();
    for (const auto & [known, type] : types) {
        if (name == known) {
            return type;
        }
    }
    throw Napi::TypeError::New(value.Env(), "not a type that files are quantized to: " + name);
}

struct Stopped : std::exception {};

// A file in the making, as its worker and JavaScript share it.
struct Making {
    std::string input;
    std::string output;
    llama_ftype type;
    int threads;
    std::string imatrix; // path; empty: without
    std::string imatrix_name;
    std::string key; // of the metadata; empty: none
    std::string text;

    std::atomic<int> done{ 0 }; // tensors
    std::atomic<int> all{ 0 };
    std::atomic<bool> stopping{ false };
};

// The quantizer tells of each tensor in its log alone: "[  12/ 290] blk.1.ffn_up.weight ...".
void hear(Making & making, const std::string & line) {
    int number = 0;
    int all = 0;
    if (std::sscanf(line.c_str(), "[%d/%d]", &number, &all) != 2) {
        return;
    }
    making.done = number - 1;
    making.all = all;
    if (making.stopping) {
        throw Stopped(); // through llama_model_quantize, which catches what is thrown in it
    }
}

llama_model_kv_override text_key(const char * key, const std::string & text) {
    llama_model_kv_override entry{};
    entry.tag = LLAMA_KV_OVERRIDE_TYPE_STR;
    std::snprintf(entry.key, sizeof entry.key, "%s", key);
    std::snprintf(entry.val_str, sizeof entry.val_str, "%s", text.c_str());
    return entry;
}

llama_model_kv_override number_key(const char * key, int64_t number) {
    llama_model_kv_override entry{};
    entry.tag = LLAMA_KV_OVERRIDE_TYPE_INT;
    std::snprintf(entry.key, sizeof entry.key, "%s", key);
    entry.val_i64 = number;
    return entry;
}

// What the file says of its importance matrix, in the keys of llama-quantize.
void add_keys(std::vector<llama_model_kv_override> & keys, const ImatrixFile & matrix, const std::string & name) {
    keys.push_back(text_key("quantize.imatrix.file", name));
    keys.push_back(text_key("quantize.imatrix.dataset", matrix.dataset));
    keys.push_back(number_key("quantize.imatrix.entries_count", int64_t(matrix.entries.size())));
    keys.push_back(number_key("quantize.imatrix.chunks_count", matrix.chunks));
}

[[noreturn]] void fail_making(const Making & making, const std::string & why) {
    if (making.stopping) {
        fail("ABORTED", "stopped", 2);
    }
    if (why.find("iostream") != std::string::npos || why.find("ios_base") != std::string::npos) {
        fail(
            "UNWRITABLE", making.output + ": cannot be written (" + why + "); free some space, or give another folder"
        );
    }
    fail("DAMAGED", making.input + ": llama.cpp cannot quantize it (" + why + "); take another file or another type");
}

// Returns llama.cpp's warnings.
std::vector<std::string> make(Making & making) {
    LogCapture log;
    const AbortsThrown aborts;
    log.hear([&making](const std::string & line) { hear(making, line); });
    auto params = llama_model_quantize_default_params();
    params.ftype = making.type;
    params.nthread = making.threads;
    params.allow_requantize = true;
    ImatrixFile matrix;
    std::vector<llama_model_imatrix_data> entries;
    std::vector<llama_model_kv_override> keys;
    if (!making.imatrix.empty()) {
        matrix = ImatrixFile::read(making.imatrix);
        for (const auto & [name, means] : matrix.entries) {
            entries.push_back({ name.c_str(), means.data(), means.size() });
        }
        entries.push_back({ nullptr, nullptr, 0 });
        add_keys(keys, matrix, making.imatrix_name);
        params.imatrix = entries.data();
    }
    if (!making.key.empty()) {
        keys.push_back(text_key(making.key.c_str(), making.text));
    }
    keys.push_back(llama_model_kv_override{}); // the end
    params.kv_overrides = keys.data();
    if (llama_model_quantize(making.input.c_str(), making.output.c_str(), &params) != 0) {
        fail_making(making, log.errors());
    }
    if (making.stopping) {
        fail("ABORTED", "stopped", 2);
    }
    making.done = making.all.load();
    return log.warnings();
}

// quantize(options): NativeQuantizing
Napi::Value start(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    const auto options = info[0].As<Napi::Object>();
    auto making = std::make_shared<Making>();
    making->input = options.Get("input").ToString();
    making->output = options.Get("output").ToString();
    making->type = type_of(options.Get("type"));
    making->threads = options.Get("threads").ToNumber().Int32Value();
    if (options.Get("imatrix").IsString()) {
        making->imatrix = options.Get("imatrix").ToString();
        making->imatrix_name = options.Get("imatrixName").ToString();
    }
    if (options.Get("key").IsString()) {
        making->key = options.Get("key").ToString();
        making->text = options.Get("text").ToString();
    }
    using Warnings = std::vector<std::string>;
    auto result = Napi::Object::New(env);
    result.Set(
        "done", Task<Warnings>::run(
                    env, [making] { return make(*making); },
                    [](Napi::Env env, Warnings & warnings) { return convert::array(env, warnings); }
                )
    );
    result.Set("share", Napi::Function::New(env, [making](const Napi::CallbackInfo & call) {
                   const int all = making->all;
                   return Napi::Number::New(call.Env(), all == 0 ? 0.0 : double(making->done) / all);
               }));
    result.Set("abort", Napi::Function::New(env, [making](const Napi::CallbackInfo &) { making->stopping = true; }));
    return result;
}

// quantizedTypes(): string[]
Napi::Value quantized_types(const Napi::CallbackInfo & info) {
    std::vector<std::string> names;
    for (const auto & [name, type] : types) {
        names.emplace_back(name);
    }
    return convert::array(info.Env(), names);
}

// writeImatrix(path, entries, { datasets, chunkSize, chunks }): Promise<void>
Napi::Value write_imatrix(const Napi::CallbackInfo & info) {
    const std::string path = info[0].ToString();
    const auto list = info[1].As<Napi::Array>();
    auto entries = std::make_shared<std::map<std::string, InputSquares::Entry>>();
    for (uint32_t i = 0; i < list.Length(); ++i) {
        const auto one = list.Get(i).As<Napi::Object>();
        const auto sums = one.Get("sums").As<Napi::Float64Array>();
        const auto rows = one.Get("rows").As<Napi::Float64Array>();
        auto & entry = (*entries)[one.Get("name").ToString()];
        entry.sums.assign(sums.Data(), sums.Data() + sums.ElementLength());
        entry.rows.assign(rows.Data(), rows.Data() + rows.ElementLength());
    }
    const auto source = info[2].As<Napi::Object>();
    ImatrixSource of;
    of.datasets = convert::texts(source.Get("datasets").As<Napi::Array>());
    of.chunks = source.Get("chunks").ToNumber().Uint32Value();
    of.chunk_size = source.Get("chunkSize").ToNumber().Uint32Value();
    return Task<bool>::run(
        info.Env(),
        [=] {
            ImatrixFile::write(path, *entries, of);
            return true;
        },
        [](Napi::Env env, bool &) { return env.Undefined(); }
    );
}

} // namespace

void quantize::define(Napi::Env env, Napi::Object exports) {
    exports.Set("quantize", Napi::Function::New(env, start));
    exports.Set("quantizedTypes", Napi::Function::New(env, quantized_types));
    exports.Set("writeImatrix", Napi::Function::New(env, write_imatrix));
}
