#include "Abort.h"

#include "ggml.h"
#include "neuron-adapter-api.h"

#include <cstdlib>
#include <cstring>
#include <string>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace {

thread_local bool thrown = false;

// Where the assertion is, without the folders of whoever compiled it.
std::string without_folders(const char * message) {
    const std::string text(message);
    const size_t place = text.find(": "); // FILE:LINE: WHY
    const size_t slash = text.find_last_of("/\\", place);
    return slash == std::string::npos ? text : text.substr(slash + 1);
}

bool is_of_device(const std::string & text) {
    for (const char * backend : { "ggml-rpc", "ggml-cpu", "ggml-cuda", "ggml-vulkan", "ggml-metal", "ggml-blas" }) {
        if (text.find(backend) != std::string::npos) {
            return true;
        }
    }
    return text.rfind("CUDA error", 0) == 0;
}

// The command line runs native work in a child whose parent reads this file descriptor, so that the user gets one
// line instead of a silent crash.
void on_abort(const char * message) {
    if (thrown && !is_of_device(message)) {
        throw llama_neurons_error("DAMAGED", without_folders(message));
    }
    const char * fd = std::getenv("LANGUAGE_NEURONS_ABORT_FD");
    const int to = fd != nullptr ? std::atoi(fd) : 2;
    const auto written = ::write(to, message, unsigned(std::strlen(message)));
    (void)written; // nothing left to do about it
}

} // namespace

void Abort::install() {
    ggml_set_abort_callback(on_abort);
}

AbortsThrown::AbortsThrown() : outer(thrown) {
    thrown = true;
}

AbortsThrown::~AbortsThrown() {
    thrown = outer;
}
