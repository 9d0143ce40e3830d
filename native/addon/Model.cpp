#include "Model.h"

#include "Abort.h"
#include "Devices.h"
#include "Failure.h"
#include "Header.h"
#include "Log.h"

#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "neuron-adapter-api.h"
#include "gguf.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace {

// A failure to load, from the cause that llama.cpp tells by type; its words are for people.
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

// A vocabulary without tokens for single bytes, or without one that stands for what it does not know. No path: a
// server's clients are told it too.
[[noreturn]] void fail_text(const std::string & text) {
    size_t end = std::min(text.size(), size_t(40));
    while (end > 0 && end < text.size() && (uint8_t(text[end]) & 0xC0) == 0x80) {
        --end; // whole characters
    }
    fail(
        "UNSUPPORTED", "the model's vocabulary has no tokens for a part of the text \"" + text.substr(0, end)
                           + (end < text.size() ? "…" : "") + "\"; convert the model again, with tokens for bytes"
    );
}

// Words of the warnings that change which tokens a text has, or where it ends; others, such as those of tokens whose
// type was mended, leave results alone.
constexpr const char * telling_words[] = {
    "missing pre-tokenizer type",
    "out of vocab range",
    "bad special token",
    "empty token at index",
};

// Of each kind of these the first line, with how many more there are.
std::vector<std::string> telling(const std::vector<std::string> & warnings) {
    std::vector<std::string> told;
    for (const char * words : telling_words) {
        const auto is_it = [words](const std::string & line) { return line.find(words) != std::string::npos; };
        const auto first = std::find_if(warnings.begin(), warnings.end(), is_it);
        if (first != warnings.end()) {
            const auto more = std::count_if(first + 1, warnings.end(), is_it);
            told.push_back(*first + (more > 0 ? " (and " + std::to_string(more) + " more like it)" : ""));
        }
    }
    return told;
}

// Patterns of the names of experts' matrices, one for each of the first layers.
std::vector<std::string> keep_experts(int layers) {
    std::vector<std::string> patterns;
    for (int i = 0; i < layers; ++i) {
        patterns.push_back("blk\\." + std::to_string(i) + "\\.ffn_(gate|up|down|gate_up)_(ch)?exps");
    }
    return patterns;
}

} // namespace

std::shared_ptr<Model> Model::load(const ModelOptions & options) {
    const LogCapture log;
    const AbortsThrown aborts;
    llama_neurons_take_cause(); // of an earlier call
    auto params = llama_model_default_params();
    auto devices = devices_named(options.devices); // others that were found stay out of it
    devices.push_back(nullptr);
    params.devices = devices.data();
    params.n_gpu_layers = options.devices.empty() ? 0 : options.gpu_layers;
    params.split_mode = options.split;
    params.main_gpu = options.main_gpu;
    const auto overrides = keep_experts(options.cpu_experts);
    std::vector<llama_model_tensor_buft_override> buffers;
    for (const std::string & pattern : overrides) {
        buffers.push_back({ pattern.c_str(), ggml_backend_cpu_buffer_type() });
    }
    buffers.push_back({ nullptr, nullptr });
    params.tensor_buft_overrides = buffers.data();
    params.no_alloc = options.measured;
    if (options.measured) {
        params.load_mode = LLAMA_LOAD_MODE_NONE; // nothing is mapped either
    }

    auto model = std::make_shared<Model>();
    model->on_device = !options.devices.empty();
    const gguf_context_ptr header(gguf_init_from_file(options.path.c_str(), { /*no_alloc=*/true, /*ctx=*/nullptr }));
    if (header) {
        Header::check(options.path, header.get());
    }
    model->handle.reset(llama_model_load_from_file(options.path.c_str(), params));
    if (!model->handle) {
        fail_load(options.path, log.errors());
    }
    const std::string unsound = llama_neurons_unsound_header(model->handle.get());
    if (!unsound.empty()) {
        fail("DAMAGED", options.path + ": its header says " + unsound + "; download or convert it again");
    }
    model->warnings = telling(log.warnings());
    model->header_bytes = header ? gguf_get_data_offset(header.get()) : 0;

    for (const auto & lora : options.loras) {
        const LogCapture lora_log;
        llama_adapter_lora * adapter = llama_adapter_lora_init(model->handle.get(), lora.path.c_str());
        if (adapter == nullptr) {
            if (llama_neurons_take_cause() == "OUT_OF_MEMORY") {
                fail(
                    "OUT_OF_MEMORY", lora.path + ": not enough memory to load the LoRA adapter (" + lora_log.errors()
                                         + "); put fewer layers on the GPU"
                );
            }
            fail(
                "DAMAGED", lora.path + ": not a LoRA adapter of " + options.path + " (" + lora_log.errors()
                               + "); convert the adapter for this base model"
            );
        }
        model->loras.push_back(adapter);
        model->scales.push_back(lora.scale);
    }
    return model;
}

const llama_vocab * Model::vocabulary() const {
    const llama_vocab * vocab = llama_model_get_vocab(handle.get());
    if (llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_NONE) {
        fail(
            "UNSUPPORTED",
            "the model has no vocabulary, so texts cannot be tokenized; convert it again with its tokenizer"
        );
    }
    return vocab;
}

std::vector<llama_token> Model::tokenize(const std::string & text, bool special) const {
    const AbortsThrown aborts;
    const llama_vocab * vocab = vocabulary();
    std::vector<llama_token> tokens(text.size() + 8);
    try {
        int32_t n = 0;
        for (int trial = 0; trial < 2; ++trial) {
            n = llama_tokenize(
                vocab, text.data(), int32_t(text.size()), tokens.data(), int32_t(tokens.size()), false, special
            );
            if (n >= 0 || n == INT32_MIN) {
                break;
            }
            tokens.resize(size_t(-int64_t(n)));
        }
        if (n < 0) {
            fail(
                "NATIVE",
                "llama.cpp cannot tokenize a text of " + std::to_string(text.size())
                    + " bytes; cut it into shorter ones",
                n
            );
        }
        tokens.resize(size_t(n));
    } catch (const std::out_of_range &) { // of a map's at()
        fail_text(text);
    } catch (const llama_neurons_error & e) {
        if (e.code != "DAMAGED") {
            throw;
        }
        fail(
            "UNSUPPORTED", std::string("llama.cpp cannot split texts with the model's vocabulary (") + e.what()
                               + "); convert the model again"
        );
    }
    const llama_token most = llama_vocab_n_tokens(vocab);
    if (std::any_of(tokens.begin(), tokens.end(), [most](llama_token token) { return token < 0 || token >= most; })) {
        fail_text(text);
    }
    return tokens;
}

std::string Model::detokenize(const std::vector<llama_token> & tokens) const {
    const AbortsThrown aborts;
    const llama_vocab * vocab = vocabulary();
    const llama_token size = llama_vocab_n_tokens(vocab);
    for (llama_token token : tokens) {
        if (token < 0 || token >= size) { // llama.cpp looks up whatever it is given
            fail(
                "WRONG_USE", "the model has no token " + std::to_string(token)
                                 + "; its tokens are whole numbers from 0 to " + std::to_string(size - 1)
            );
        }
    }
    std::string text(tokens.size() * 8 + 8, '\0');
    int32_t n =
        llama_detokenize(vocab, tokens.data(), int32_t(tokens.size()), text.data(), int32_t(text.size()), false, false);
    if (n < 0) {
        text.resize(size_t(-n));
        n = llama_detokenize(
            vocab, tokens.data(), int32_t(tokens.size()), text.data(), int32_t(text.size()), false, false
        );
    }
    if (n < 0) {
        fail("NATIVE", "llama.cpp cannot turn " + std::to_string(tokens.size()) + " tokens into text", n);
    }
    text.resize(size_t(n));
    return text;
}

Pieces Model::pieces(bool special) const {
    const AbortsThrown aborts;
    const llama_vocab * vocab = vocabulary();
    Pieces pieces;
    std::string piece(64, '\0');
    for (llama_token token = 0; token < llama_vocab_n_tokens(vocab); ++token) {
        int32_t n = llama_token_to_piece(vocab, token, piece.data(), int32_t(piece.size()), 0, special);
        if (n < 0) {
            piece.resize(size_t(-n));
            n = llama_token_to_piece(vocab, token, piece.data(), int32_t(piece.size()), 0, special);
        }
        pieces.bytes.insert(pieces.bytes.end(), piece.begin(), piece.begin() + std::max(0, n));
        pieces.ends.push_back(int32_t(pieces.bytes.size()));
    }
    return pieces;
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
