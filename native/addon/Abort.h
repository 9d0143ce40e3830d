#pragma once

// What becomes of ggml's aborts, by which it and llama.cpp end the process where an assertion does not hold.
namespace Abort {
void install();
}

// While one lives, an abort on this thread is thrown, as llama_neurons_error DAMAGED: what a file says can trip
// assertions of llama.cpp when it is loaded, when graphs are built and when texts are tokenized. Not for computing,
// where other threads wait for this one, and not for devices, whose state nobody knows then. An inner one changes
// nothing.
class AbortsThrown {
public:
    AbortsThrown();
    ~AbortsThrown();
    AbortsThrown(const AbortsThrown &) = delete;
    AbortsThrown & operator=(const AbortsThrown &) = delete;

private:
    const bool outer;
};
