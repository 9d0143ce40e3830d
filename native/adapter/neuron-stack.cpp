#include "neuron-stack.h"

#include "neuron-adapter-api.h"

#include <algorithm>
#include <exception>
#include <string>

#if defined(__GLIBCXX__) && !defined(_WIN32)
#define LN_REGEX_RECURSES
#include <pthread.h>
#endif

// libc++ keeps a match's states on the heap, and MSVC counts how deep it is and throws.
#ifndef LN_REGEX_RECURSES

void llama_neurons_with_stack(size_t /*characters*/, const std::function<void(const void *)> & work) {
    work(nullptr);
}

void llama_neurons_check_stack(const void * /*limit*/) {}

#else

namespace {

// Every thread's stack has room for matches of so many.
constexpr size_t few = 256;
// Of the stack, for a character of a match: 220 to 700 were measured (x86-64, all of llama.cpp's expressions).
constexpr size_t bytes_per_character = 1024;
constexpr size_t spare = size_t(1) << 20; // what goes around the match, and room to fail in
constexpr size_t most = size_t(1) << 30;  // matches of 1.5 to 5 million characters

struct job {
    const std::function<void(const void *)> & work;
    size_t bytes;
    std::exception_ptr failure;
};

void * run(void * argument) {
    job & own = *static_cast<job *>(argument);
    const char here = 0;
    try {
        own.work(&here - (own.bytes - spare / 2)); // stacks grow downwards
    } catch (...) {
        own.failure = std::current_exception();
    }
    return nullptr;
}

// Whether the job was run on a stack of its size.
bool started(job & own) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    pthread_t thread;
    const bool made =
        pthread_attr_setstacksize(&attributes, own.bytes) == 0 && pthread_create(&thread, &attributes, run, &own) == 0;
    pthread_attr_destroy(&attributes);
    if (made) {
        pthread_join(thread, nullptr);
    }
    return made;
}

} // namespace

void llama_neurons_with_stack(size_t characters, const std::function<void(const void *)> & work) {
    if (characters <= few) {
        work(nullptr);
        return;
    }
    // Memory that a match does not touch is not taken. Where there is no room for so much, less may be enough.
    const size_t wanted =
        std::min(most, spare + std::min(characters, most / bytes_per_character) * bytes_per_character);
    for (size_t bytes = wanted; bytes > spare; bytes /= 2) {
        job own{ work, bytes, nullptr };
        if (started(own)) {
            if (own.failure) {
                std::rethrow_exception(own.failure);
            }
            return;
        }
    }
    throw llama_neurons_error("OUT_OF_MEMORY", "no memory for a stack to split a text with; close other programs");
}

void llama_neurons_check_stack(const void * limit) {
    const char here = 0;
    if (&here < limit) {
        throw llama_neurons_error(
            "WRONG_USE",
            "the text has a run of millions of characters that the model's tokenizer cannot split; cut it into shorter "
            "texts, or put blanks or line breaks into it"
        );
    }
}

#endif
