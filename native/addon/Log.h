#pragma once

#include <string>

// Silences llama.cpp's log and keeps its latest error lines, which name the cause where a return code
// does not. Thread-safe.
namespace Log {
void install();
void clear();
// Error lines since clear(), joined with "; ", or "" where there were none.
std::string errors();
} // namespace Log
