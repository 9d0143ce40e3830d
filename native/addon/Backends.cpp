#include "Backends.h"

#include "Log.h"
#include "SharedLibrary.h"

#include "ggml-backend.h"

#include <mutex>
#include <vector>

namespace fs = std::filesystem;

namespace {

// What ggml knows, in its own order: devices are listed in it.
constexpr const char * known[] = {
    "blas",   "zendnn",  "cann",   "cuda",    "hip",  "metal",    "rpc", "sycl",
    "vulkan", "virtgpu", "opencl", "hexagon", "musa", "openvino", "cpu",
};

#ifdef _WIN32
constexpr const char * prefix = "ggml-";
constexpr const char * extension = ".dll";
#else
constexpr const char * prefix = "libggml-";
constexpr const char * extension = ".so";
#endif

// ggml's registry takes no two at once, and every worker of Node registers.
std::mutex registry;

// Opens what a plugin needs before ggml opens it. The prebuilt ones have an empty folder in the list of those that
// the loader looks through: the working directory, before the system's own. A library that is open is not looked for.
std::optional<std::string> open_needed(const fs::path & plugin, std::vector<SharedLibrary> & open) {
    for (const std::string & name : needed_libraries(plugin)) {
        open.push_back(SharedLibrary::named(name, plugin.parent_path()));
        if (!open.back()) {
            return open.back().error();
        }
    }
    return std::nullopt;
}

std::optional<std::string> register_plugin(const fs::path & plugin) {
    const NoWorkingDirectory guard;
    std::vector<SharedLibrary> needed;
    if (auto reason = open_needed(plugin, needed)) {
        return reason;
    }
    const LogCapture log;
    if (ggml_backend_load(plugin.u8string().c_str()) != nullptr) {
        return std::nullopt;
    }
    return log.errors();
}

// How well a plugin suits the processor: 0 where it cannot run on it, or does not load.
int score_of(const fs::path & plugin) {
    const NoWorkingDirectory guard;
    std::vector<SharedLibrary> needed;
    if (open_needed(plugin, needed)) {
        return 0;
    }
    const SharedLibrary library(plugin);
    void * score = library ? library.symbol("ggml_backend_score") : nullptr;
    return score == nullptr ? 0 : reinterpret_cast<int (*)()>(score)();
}

// The plugin of the highest score of those named after a backend and a kind of processors, else the one without.
fs::path best_of(const fs::path & folder, const std::string & backend) {
    const std::string begin = prefix + backend + "-";
    fs::path best = folder / (prefix + backend + extension);
    int highest = 0;
    std::error_code unreadable;
    for (const auto & entry : fs::directory_iterator(folder, unreadable)) {
        const fs::path & path = entry.path();
        if (path.extension() != extension || path.filename().u8string().rfind(begin, 0) != 0) {
            continue;
        }
        if (const int score = score_of(path); score > highest) {
            highest = score;
            best = path;
        }
    }
    return best;
}

} // namespace

std::optional<std::string> backends::load(const fs::path & plugin) {
    const std::lock_guard<std::mutex> lock(registry);
    return register_plugin(plugin);
}

void backends::load_folder(const fs::path & folder) {
    const std::lock_guard<std::mutex> lock(registry);
    for (const char * backend : known) {
        const fs::path plugin = best_of(folder, backend);
        std::error_code absent;
        if (fs::exists(plugin, absent)) {
            register_plugin(plugin);
        }
    }
}
