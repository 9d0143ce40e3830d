#include "ContextObject.h"

#include "Convert.h"
#include "Task.h"

namespace {

struct Nothing {};

Napi::Value undefined(Napi::Env env, Nothing &) {
    return env.Undefined();
}

Napi::Error at_work(Napi::Env env) {
    return Failure{ "BUSY", "the context is at work; await its promise first", std::nullopt }.to_js(env);
}

} // namespace

Napi::Function ContextObject::define(Napi::Env env) {
    return DefineClass(
        env, "NativeContext",
        {
            InstanceMethod<&ContextObject::sites>("sites"),
            InstanceMethod<&ContextObject::plain_cache>("plainCache"),
            InstanceMethod<&ContextObject::head_on_device>("headOnDevice"),
            InstanceMethod<&ContextObject::set_mode>("setMode"),
            InstanceMethod<&ContextObject::set_edit>("setEdit"),
            InstanceMethod<&ContextObject::decode>("decode"),
            InstanceMethod<&ContextObject::compare>("compare"),
            InstanceMethod<&ContextObject::compare_with>("compareWith"),
            InstanceMethod<&ContextObject::target_logits>("targetLogits"),
            InstanceMethod<&ContextObject::logits>("logits"),
            InstanceMethod<&ContextObject::residuals>("residuals"),
            InstanceMethod<&ContextObject::add_input_squares>("addInputSquares"),
            InstanceMethod<&ContextObject::input_squares>("inputSquares"),
            InstanceMethod<&ContextObject::sample>("sample"),
            InstanceMethod<&ContextObject::counts>("counts"),
            InstanceMethod<&ContextObject::functions>("functions"),
            InstanceMethod<&ContextObject::watched>("watched"),
            InstanceMethod<&ContextObject::nonfinite>("nonfinite"),
            InstanceMethod<&ContextObject::reset>("reset"),
            InstanceMethod<&ContextObject::graph_splits>("graphSplits"),
            InstanceMethod<&ContextObject::memory>("memory"),
            InstanceMethod<&ContextObject::abort>("abort"),
            InstanceMethod<&ContextObject::close>("close"),
        }
    );
}

Napi::Value ContextObject::wrap(Napi::Env env, std::shared_ptr<Context> context) {
    auto * constructors = env.GetInstanceData<std::pair<Napi::FunctionReference, Napi::FunctionReference>>();
    Napi::Object object = constructors->second.New({});
    Unwrap(object)->context = std::move(context);
    return object;
}

std::shared_ptr<Context> ContextObject::open(Napi::Env env) const {
    if (!context) {
        throw Failure{ "CLOSED", "the context was closed; open a new one", std::nullopt }.to_js(env);
    }
    return context;
}

std::shared_ptr<Context> ContextObject::at_rest(Napi::Env env) const {
    auto held = open(env);
    if (held->busy) {
        throw at_work(env);
    }
    return held;
}

template <typename Result>
Napi::Value ContextObject::run(
    Napi::Env env, std::function<Result(Context &)> work, std::function<Napi::Value(Napi::Env, Result &)> to_js,
    bool abortable, const std::shared_ptr<Context> & beside
) {
    auto held = open(env);
    if (held->busy.exchange(true)) {
        throw at_work(env);
    }
    if (beside && beside->busy.exchange(true)) {
        held->busy = false;
        throw at_work(env);
    }
    held->expect_work();
    if (beside) {
        beside->expect_work();
    }
    // Busy until the promise settles, not until the worker ends: a caller cannot tell the two apart.
    return Task<Result>::run(
        env, [held, work = std::move(work)] { return work(*held); },
        [held, to_js = std::move(to_js), abortable](Napi::Env env, Result & result) {
            if (abortable && held->aborted()) { // the worker was done, nobody had heard of it
                throw Context::stopped().to_js(env);
            }
            return to_js(env, result);
        },
        [held, beside] {
            held->busy = false;
            if (beside) {
                beside->busy = false;
            }
        }
    );
}

Napi::Value ContextObject::sites(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    const auto held = open(env);
    const auto sites = llama_neurons_sites(held->handle());
    auto result = Napi::Array::New(env, sites.size());
    for (size_t i = 0; i < sites.size(); ++i) {
        result.Set(uint32_t(i), convert::site(env, sites[i], llama_neurons_ops_name(held->handle(), i)));
    }
    return result;
}

Napi::Value ContextObject::plain_cache(const Napi::CallbackInfo & info) {
    return Napi::Boolean::New(info.Env(), llama_neurons_plain_cache(open(info.Env())->handle()));
}

Napi::Value ContextObject::head_on_device(const Napi::CallbackInfo & info) {
    return Napi::Boolean::New(info.Env(), llama_neurons_head_on_device(open(info.Env())->handle()));
}

Napi::Value ContextObject::set_mode(const Napi::CallbackInfo & info) {
    const auto mode = convert::mode(info[0].As<Napi::Object>());
    return run<Nothing>(
        info.Env(),
        [mode](Context & context) {
            context.set_mode(mode);
            return Nothing{};
        },
        undefined
    );
}

Napi::Value ContextObject::set_edit(const Napi::CallbackInfo & info) {
    const int32_t number = info[0].ToNumber().Int32Value();
    auto edit = convert::edit(info[1].As<Napi::Object>());
    return run<Nothing>(
        info.Env(),
        [number, edit = std::move(edit)](Context & context) {
            context.set_edit(number, edit);
            return Nothing{};
        },
        undefined
    );
}

Napi::Value ContextObject::decode(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    return run<Context::Output>(
        info.Env(), [batch = std::move(batch)](Context & context) { return context.decode(batch, false); },
        [](Napi::Env env, Context::Output & output) -> Napi::Value {
            return convert::typed_array<Napi::Float64Array>(env, output.log_probabilities);
        },
        /*abortable=*/true
    );
}

static Napi::Value divergences_to_js(Napi::Env env, Divergences & found) {
    auto result = Napi::Object::New(env);
    result.Set("logProbabilities", convert::typed_array<Napi::Float64Array>(env, found.log_probabilities));
    result.Set("divergences", convert::typed_array<Napi::Float64Array>(env, found.divergences));
    result.Set("agreed", convert::typed_array<Napi::Uint8Array>(env, found.agreed));
    return result;
}

Napi::Value ContextObject::compare(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    const auto reference = Unwrap(info[1].As<Napi::Object>())->open(info.Env());
    return run<Divergences>(
        info.Env(),
        [batch = std::move(batch), reference](Context & context) { return context.compare(batch, *reference); },
        divergences_to_js, /*abortable=*/true, reference
    );
}

Napi::Value ContextObject::compare_with(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    auto logits = info[1].As<Napi::Float32Array>();
    const float * values = logits.Data();
    const size_t size = logits.ElementLength();
    // They stay where they are: a task frees what it captures on the JS thread.
    auto held = std::make_shared<Napi::ObjectReference>(Napi::Persistent(logits.As<Napi::Object>()));
    return run<Divergences>(
        info.Env(),
        [batch = std::move(batch), values, size, held](Context & context) {
            return context.compare(batch, values, size);
        },
        divergences_to_js, /*abortable=*/true
    );
}

Napi::Value ContextObject::target_logits(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    return run<std::vector<float>>(
        info.Env(), [batch = std::move(batch)](Context & context) { return context.target_logits(batch); },
        [](Napi::Env env, std::vector<float> & logits) -> Napi::Value {
            return convert::moved_array<Napi::Float32Array>(env, std::move(logits));
        },
        /*abortable=*/true
    );
}

Napi::Value ContextObject::logits(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    return run<Context::Output>(
        info.Env(), [batch = std::move(batch)](Context & context) { return context.decode(batch, true); },
        [](Napi::Env env, Context::Output & output) -> Napi::Value {
            return convert::typed_array<Napi::Float32Array>(env, output.logits);
        },
        /*abortable=*/true
    );
}

Napi::Value ContextObject::residuals(const Napi::CallbackInfo & info) {
    using Layers = std::map<int, std::vector<float>>;
    auto batch = convert::batch(info[0].As<Napi::Object>());
    return run<Layers>(
        info.Env(), [batch = std::move(batch)](Context & context) { return context.residuals(batch); },
        [](Napi::Env env, Layers & layers) -> Napi::Value {
            auto result = Napi::Array::New(env);
            for (const auto & [layer, values] : layers) {
                auto entry = Napi::Object::New(env);
                entry.Set("layer", layer);
                entry.Set("values", convert::typed_array<Napi::Float32Array>(env, values));
                result.Set(result.Length(), entry);
            }
            return result;
        },
        /*abortable=*/true
    );
}

Napi::Value ContextObject::add_input_squares(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    return run<Nothing>(
        info.Env(),
        [batch = std::move(batch)](Context & context) {
            context.add_input_squares(batch);
            return Nothing{};
        },
        undefined, /*abortable=*/true
    );
}

Napi::Value ContextObject::input_squares(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    auto result = Napi::Array::New(env);
    for (const auto & [name, entry] : at_rest(env)->input_squares()) {
        auto one = Napi::Object::New(env);
        one.Set("name", name);
        one.Set("sums", convert::typed_array<Napi::Float64Array>(env, entry.sums));
        one.Set("rows", convert::typed_array<Napi::Float64Array>(env, entry.rows));
        result.Set(result.Length(), one);
    }
    return result;
}

Napi::Value ContextObject::sample(const Napi::CallbackInfo & info) {
    auto batch = convert::batch(info[0].As<Napi::Object>());
    const size_t vocabulary = open(info.Env())->vocabulary();
    auto draws = convert::draws(info[1].As<Napi::Object>(), batch.tokens.size(), vocabulary);
    return run<Sampled>(
        info.Env(),
        [batch = std::move(batch), draws = std::move(draws)](Context & context) {
            return context.sample(batch, draws);
        },
        convert::sampled, /*abortable=*/true
    );
}

Napi::Value ContextObject::counts(const Napi::CallbackInfo & info) {
    struct Counts {
        llama_neurons_totals totals;
        int64_t tokens;
    };
    return run<Counts>(
        info.Env(), [](Context & context) { return Counts{ context.counts(), context.counted_tokens() }; },
        [](Napi::Env env, Counts & counts) -> Napi::Value {
            auto result = Napi::Object::New(env);
            result.Set("counts", convert::counts(env, counts.totals.active));
            result.Set("routed", convert::counts(env, counts.totals.routed));
            result.Set("sums", convert::counts(env, counts.totals.sums));
            result.Set("histograms", convert::counts(env, counts.totals.histograms));
            result.Set("tokens", Napi::BigInt::New(env, counts.tokens));
            return result;
        }
    );
}

Napi::Value ContextObject::functions(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    const auto functions = at_rest(env)->functions();
    auto result = Napi::Array::New(env, functions.size());
    for (size_t i = 0; i < functions.size(); ++i) {
        const CallbackCounter::Function & function = functions[i];
        auto object = Napi::Object::New(env);
        object.Set("layer", function.layer);
        object.Set("width", double(function.width));
        object.Set("used", double(function.used));
        object.Set("oneByOne", function.one_by_one);
        object.Set("product", convert::typed_array<Napi::Float32Array>(env, function.product));
        object.Set("factor", convert::typed_array<Napi::Float32Array>(env, function.factor));
        object.Set("selected", convert::typed_array<Napi::Int32Array>(env, function.selected));
        result.Set(uint32_t(i), object);
    }
    return result;
}

Napi::Value ContextObject::watched(const Napi::CallbackInfo & info) {
    return convert::typed_array<Napi::Float32Array>(info.Env(), at_rest(info.Env())->watched());
}

Napi::Value ContextObject::nonfinite(const Napi::CallbackInfo & info) {
    Napi::Env env = info.Env();
    const auto found = at_rest(env)->nonfinite();
    if (found.layer < 0) {
        return env.Null();
    }
    auto result = Napi::Object::New(env);
    result.Set("layer", found.layer);
    result.Set("token", found.token);
    return result;
}

Napi::Value ContextObject::reset(const Napi::CallbackInfo & info) {
    return run<Nothing>(
        info.Env(),
        [](Context & context) {
            context.reset();
            return Nothing{};
        },
        undefined
    );
}

Napi::Value ContextObject::graph_splits(const Napi::CallbackInfo & info) {
    const auto mode = convert::mode(info[0].As<Napi::Object>());
    return run<int32_t>(
        info.Env(), [mode](Context & context) { return llama_neurons_graph_splits(context.handle(), mode); },
        [](Napi::Env env, int32_t & splits) -> Napi::Value { return Napi::Number::New(env, splits); }
    );
}

Napi::Value ContextObject::memory(const Napi::CallbackInfo & info) {
    return run<llama_neurons_memory>(info.Env(), [](Context & context) { return context.memory(); }, convert::memory);
}

void ContextObject::abort(const Napi::CallbackInfo & info) {
    open(info.Env())->abort();
}

void ContextObject::close(const Napi::CallbackInfo & /*info*/) {
    context.reset(); // a worker that still runs keeps its own share until it ends
}
