#include "Log.h"

#include "llama.h"

#include <utility>

namespace {

constexpr size_t max_lines = 6; // the first names the cause, the rest how it spread
constexpr size_t max_warnings = 1000;

thread_local LogCapture * current = nullptr;

void on_log(ggml_log_level level, const char * text, void * /*user_data*/) {
    if (current == nullptr) {
        return;
    }
    if (level != GGML_LOG_LEVEL_ERROR && level != GGML_LOG_LEVEL_WARN) {
        current->tell(text);
        return;
    }
    std::string line(text);
    while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) {
        line.pop_back();
    }
    if (level == GGML_LOG_LEVEL_ERROR) {
        current->add(std::move(line));
    } else {
        current->warn(std::move(line));
    }
}

} // namespace

void Log::install() {
    llama_log_set(on_log, nullptr);
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

void LogCapture::warn(std::string line) {
    if (warned.size() < max_warnings) {
        const size_t function = line.find(": ");
        warned.push_back(function == std::string::npos ? std::move(line) : line.substr(function + 2));
    }
}

std::string LogCapture::errors() const {
    std::string joined;
    for (const auto & line : lines) {
        joined += (joined.empty() ? "" : "; ") + line;
    }
    return joined;
}
