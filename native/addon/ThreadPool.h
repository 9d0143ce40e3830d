#pragma once

#include "llama.h"

#include <memory>

// Threads of the CPU backend that wait for work between batches. Without them the backend, built without OpenMP,
// makes and ends its threads at every batch.
class ThreadPool {
public:
    explicit ThreadPool(int threads);

    // Detached by the context's end, which must come first. Nothing where the backend offers no pools.
    void attach(llama_context * context) const;

private:
    std::unique_ptr<ggml_threadpool, void (*)(ggml_threadpool *)> pool;
};
