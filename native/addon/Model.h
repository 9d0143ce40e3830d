#pragma once

#include "llama.h"

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
    int cpu_experts = 0; // layers, from the first, whose routed experts stay in the machine's own memory
    std::vector<LoraFile> loras;
    bool measured = false; // allocate nothing: contexts tell what they would take
};

// The importance matrix that a file was quantized with, as its header tells.
struct Imatrix {
    std::string file;
    std::string dataset;
    int64_t entries;
    int64_t chunks;
};

// Of each token of a vocabulary: its bytes begin where those of the one before end.
struct Pieces {
    std::vector<uint8_t> bytes;
    std::vector<int32_t> ends;
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
    bool on_device = false;            // layers may be on another processor
    size_t header_bytes = 0;           // of the GGUF: everything before the tensor data

    // Throws Failure NOT_FOUND, DAMAGED, UNSUPPORTED or OUT_OF_MEMORY, naming the file.
    static std::shared_ptr<Model> load(const ModelOptions & options);

    // Tokens of text, special tokens in it taken literally, no BOS or EOS added. Throws Failure UNSUPPORTED where the
    // vocabulary has none for a part of it.
    std::vector<llama_token> tokenize(const std::string & text, bool special) const;
    std::string detokenize(const std::vector<llama_token> & tokens) const;

    // The bytes of every token of the vocabulary, one behind another, blanks in front of words kept.
    // @param special special tokens are written out; else they have none
    Pieces pieces(bool special) const;

    std::string metadata(const char * key) const; // "" where absent
    std::optional<Imatrix> imatrix() const;

private:
    const llama_vocab * vocabulary() const; // throws UNSUPPORTED where there is none
};
