#include "ThreadPool.h"

#include "Failure.h"

#include "ggml-backend.h"
#include "ggml-cpu.h"

#include <string>

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
constexpr uint32_t poll = 1;

} // namespace

ThreadPool::ThreadPool(int threads, bool on_device) : pool(nullptr, nothing) {
    auto * make = cpu_function<decltype(ggml_threadpool_new)>("ggml_threadpool_new");
    auto * free = cpu_function<decltype(ggml_threadpool_free)>("ggml_threadpool_free");
    if (make == nullptr || free == nullptr) {
        return;
    }
    ggml_threadpool_params params = ggml_threadpool_params_default(threads);
    params.poll = on_device ? 0 : poll;
    pool = { make(&params), free };
    if (!pool) {
        fail("OUT_OF_MEMORY", "the CPU backend cannot start " + std::to_string(threads) + " threads; ask for fewer");
    }
}

void ThreadPool::attach(llama_context * context) const {
    if (pool) {
        llama_attach_threadpool(context, pool.get(), nullptr);
    }
}
