#include "Devices.h"

#include "Failure.h"

std::vector<ggml_backend_dev_t> devices_named(const std::vector<std::string> & names) {
    std::vector<ggml_backend_dev_t> devices;
    for (const std::string & name : names) {
        devices.push_back(ggml_backend_dev_by_name(name.c_str()));
        if (devices.back() == nullptr) {
            fail("UNSUPPORTED", "ggml has no device " + name + "; load its backend first");
        }
    }
    return devices;
}
