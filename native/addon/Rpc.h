#pragma once

// ggml's RPC backend: devices of other machines, and the server that lends this machine's. Needs its plugin loaded
// (Failure UNSUPPORTED). ggml aborts the process where a connection is lost.

#include <string>
#include <vector>

namespace Rpc {

// The protocol that this build speaks, which its plugin is built for: major, minor, patch.
std::vector<int> version();

// Registers the devices of a server, once, and keeps the connection while the process lasts: a server serves one
// client at a time, and no other may come between. Returns their names. Aborts where the server cannot be reached.
std::vector<std::string> add_server(const std::string & endpoint);

// Serves devices, named, on HOST:PORT; HOST is an IPv4 address. Returns only where it cannot: Failure NATIVE.
[[noreturn]] void serve(const std::string & endpoint, int threads, const std::vector<std::string> & devices);

} // namespace Rpc
