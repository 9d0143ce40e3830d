#pragma once

#include <filesystem>
#include <optional>
#include <string>

// ggml's plugins, from the places that the caller names and from nowhere else: not the working directory, the
// executable's folder or GGML_BACKEND_PATH, where ggml looks by itself. Any thread may call.
namespace backends {

// Registers a plugin; why it cannot be loaded, as ggml or the system's loader says it, or nothing where it was.
std::optional<std::string> load(const std::filesystem::path & plugin);

// Registers of each backend that ggml knows the folder's best plugin for this processor, where it has one.
void load_folder(const std::filesystem::path & folder);

} // namespace backends
