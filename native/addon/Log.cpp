#include "Log.h"

#include "llama.h"

#include <utility>

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

std::string LogCapture::errors() const {
    std::string joined;
    for (const auto & line : lines) {
        joined += (joined.empty() ? "" : "; ") + line;
    }
    return joined;
}
