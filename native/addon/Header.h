#pragma once

#include "gguf.h"

#include <optional>
#include <string>

// What a GGUF file says before its data. Its keys may have any type: what is of another than asked for is not there.
namespace Header {

std::optional<std::string> text(const gguf_context * header, const std::string & key);
std::optional<uint64_t> number(const gguf_context * header, const std::string & key); // whole, not negative

// Of a model in several files: how many there are, and which one this is, from 0. None: it is in one.
struct Split {
    uint64_t count = 0;
    uint64_t number = 0;
};

// What llama.cpp's reader finds, no tensor's data read.
struct Read {
    std::string refused; // why it takes the file for none, or ""
    Split split;
};

Read read(const std::string & path);

// Throws Failure UNSUPPORTED for a file that is something else than a causal language model, saying what and what to
// do, and DAMAGED for what would stop llama.cpp, or make it take memory without bound, before it finds out itself.
void check(const std::string & path, const gguf_context * header);

} // namespace Header
