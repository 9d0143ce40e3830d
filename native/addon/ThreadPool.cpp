#include "ThreadPool.h"

#include "Failure.h"

#include "ggml-backend.h"
#include "ggml-cpu.h"

#include <chrono>
#include <string>

#ifndef _WIN32
#include <sys/resource.h>
#endif

namespace {

// A function of the CPU backend, which is a plugin: its functions are found by name.
template <typename Function> Function * cpu_function(const char * name) {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (device == nullptr) {
        return nullptr;
    }
    return reinterpret_cast<Function *>(ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name));
}

void nothing(ggml_threadpool * /*pool*/) {}

// How long threads spin before they sleep: 2 ms a unit or so, which bridges the steps of one call. llama.cpp's 50 would
// take cores from whatever else runs for a tenth of a second after every batch.
constexpr uint32_t short_poll = 1;

} // namespace

ThreadPool::ThreadPool(int threads, bool on_device) : choice(threads), poll(on_device ? 0 : short_poll) {
    Pool pool = make(threads);
    if (pool) {
        pools.emplace(threads, std::move(pool));
    }
}

ThreadPool::Pool ThreadPool::make(int threads) const {
    auto * make = cpu_function<decltype(ggml_threadpool_new)>("ggml_threadpool_new");
    auto * free = cpu_function<decltype(ggml_threadpool_free)>("ggml_threadpool_free");
    if (make == nullptr || free == nullptr) {
        return { nullptr, nothing };
    }
    ggml_threadpool_params params = ggml_threadpool_params_default(threads);
    params.poll = poll;
    Pool pool{ make(&params), free };
    if (!pool) {
        fail("OUT_OF_MEMORY", "the CPU backend cannot start " + std::to_string(threads) + " threads; ask for fewer");
    }
    return pool;
}

void ThreadPool::attach(llama_context * context) {
    const int threads = choice.threads();
    if (threads == attached) {
        return;
    }
    attached = threads;
    llama_set_n_threads(context, threads, threads);
    if (pools.empty()) {
        return;
    }
    // One of its own for each number: threads that a graph does not use would spin from graph to graph.
    auto found = pools.find(threads);
    if (found == pools.end()) {
        found = pools.emplace(threads, make(threads)).first;
    }
    llama_attach_threadpool(context, found->second.get(), nullptr);
}

ThreadPool::moment ThreadPool::now() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    int64_t preemptions = 0;
#ifndef _WIN32
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        preemptions = usage.ru_nivcsw;
    }
#endif
    return { seconds, preemptions };
}
