#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

// llama.cpp's log is silenced; its error lines name the cause where a return code does not.
namespace Log {
void install();
}

// Keeps the error lines, and the warnings, that llama.cpp logs on this thread while the object lives. Every native call
// has its own: what another thread logs, or an earlier call logged, is not in it. An inner one takes over.
class LogCapture {
public:
    LogCapture();
    ~LogCapture();
    LogCapture(const LogCapture &) = delete;
    LogCapture & operator=(const LogCapture &) = delete;

    void add(std::string line);
    void warn(std::string line);

    // Calls with every other line too. What it throws goes through llama.cpp.
    void hear(std::function<void(const std::string &)> listener_) { listener = std::move(listener_); }
    void tell(const char * line) const {
        if (listener) {
            listener(line);
        }
    }

    // The lines joined with "; ", or "" where there were none.
    std::string errors() const;

    // The warnings' lines, without the functions' names.
    const std::vector<std::string> & warnings() const { return warned; }

private:
    LogCapture * outer;
    std::vector<std::string> lines;
    std::vector<std::string> warned;
    std::function<void(const std::string &)> listener;
};
