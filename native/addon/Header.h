#pragma once

#include "ggml-cpp.h"
#include "gguf.h"

#include <optional>
#include <string>

// What a GGUF file says before its data, and the checks of it. A key of another type than asked for counts as absent.
// What can only be checked of a loaded model or its graph is in native/adapter/neuron-header.h.
namespace Header {

// Reads a file's header, not its tensors' data. nullptr where llama.cpp's reader refuses the file.
gguf_context_ptr open(const std::string & path);

std::optional<std::string> text(const gguf_context * header, const std::string & key);
std::optional<uint64_t> number(const gguf_context * header, const std::string & key); // whole, not negative

// A file's place in a model of several files. A count of 0: the model is in one file.
struct Split {
    uint64_t count = 0;  // files
    uint64_t number = 0; // of this file, from 0
};

// What llama.cpp's reader finds.
struct Read {
    std::string refused; // why it refuses the file, or ""
    Split split;
};

Read read(const std::string & path);

// Throws Failure UNSUPPORTED for a file that is something else than a causal language model; the message says what it
// is and what to do. Throws DAMAGED for what would stop llama.cpp, or make it take memory without bound.
void check(const std::string & path, const gguf_context * header);

} // namespace Header
