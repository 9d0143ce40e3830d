#pragma once

#include "gguf.h"

#include <optional>
#include <string>

// What a GGUF file says before its data. Its keys may have any type: what is of another than asked for is not there.
namespace Header {

std::optional<std::string> text(const gguf_context * header, const std::string & key);
std::optional<uint64_t> number(const gguf_context * header, const std::string & key); // whole, not negative

// Throws Failure UNSUPPORTED for a file that is something else than a causal language model, saying what and what to
// do, and DAMAGED for what would stop llama.cpp, or make it take memory without bound, before it finds out itself.
void check(const std::string & path, const gguf_context * header);

} // namespace Header
