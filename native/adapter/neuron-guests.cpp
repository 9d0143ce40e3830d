// Guests: contexts that others than the addon make. Their list, and edits on them while their owners decode.

#include "neuron-adapter.h"

#include "llama-context.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

namespace {

struct guest {
    std::mutex using_it; // held while it is used, and to say that it is gone
    llama_context * ctx;
};

struct guest_list {
    std::mutex mutex;
    std::map<uint64_t, std::shared_ptr<guest>> all;
    uint64_t next = 1;
};

// Never destroyed: contexts may be freed when the process ends.
guest_list & guests() {
    static auto * list = new guest_list;
    return *list;
}

thread_local int own_depth = 0;

// Calls `work` with the guest's context, which its owner cannot free meanwhile. Throws CLOSED where it is gone.
template <typename Work> auto with_guest(uint64_t number, const Work & work) {
    std::shared_ptr<guest> found;
    {
        const std::lock_guard<std::mutex> lock(guests().mutex);
        const auto at = guests().all.find(number);
        found = at == guests().all.end() ? nullptr : at->second;
    }
    const auto lock = found ? std::unique_lock<std::mutex>(found->using_it) : std::unique_lock<std::mutex>();
    if (!found || found->ctx == nullptr) {
        throw llama_neurons_error("CLOSED", "the context was disposed of; make a new one");
    }
    return work(found->ctx);
}

} // namespace

llama_neurons_own::llama_neurons_own() {
    ++own_depth;
}

llama_neurons_own::~llama_neurons_own() {
    --own_depth;
}

void llama_neurons_context_made(llama_context * ctx) {
    if (own_depth > 0) {
        return;
    }
    auto made = std::make_shared<guest>();
    made->ctx = ctx;
    const std::lock_guard<std::mutex> lock(guests().mutex);
    guests().all.emplace(guests().next++, std::move(made));
}

void llama_neurons_context_freed(llama_context * ctx) {
    std::shared_ptr<guest> found;
    {
        const std::lock_guard<std::mutex> lock(guests().mutex);
        auto & all = guests().all;
        const auto at =
            std::find_if(all.begin(), all.end(), [ctx](const auto & one) { return one.second->ctx == ctx; });
        if (at == all.end()) {
            return;
        }
        found = at->second;
        all.erase(at);
    }
    const std::lock_guard<std::mutex> lock(found->using_it);
    found->ctx = nullptr;
}

std::vector<uint64_t> llama_neurons_guests() {
    std::vector<uint64_t> numbers;
    const std::lock_guard<std::mutex> lock(guests().mutex);
    for (const auto & one : guests().all) {
        numbers.push_back(one.first);
    }
    return numbers;
}

std::vector<llama_neurons_site> llama_neurons_attach_guest(uint64_t number, llama_neurons_capacity capacity) {
    return with_guest(number, [&](llama_context * ctx) {
        llama_neurons_mode reserved;
        reserved.edit = true;
        reserved.add = capacity.offsets;
        llama_neurons_attach(ctx, llama_neurons_ops::automatic, reserved, capacity);
        return llama_neurons_sites(ctx);
    });
}

void llama_neurons_edit_guest(uint64_t number, const llama_neurons_edit * edit) {
    with_guest(number, [&](llama_context * ctx) {
        if (ctx->neurons == nullptr) {
            throw llama_neurons_error("WRONG_USE", "the neuron adapter is not attached to this context");
        }
        ctx->neurons->request_edit(edit);
        return 0;
    });
}
