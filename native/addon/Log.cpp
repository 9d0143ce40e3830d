#include "Log.h"

#include "ggml.h"
#include "llama.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace {

constexpr size_t max_lines = 6; // the first names the cause, the rest how it spread

thread_local LogCapture * current = nullptr;

void on_log(ggml_log_level level, const char * text, void * /*user_data*/) {
    if (level != GGML_LOG_LEVEL_ERROR || current == nullptr) {
        return;
    }
    std::string line(text);
    while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) {
        line.pop_back();
    }
    current->add(std::move(line));
}

// ggml is about to abort the process. The command line runs native work in a child whose parent
// reads this file descriptor, so that the user gets one line instead of a silent crash.
void on_abort(const char * message) {
    const char * fd = std::getenv("LANGUAGE_NEURONS_ABORT_FD");
    const int to = fd != nullptr ? std::atoi(fd) : 2;
    const auto written = ::write(to, message, unsigned(std::strlen(message)));
    (void)written; // nothing left to do about it
}

} // namespace

void Log::install() {
    llama_log_set(on_log, nullptr);
    ggml_set_abort_callback(on_abort);
}

LogCapture::LogCapture() : outer(current) {
    current = this;
}

LogCapture::~LogCapture() {
    current = outer;
}

void LogCapture::add(std::string line) {
    if (!line.empty() && lines.size() < max_lines) {
        lines.push_back(std::move(line));
    }
}

std::string LogCapture::errors() const {
    std::string joined;
    for (const auto & line : lines) {
        joined += (joined.empty() ? "" : "; ") + line;
    }
    return joined;
}
