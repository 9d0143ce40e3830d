#pragma once

#include "llama.h"

#include <memory>

// Threads of the CPU backend that wait for work between batches. Without them the backend, built without OpenMP,
// makes and ends its threads at every batch.
class ThreadPool {
public:
    // on_device: most of the work is another processor's, which spinning threads would hold up.
    ThreadPool(int threads, bool on_device);

    // Detached by the context's end, which must come first. Nothing where the backend offers no pools.
    void attach(llama_context * context) const;

private:
    std::unique_ptr<ggml_threadpool, void (*)(ggml_threadpool *)> pool;
};
