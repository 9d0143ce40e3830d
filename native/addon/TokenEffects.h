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

    // Rows as they are in the file. Throws Failure NOT_FOUND or DAMAGED.
    std::vector<char> read_bytes(int64_t first, int64_t count) const;
    // The same in F32, [count, width]. Throws UNSUPPORTED too.
    std::vector<float> read_rows(int64_t first, int64_t count) const;
    // Some columns in F32, [columns, rows], read a few rows at a time.
    std::vector<float> read_columns(const std::vector<int32_t> & columns) const;
};

// The final norm of a model.
struct FinalNorm {
    std::vector<float> weights; // empty: 1
    std::vector<float> bias;    // empty: 0
    bool centred = false;       // LayerNorm: the mean is taken away first
    double epsilon = 0;

    // Vectors [n, width] as the output head takes them.
    std::vector<float> apply(const std::vector<float> & vectors, int64_t width) const;
};

// Multiplies vectors with the rows of an output head, and keeps for each vector the tokens with the largest and the
// smallest products. ggml multiplies on the CPU. One thread at a time.
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
    // dequantized: rows are multiplied in F32; else as llama.cpp does, which rounds the vectors to fit quantized rows.
    TokenEffects(const std::vector<float> & vectors, int64_t width, size_t kept, int threads, bool dequantized);

    // Takes rows of the head as the next tokens. biases: added to each row's products; empty: none.
    void add(const FileMatrix & rows, const std::vector<float> & biases);

    // [n], of each vector the mean of its finite products so far.
    std::vector<double> means() const;

    Kept kept;
    std::atomic<bool> busy{ false };

private:
    void take(const float * products, int64_t n_rows);

    const size_t most;
    const bool dequantized;
    int32_t next_token = 0;
    std::vector<double> sums;    // of each vector's finite products
    std::vector<int64_t> summed; // how many there are
    int64_t width, n;
    ggml_backend_ptr backend;
    ggml_context_ptr context; // of the vectors
    ggml_backend_buffer_ptr buffer;
    ggml_tensor * vectors = nullptr;
};
