#include "neuron-trial.h"

#include "ggml-backend.h"

#include <algorithm>
#include <cmath>

std::vector<float> neuron_trial_values(int64_t n, float step) {
    std::vector<float> values(size_t(n), 0.0f);
    for (int64_t i = 0; i < n; ++i) {
        const float at = float(i);
        values[size_t(i)] = std::sin(at * step) * (0.3f + 2.0f * std::fabs(std::sin(at * 0.0173f)));
    }
    std::fill(values.begin(), values.begin() + std::min<int64_t>(n, 256), 0.0f); // blocks without a scale
    return values;
}

ggml_backend_ptr neuron_trial_backend() {
    ggml_backend_ptr backend(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
    if (backend) {
        const auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(
            ggml_backend_dev_backend_reg(ggml_backend_get_device(backend.get())), "ggml_backend_set_n_threads"
        ));
        if (set_threads != nullptr) {
            set_threads(backend.get(), 1);
        }
    }
    return backend;
}
