#include "Header.h"

#include "Abort.h"
#include "Failure.h"
#include "Log.h"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

// A kind of file that is no model.
struct Kind {
    const char * key;   // of the header
    const char * value; // "": any
    const char * what;  // for the message
};

constexpr const char * lora =
    "a LoRA adapter, not a model; give the model that it was made for, and this file as its adapter (--lora)";
constexpr const char * mmproj =
    "the part of a multimodal model that sees or hears (mmproj), not a language model; give the language model's file";

const std::vector<Kind> kinds = {
    { "general.type", "adapter", lora },
    { "adapter.type", "", lora },
    { "general.type", "mmproj", mmproj },
    { "general.architecture", "clip", mmproj },
    { "general.type", "imatrix", "an importance matrix for quantizing, not a model; give the model's own file" },
    { "general.architecture", "controlvector", "a control vector, not a model; give the model's own file" },
};

void check_kind(const std::string & path, const gguf_context * header) {
    for (const Kind & kind : kinds) {
        const auto found = Header::text(header, kind.key);
        if (found && (*kind.value == '\0' || *found == kind.value)) {
            fail("UNSUPPORTED", path + ": is " + kind.what);
        }
    }
    const std::string architecture = Header::text(header, "general.architecture").value_or("");
    if (architecture.find("bert") != std::string::npos || architecture == "gemma-embedding"
        || architecture == "t5encoder") {
        fail(
            "UNSUPPORTED",
            path + ": architecture '" + architecture
                + "' is not supported: it makes embeddings of texts and does not predict the next token; "
                  "use a causal language model"
        );
    }
    // of a model in several files, the first may hold none
    if (gguf_get_n_tensors(header) == 0 && Header::number(header, "split.count").value_or(0) < 2) {
        const bool has_words = gguf_find_key(header, "tokenizer.ggml.tokens") >= 0;
        fail(
            "DAMAGED", path + ": holds " + (has_words ? "a vocabulary alone" : "no tensors")
                           + ", no weights; give the model's own file"
        );
    }
}

// llama.cpp allocates a vocabulary of the size that the header says; each token has an embedding in the file.
void check_size(const std::string & path, const gguf_context * header) {
    const auto architecture = Header::text(header, "general.architecture");
    const uint64_t size = architecture ? Header::number(header, *architecture + ".vocab_size").value_or(0) : 0;
    const int64_t embeddings = gguf_find_tensor(header, "token_embd.weight");
    if (embeddings >= 0 && size > gguf_get_tensor_size(header, embeddings)) {
        fail(
            "DAMAGED", path + ": its header says a vocabulary of " + std::to_string(size)
                           + " tokens, for which it has no embeddings; download or convert it again"
        );
    }
}

// llama.cpp finds tokens by their text, and asserts that each has another.
void check_tokens(const std::string & path, const gguf_context * header) {
    const int64_t key = gguf_find_key(header, "tokenizer.ggml.tokens");
    if (key < 0 || gguf_get_kv_type(header, key) != GGUF_TYPE_ARRAY
        || gguf_get_arr_type(header, key) != GGUF_TYPE_STRING
        || Header::text(header, "tokenizer.ggml.model").value_or("none") == "none") {
        return; // llama.cpp refuses it, or does not read it
    }
    const size_t tokens = gguf_get_arr_n(header, key);
    std::unordered_map<std::string_view, size_t> places;
    places.reserve(tokens);
    for (size_t i = 0; i < tokens; ++i) {
        const std::string_view token(gguf_get_arr_str(header, key, i));
        if (token.empty()) {
            continue; // llama.cpp names it after its place
        }
        const auto [place, is_new] = places.emplace(token, i);
        if (!is_new) {
            fail(
                "DAMAGED", path + ": its vocabulary has the token \"" + std::string(token.substr(0, 64)) + "\" twice ("
                               + std::to_string(place->second) + " and " + std::to_string(i)
                               + "), so that llama.cpp cannot tell them apart; convert the model again, or use another "
                                 "file of it"
            );
        }
    }
}

} // namespace

std::optional<std::string> Header::text(const gguf_context * header, const std::string & key) {
    const int64_t found = gguf_find_key(header, key.c_str());
    if (found < 0 || gguf_get_kv_type(header, found) != GGUF_TYPE_STRING) {
        return std::nullopt;
    }
    return gguf_get_val_str(header, found);
}

std::optional<uint64_t> Header::number(const gguf_context * header, const std::string & key) {
    const int64_t found = gguf_find_key(header, key.c_str());
    if (found < 0) {
        return std::nullopt;
    }
    const auto positive = [](int64_t value) -> std::optional<uint64_t> {
        return value < 0 ? std::nullopt : std::optional<uint64_t>(uint64_t(value));
    };
    switch (gguf_get_kv_type(header, found)) {
        case GGUF_TYPE_UINT8: return gguf_get_val_u8(header, found);
        case GGUF_TYPE_UINT16: return gguf_get_val_u16(header, found);
        case GGUF_TYPE_UINT32: return gguf_get_val_u32(header, found);
        case GGUF_TYPE_UINT64: return gguf_get_val_u64(header, found);
        case GGUF_TYPE_INT8: return positive(gguf_get_val_i8(header, found));
        case GGUF_TYPE_INT16: return positive(gguf_get_val_i16(header, found));
        case GGUF_TYPE_INT32: return positive(gguf_get_val_i32(header, found));
        case GGUF_TYPE_INT64: return positive(gguf_get_val_i64(header, found));
        default: return std::nullopt;
    }
}

gguf_context_ptr Header::open(const std::string & path) {
    return gguf_context_ptr(gguf_init_from_file(path.c_str(), { /*no_alloc=*/true, /*ctx=*/nullptr }));
}

Header::Read Header::read(const std::string & path) {
    const LogCapture log;
    const AbortsThrown aborts;
    const gguf_context_ptr header = open(path);
    if (!header) {
        const std::string why = log.errors();
        return { why.empty() ? "no reason given" : why, {} };
    }
    return { "", { number(header.get(), "split.count").value_or(0), number(header.get(), "split.no").value_or(0) } };
}

void Header::check(const std::string & path, const gguf_context * header) {
    check_kind(path, header);
    check_size(path, header);
    check_tokens(path, header);
}
