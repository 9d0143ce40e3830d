#include "Model.h"

#include "Abort.h"
#include "Devices.h"
#include "Failure.h"
#include "Header.h"
#include "Log.h"

#include "ggml-backend.h"
#include "neuron-adapter-api.h"
#include "gguf.h"

#include <algorithm>
#include <cstdlib>

namespace {

// Fails to load with the code that llama.cpp's exception has by its type; its words are for people.
[[noreturn]] void fail_load(const std::string & path, const std::string & why) {
    const std::string because = why.empty() ? "no reason given" : why;
    const std::string cause = llama_neurons_take_cause();
    if (cause == "UNSUPPORTED") {
        fail(
            cause, path + ": this llama.cpp does not know the model's architecture or tokenizer (" + because
                       + "); use another model"
        );
    }
    if (cause == "OUT_OF_MEMORY") {
        fail(
            cause, path + ": not enough memory to load the model (" + because
                       + "); use a smaller quantization or fewer GPU layers"
        );
    }
    fail(
        "DAMAGED", path + ": llama.cpp cannot load it as a GGUF model (" + because + "); download or convert it again"
    );
}

// Words of the warnings about what changes which tokens a text has, or where it ends. Other warnings, such as those of
// tokens whose type was mended, leave results alone.
constexpr const char * token_warnings[] = {
    "missing pre-tokenizer type",
    "out of vocab range",
    "bad special token",
    "empty token at index",
};

// Returns the first line of each kind of these warnings, with how many more there are.
std::vector<std::string> warnings_of_tokens(const std::vector<std::string> & warnings) {
    std::vector<std::string> result;
    for (const char * words : token_warnings) {
        const auto is_it = [words](const std::string & line) { return line.find(words) != std::string::npos; };
        const auto first = std::find_if(warnings.begin(), warnings.end(), is_it);
        if (first != warnings.end()) {
            const auto more = std::count_if(first + 1, warnings.end(), is_it);
            result.push_back(*first + (more > 0 ? " (and " + std::to_string(more) + " more like it)" : ""));
        }
    }
    return result;
}

// Patterns of the names of experts' matrices, one for each of the first layers.
std::vector<std::string> keep_experts(int layers) {
    std::vector<std::string> patterns;
    for (int i = 0; i < layers; ++i) {
        patterns.push_back("blk\\." + std::to_string(i) + "\\.ffn_(gate|up|down|gate_up)_(ch)?exps");
    }
    return patterns;
}

// Parameters of llama_model_load_from_file, and the lists that they point to.
class LoadParameters {
public:
    explicit LoadParameters(const ModelOptions & options)
        : devices(devices_named(options.devices)), patterns(keep_experts(options.cpu_experts)) {
        devices.push_back(nullptr); // the list's end; other devices stay out of it
        native.devices = devices.data();
        native.n_gpu_layers = options.devices.empty() ? 0 : options.gpu_layers;
        native.split_mode = options.split;
        native.main_gpu = options.main_gpu;
        for (const std::string & pattern : patterns) {
            buffers.push_back({ pattern.c_str(), ggml_backend_cpu_buffer_type() });
        }
        buffers.push_back({ nullptr, nullptr });
        native.tensor_buft_overrides = buffers.data();
        // Orders of the CPU backend's own, which it alone can read.
        native.use_extra_bufts = !options.products && !options.file_order;
        native.no_alloc = options.measured;
        if (options.measured) {
            native.load_mode = LLAMA_LOAD_MODE_NONE; // nothing is mapped either
        }
    }
    LoadParameters(const LoadParameters &) = delete;
    LoadParameters & operator=(const LoadParameters &) = delete;

    llama_model_params native = llama_model_default_params();

private:
    std::vector<ggml_backend_dev_t> devices;
    std::vector<std::string> patterns;
    std::vector<llama_model_tensor_buft_override> buffers;
};

// base: path of the model's file, for the message. The model owns the adapter.
llama_adapter_lora * load_lora(llama_model * model, const LoraFile & lora, const std::string & base) {
    const LogCapture log;
    llama_adapter_lora * adapter = llama_adapter_lora_init(model, lora.path.c_str());
    if (adapter != nullptr) {
        return adapter;
    }
    if (llama_neurons_take_cause() == "OUT_OF_MEMORY") {
        fail(
            "OUT_OF_MEMORY", lora.path + ": not enough memory to load the LoRA adapter (" + log.errors()
                                 + "); put fewer layers on the GPU"
        );
    }
    fail(
        "DAMAGED", lora.path + ": not a LoRA adapter of " + base + " (" + log.errors()
                       + "); convert the adapter for this base model"
    );
}

} // namespace

std::shared_ptr<Model> Model::load(const ModelOptions & options) {
    const LogCapture log;
    const AbortsThrown aborts;
    llama_neurons_take_cause(); // of an earlier call
    auto model = std::make_shared<Model>();
    model->products = options.products;
    model->exact = options.exact;
    model->on_device = !options.devices.empty();
    const gguf_context_ptr header = Header::open(options.path);
    if (header) {
        Header::check(options.path, header.get());
        model->header_bytes = gguf_get_data_offset(header.get());
    }
    model->handle.reset(llama_model_load_from_file(options.path.c_str(), LoadParameters(options).native));
    if (!model->handle) {
        fail_load(options.path, log.errors());
    }
    const std::string unsound = llama_neurons_unsound_header(model->handle.get());
    if (!unsound.empty()) {
        fail("DAMAGED", options.path + ": its header says " + unsound + "; download or convert it again");
    }
    model->warnings = warnings_of_tokens(log.warnings());
    for (const LoraFile & lora : options.loras) {
        model->loras.push_back(load_lora(model->handle.get(), lora, options.path));
        model->scales.push_back(lora.scale);
    }
    return model;
}

std::string Model::metadata(const char * key) const {
    std::vector<char> value(256);
    const int32_t n = llama_model_meta_val_str(handle.get(), key, value.data(), value.size());
    if (n < 0) {
        return {};
    }
    if (size_t(n) >= value.size()) {
        value.resize(size_t(n) + 1);
        llama_model_meta_val_str(handle.get(), key, value.data(), value.size());
    }
    return std::string(value.data(), size_t(n));
}

std::optional<Imatrix> Model::imatrix() const {
    const auto number = [this](const char * key) { return std::strtoll(metadata(key).c_str(), nullptr, 10); };
    Imatrix found{ metadata("quantize.imatrix.file"), metadata("quantize.imatrix.dataset"),
                   number("quantize.imatrix.entries_count"), number("quantize.imatrix.chunks_count") };
    if (found.file.empty() && found.dataset.empty() && found.entries == 0 && found.chunks == 0) {
        return std::nullopt;
    }
    return found;
}
