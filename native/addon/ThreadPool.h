#pragma once

#include "ThreadChoice.h"

#include "llama.h"

#include <cstdint>
#include <map>
#include <memory>

// Threads of the CPU backend that wait for work between batches. Without them the backend, built without OpenMP,
// makes and ends its threads at every batch. There are as many as asked for, or fewer while others need the cores.
class ThreadPool {
public:
    // on_device: most of the work is another processor's, which spinning threads would hold up.
    ThreadPool(int threads, bool on_device);

    // Gives the context's next batch its threads. Pools are detached by the context's end, which must come first.
    // Nothing where the backend offers no pools.
    void attach(llama_context * context);

    // Threads of the next batch.
    int wanted() const { return choice.threads(); }

    // Runs a batch, and looks how long it took.
    // work: equal for batches that do the same
    template <typename Run> auto timed(uint64_t work, const Run & run) {
        const moment begin = now();
        const auto result = run();
        const moment end = now();
        choice.took(work, end.seconds - begin.seconds, end.seconds, end.preemptions - begin.preemptions);
        return result;
    }

private:
    struct moment {
        double seconds;
        int64_t preemptions; // of this process so far; 0 where the system does not tell
    };
    static moment now();

    using Pool = std::unique_ptr<ggml_threadpool, void (*)(ggml_threadpool *)>;
    Pool make(int threads) const;

    ThreadChoice choice;
    uint32_t poll;
    int attached = 0;          // threads of the context's pool
    std::map<int, Pool> pools; // by their threads, made where they are first wanted
};
