#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Adds up the squares of what goes into each product with a layer's weights, through llama.cpp's eval callback: the
// importance matrix that llama-quantize takes. It reads nothing unless it was asked to, so that other decodes of its
// context stay whole.
class InputSquares {
public:
    // Of a matrix, or of a stack of matrices, one for each expert.
    struct Entry {
        std::vector<double> sums;   // [matrices, width]: sums of squares over rows
        std::vector<uint64_t> rows; // [matrices]: vectors that went into each
    };

    static bool on_eval(ggml_tensor * tensor, bool ask, void * user_data);

    void read(bool wanted) { reading = wanted; }
    void reset() { found.clear(); }
    // By the names of the weights.
    const std::map<std::string, Entry> & entries() const { return found; }

private:
    void take(const ggml_tensor * product);
    // Vectors that stand one behind another, each for one matrix of a stack: `matrix(i2, i1)`.
    template <typename Matrix> void add(Entry & entry, const ggml_tensor * inputs, int64_t i3, Matrix matrix);

    bool reading = false;
    std::map<std::string, Entry> found;
};
