#pragma once

#include "ggml-backend.h"

#include <string>
#include <vector>

// Devices that ggml has registered, by their names; Failure UNSUPPORTED for one that it has not.
std::vector<ggml_backend_dev_t> devices_named(const std::vector<std::string> & names);
