#pragma once

#include "ggml-cpp.h"

#include <atomic>
#include <string>
#include <vector>

// A matrix in a GGUF file, of any type: its rows one after another.
struct FileMatrix {
    std::string path;
    uint64_t offset = 0; // bytes
    ggml_type type = GGML_TYPE_F32;
    int64_t width = 0; // weights of a row
    int64_t rows = 0;

    // Rows in F32, [count, width]. Throws Failure NOT_FOUND, DAMAGED or UNSUPPORTED.
    std::vector<float> read_rows(int64_t first, int64_t count) const;
    // Some columns in F32, [columns, rows], read a few rows at a time.
    std::vector<float> read_columns(const std::vector<int32_t> & columns) const;
};

// Multiplies vectors with the rows of an output head, and keeps for each vector the tokens with the largest and the
// smallest products. ggml multiplies on the CPU, in F32. One thread at a time.
class TokenEffects {
public:
    struct Token {
        int32_t token;
        float effect;
    };
    // Of each vector, the largest, or smallest, first; equal ones by token. What is not finite is left out.
    struct Kept {
        std::vector<std::vector<Token>> raised, lowered;
    };

    // vectors: [n, width]
    TokenEffects(const std::vector<float> & vectors, int64_t width, size_t kept, int threads);

    // Takes rows of the head as the next tokens.
    void add(const FileMatrix & rows);

    Kept kept;
    std::atomic<bool> busy{ false };

private:
    void take(const float * products, int64_t n_rows);

    const size_t most;
    int32_t next_token = 0;
    int64_t width, n;
    ggml_backend_ptr backend;
    ggml_context_ptr context; // of the vectors
    ggml_backend_buffer_ptr buffer;
    ggml_tensor * vectors = nullptr;
};
