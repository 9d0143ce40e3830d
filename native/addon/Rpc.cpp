#include "Rpc.h"

#include "Devices.h"
#include "Failure.h"

#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml-rpc.h"

#include <cstdio>
#include <map>
#include <mutex>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace {

// A function of the plugin, which may be loaded or not: nothing links with it.
template <typename Function> Function * function_of_plugin(const char * name) {
    ggml_backend_reg_t plugin = ggml_backend_reg_by_name("RPC");
    void * found = plugin != nullptr ? ggml_backend_reg_get_proc_address(plugin, name) : nullptr;
    if (found == nullptr) {
        fail("UNSUPPORTED", "this build has no RPC backend; run npm run build -- --with rpc");
    }
    return reinterpret_cast<Function *>(found);
}

} // namespace

std::vector<int> Rpc::version() {
    return { RPC_PROTO_MAJOR_VERSION, RPC_PROTO_MINOR_VERSION, RPC_PROTO_PATCH_VERSION };
}

std::vector<std::string> Rpc::add_server(const std::string & endpoint) {
    static std::mutex mutex;
    // Never freed: at the end of the process its server may be gone already.
    static auto & connections = *new std::map<std::string, ggml_backend_ptr>();
    const std::lock_guard<std::mutex> lock(mutex);

    const auto add = function_of_plugin<decltype(ggml_backend_rpc_add_server)>("ggml_backend_rpc_add_server");
    ggml_backend_reg_t server = add(endpoint.c_str());
    if (server == nullptr) {
        fail("NATIVE", "RPC server " + endpoint + " has no device; start it again with one");
    }
    ggml_backend_register(server);
    std::vector<std::string> names;
    for (size_t i = 0; i < ggml_backend_reg_dev_count(server); ++i) {
        names.emplace_back(ggml_backend_dev_name(ggml_backend_reg_dev_get(server, i)));
    }
    ggml_backend_ptr & connection = connections[endpoint];
    if (connection == nullptr) {
        connection.reset(ggml_backend_dev_init(ggml_backend_reg_dev_get(server, 0), nullptr));
    }
    return names;
}

void Rpc::serve(const std::string & endpoint, int threads, const std::vector<std::string> & devices) {
    const auto start = function_of_plugin<decltype(ggml_backend_rpc_start_server)>("ggml_backend_rpc_start_server");
    auto found = devices_named(devices);
    // ggml's words for people go to stdout, which is for data.
#ifdef _WIN32
    _dup2(2, 1);
#else
    dup2(2, 1);
#endif
    start(endpoint.c_str(), /*cache_dir=*/nullptr, size_t(threads), found.size(), found.data());
    fail("NATIVE", "the RPC server cannot listen on " + endpoint + "; give another --host or --port");
}
