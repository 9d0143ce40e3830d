#include "Guests.h"

#include "Convert.h"
#include "Task.h"

namespace {

// guests(): number[]
Napi::Value list(const Napi::CallbackInfo & info) {
    std::vector<double> numbers;
    for (uint64_t number : llama_neurons_guests()) {
        numbers.push_back(double(number));
    }
    return convert::array(info.Env(), numbers);
}

// attachGuest(number, offsets: boolean): Promise<Site[]>
Napi::Value attach(const Napi::CallbackInfo & info) {
    using Sites = std::vector<llama_neurons_site>;
    const auto number = uint64_t(info[0].ToNumber().Int64Value());
    llama_neurons_capacity capacity;
    capacity.offsets = info[1].ToBoolean();
    return Task<Sites>::run(
        info.Env(), [number, capacity] { return llama_neurons_attach_guest(number, capacity); },
        [](Napi::Env env, Sites & sites) -> Napi::Value {
            auto result = Napi::Array::New(env, sites.size());
            for (size_t i = 0; i < sites.size(); ++i) {
                result.Set(uint32_t(i), convert::site(env, sites[i], "none"));
            }
            return result;
        }
    );
}

// editGuest(number, edit: NativeEdit | null): void
Napi::Value edit(const Napi::CallbackInfo & info) {
    const auto number = uint64_t(info[0].ToNumber().Int64Value());
    try {
        if (info[1].IsNull()) {
            llama_neurons_edit_guest(number, nullptr);
        } else {
            const auto asked = convert::edit(info[1].As<Napi::Object>());
            llama_neurons_edit_guest(number, &asked);
        }
    } catch (const llama_neurons_error &) {
        throw Failure::current().to_js(info.Env());
    }
    return info.Env().Undefined();
}

} // namespace

void guests::define(Napi::Env env, Napi::Object exports) {
    exports.Set("guests", Napi::Function::New(env, list));
    exports.Set("attachGuest", Napi::Function::New(env, attach));
    exports.Set("editGuest", Napi::Function::New(env, edit));
}
