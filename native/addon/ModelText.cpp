// What a model's vocabulary makes of texts and tokens.

#include "Model.h"

#include "Abort.h"
#include "Failure.h"

#include "neuron-adapter-api.h"

#include <algorithm>
#include <stdexcept>

namespace {

// The vocabulary has no tokens for single bytes, and none that stands for what it does not know. The message has no
// path, since a server's clients get it too.
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

std::vector<llama_token> tokens_of(const llama_vocab * vocab, const std::string & text, bool special) {
    std::vector<llama_token> tokens(text.size() + 8);
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
            "llama.cpp cannot tokenize a text of " + std::to_string(text.size()) + " bytes; cut it into shorter ones", n
        );
    }
    tokens.resize(size_t(n));
    return tokens;
}

} // namespace

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
    std::vector<llama_token> tokens;
    try {
        tokens = tokens_of(vocab, text, special);
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
