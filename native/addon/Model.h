#pragma once

#include "llama.h"
#include "products.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct LoraFile {
    std::string path;
    float scale;
};

struct ModelOptions {
    std::string path;
    std::vector<std::string> devices; // names of those that layers may go to, in order; none: the CPU alone
    int gpu_layers = 0;               // negative: all
    llama_split_mode split = LLAMA_SPLIT_MODE_LAYER; // over several GPUs
    int main_gpu = 0;
    std::optional<products::Kind> products; // of large batches on the CPU; none: ggml's
    bool exact = false;                     // of all batches, and attention in F32 too
    bool file_order = false;                // weights stay in the order of the file, as a server of RPC keeps them
    int cpu_experts = 0; // layers, from the first, whose routed experts stay in the machine's own memory
    std::vector<LoraFile> loras;
    bool measured = false; // allocate nothing: contexts measure what they would take
};

// The importance matrix that a file was quantized with, from its header.
struct Imatrix {
    std::string file;
    std::string dataset;
    int64_t entries;
    int64_t chunks;
};

// The bytes of a vocabulary's tokens, one behind another.
struct Pieces {
    std::vector<uint8_t> bytes;
    std::vector<int32_t> ends; // of each token, where the next one's begin
};

struct ModelDeleter {
    void operator()(llama_model * model) const { llama_model_free(model); }
};

// A loaded model and its LoRA adapters. Contexts share ownership, so it outlives them; used from
// worker threads, it is never changed after load().
struct Model {
    std::unique_ptr<llama_model, ModelDeleter> handle;
    std::vector<llama_adapter_lora *> loras; // owned by the llama_model
    std::vector<float> scales;
    std::vector<std::string> warnings; // of what changes tokens; each kind once
    std::optional<products::Kind> products;
    bool exact = false;
    bool on_device = false;  // layers may be on another processor
    size_t header_bytes = 0; // of the GGUF: everything before the tensor data

    // Throws Failure NOT_FOUND, DAMAGED, UNSUPPORTED or OUT_OF_MEMORY, naming the file.
    static std::shared_ptr<Model> load(const ModelOptions & options);

    // Returns the tokens of a text, without BOS or EOS. special: text that names a special token becomes that token.
    // Throws Failure UNSUPPORTED where the vocabulary has no tokens for a part of the text.
    std::vector<llama_token> tokenize(const std::string & text, bool special) const;
    std::string detokenize(const std::vector<llama_token> & tokens) const;

    // Returns the bytes of every token of the vocabulary, with the blanks in front of words. special: special tokens
    // are written out; else they have no bytes.
    Pieces pieces(bool special) const;

    std::string metadata(const char * key) const; // "" where absent
    std::optional<Imatrix> imatrix() const;

private:
    const llama_vocab * vocabulary() const; // throws UNSUPPORTED where there is none
};
