#include "neuron-values.h"

#include "neuron-slice.h"
#include "neuron-sums.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace {

// Bins, from the lowest: `below` of negative activations, two an octave; one around 0; and of positive ones, four an
// octave. Both sides begin at 2^-7. The outermost ones are open.
constexpr int32_t below = 15;
constexpr int32_t above = llama_neurons_bins - below - 1;
constexpr int32_t first_exponent = -7;

// Of tokens of a batch, where the device has no operation that fills a histogram in one pass.
constexpr int64_t stride = 16;

constexpr double unit = 1 << 20;

// A float's sign, exponent and first two bits behind it tell its bin, of a negative one the first bit.
constexpr int key_bits = 11;

uint8_t bin_of_key(uint32_t key) {
    constexpr int32_t base = (127 + first_exponent) << 2;
    const bool negative = (key >> (key_bits - 1)) != 0;
    const int32_t magnitude = int32_t(key & ((1u << (key_bits - 1)) - 1)) - base;
    if (magnitude < 0) {
        return below;
    }
    return uint8_t(negative ? std::max(0, below - 1 - magnitude / 2) : below + 1 + std::min(magnitude, above - 1));
}

struct bin_table {
    bin_table() {
        for (uint32_t key = 0; key < bins.size(); ++key) {
            bins[key] = bin_of_key(key);
        }
    }
    uint8_t operator[](const float * value) const {
        uint32_t bits = 0;
        std::memcpy(&bits, value, sizeof(bits));
        return bins[bits >> (32 - key_bits)];
    }
    std::array<uint8_t, 1 << key_bits> bins;
};

// --- in one operation of ours, on the CPU ---

// Neurons taken through all tokens of a batch at a time: their histograms stay in the first-level cache.
constexpr int64_t block = 64;
constexpr int64_t most_rows = std::numeric_limits<uint16_t>::max(); // of one histogram before it is added

// Rows lie farther apart than processors look ahead.
inline void prefetch(const float * row, int64_t n) {
#if defined(__GNUC__)
    for (int64_t j = 0; j < n; j += 16) {
        __builtin_prefetch(row + j);
    }
#else
    (void)row;
    (void)n;
#endif
}

struct value_block {
    double sums[block] = {};
    uint16_t histogram[block][llama_neurons_bins] = {};

    void add(const float * row, int64_t n, const bin_table & bins) {
        for (int64_t j = 0; j < n; ++j) {
            few[j] += row[j];
        }
        for (int64_t j = 0; j < n; ++j) {
            ++histogram[j][bins[row + j]];
        }
        if (++added % most_few == 0) {
            flush();
        }
    }

    void flush() {
        for (int64_t j = 0; j < block; ++j) {
            sums[j] += double(few[j]);
            few[j] = 0.0f;
        }
    }

private:
    static constexpr int64_t most_few = 16;
    float few[block] = {}; // rows, added before they become doubles, which takes longer than adding
    int64_t added = 0;
};

void values_fused(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * act = dst->src[1];
    const auto * weights = static_cast<const float *>(dst->src[2]->data);
    static const bin_table bins;
    const ggml_tensor * histogram = dst->src[3];
    auto * total = static_cast<float *>(dst->data);
    const neuron_slice part(act->ne[0], ith, nth);
    for (int64_t begin = part.begin; begin < part.end; begin += block) {
        const int64_t n = std::min(block, part.end - begin);
        for (int64_t first = 0; first < act->ne[1]; first += most_rows) {
            value_block sum;
            for (int64_t t = first; t < std::min(act->ne[1], first + most_rows); ++t) {
                prefetch(neuron_row(act, std::min(t + 8, act->ne[1] - 1), 0) + begin, n);
                if (weights[t] != 0.0f) {
                    sum.add(neuron_row(act, t, 0) + begin, n, bins);
                }
            }
            sum.flush();
            for (int64_t j = 0; j < n; ++j) {
                total[begin + j] += float(sum.sums[j]);
                float * counts = neuron_row(histogram, begin + j, 0);
                for (int32_t b = 0; b < llama_neurons_bins; ++b) {
                    counts[b] += float(sum.histogram[j][b]);
                }
            }
        }
    }
}

void values_fused_routed(ggml_tensor * dst, int ith, int nth, void * /*userdata*/) {
    const ggml_tensor * act = dst->src[1];
    const auto * weights = static_cast<const float *>(dst->src[2]->data);
    const ggml_tensor * selected = dst->src[3];
    auto * total = static_cast<float *>(dst->data);
    const int64_t width = act->ne[0];
    const neuron_slice part(width, ith, nth);
    for (int64_t t = 0; t < act->ne[2]; ++t) {
        for (int64_t s = 0; s < act->ne[1] && weights[t] != 0.0f; ++s) {
            float * sums = total + neuron_expert(selected, s, t) * width;
            const float * row = neuron_row(act, s, t);
            for (int64_t j = part.begin; j < part.end; ++j) {
                sums[j] += row[j];
            }
        }
    }
}

// --- in ggml's own operations ---

// Tokens above each edge, of every stride-th token: ggml has no sum by index.
ggml_tensor * above_edges(ggml_context * ctx, const neuron_place & at, const neuron_counted & what) {
    const int64_t width = what.act->ne[0];
    const int64_t rows = (what.act->ne[1] + stride - 1) / stride;
    const auto sample = [&](ggml_tensor * t) {
        return ggml_cont(ctx, ggml_view_2d(ctx, t, t->ne[0], rows, t->nb[1] * stride, 0));
    };
    ggml_tensor * act = ggml_cont(ctx, ggml_transpose(ctx, sample(what.act))); // [rows, width]
    ggml_tensor * every = ggml_repeat_4d(ctx, act, rows, width, llama_neurons_bins, 1);
    ggml_tensor * hits = ggml_step(ctx, ggml_sub(ctx, every, at.edges));
    ggml_tensor * weights = ggml_reshape_2d(ctx, sample(what.weights), rows, 1);
    // Ones and zeros: whole numbers, however they are multiplied.
    ggml_tensor * sum = ggml_mul_mat(ctx, ggml_reshape_2d(ctx, hits, rows, width * llama_neurons_bins), weights);
    ggml_mul_mat_set_prec(sum, GGML_PREC_F32);
    return ggml_reshape_1d(ctx, sum, width * llama_neurons_bins);
}

ggml_tensor * flat(ggml_context * ctx, ggml_tensor * t) {
    return ggml_reshape_1d(ctx, t, ggml_nelements(t));
}

} // namespace

std::vector<float> llama_neurons_bin_edges() {
    std::vector<float> edges = { -std::numeric_limits<float>::max() };
    for (int32_t k = below - 1; k >= 0; --k) {
        edges.push_back(-std::ldexp(k % 2 == 0 ? 1.0f : 1.5f, first_exponent + k / 2));
    }
    for (int32_t k = 0; k < above; ++k) {
        edges.push_back(std::ldexp(1.0f + float(k % 4) / 4.0f, first_exponent + k / 4));
    }
    return edges;
}

std::vector<ggml_tensor *> neuron_add_values(
    ggml_context * ctx, const neuron_place & at, const llama_neurons_site & info, const neuron_counted & what
) {
    const bool routed = what.selected != nullptr;
    if (at.ops == llama_neurons_ops::fused) {
        ggml_tensor * args[] = { what.act, what.weights, routed ? what.selected : at.histogram };
        const auto operation = routed ? values_fused_routed : values_fused;
        return { ggml_custom_inplace(ctx, at.sums, args, 3, operation, GGML_N_TASKS_MAX, nullptr) };
    }
    if (routed) {
        ggml_tensor * one_hot = neuron_one_hot(ctx, at, info, what);
        return { neuron_add_to(ctx, neuron_sum_experts(ctx, info, what.act, one_hot), at.sums) };
    }
    ggml_tensor * weighted = ggml_mul(ctx, what.act, what.weights);
    return { neuron_add_to(ctx, neuron_sum_tokens(ctx, at, weighted), at.sums),
             neuron_add_to(ctx, above_edges(ctx, at, what), flat(ctx, at.histogram)) };
}

bool neuron_take_sums(const neuron_place & at, std::vector<int64_t> & totals) {
    // Sums of a batch below that cannot overflow the totals of a hundred thousand batches.
    constexpr double most = 1 << 26;
    std::vector<float> sums(totals.size());
    ggml_backend_tensor_get(at.sums, sums.data(), 0, sums.size() * sizeof(float));
    ggml_backend_tensor_memset(at.sums, 0, 0, ggml_nbytes(at.sums));
    bool all = true;
    for (size_t j = 0; j < sums.size(); ++j) {
        if (std::fabs(double(sums[j])) < most) {
            totals[j] += std::llround(double(sums[j]) * unit);
        } else {
            all = false; // so is what is not a number
        }
    }
    return all;
}

void neuron_take_histogram(const neuron_place & at, std::vector<uint32_t> & totals) {
    constexpr size_t bins = llama_neurons_bins;
    std::vector<float> counts(totals.size());
    ggml_backend_tensor_get(at.histogram, counts.data(), 0, counts.size() * sizeof(float));
    ggml_backend_tensor_memset(at.histogram, 0, 0, ggml_nbytes(at.histogram));
    const size_t width = totals.size() / bins;
    for (size_t j = 0; j < width; ++j) {
        for (size_t b = 0; b < bins; ++b) {
            if (at.edges == nullptr) {
                totals[j * bins + b] += uint32_t(counts[j * bins + b]);
                continue;
            }
            const float higher = b + 1 == bins ? 0.0f : counts[(b + 1) * width + j];
            totals[j * bins + b] += uint32_t(counts[b * width + j] - higher);
        }
    }
}

bool neuron_values_supported(ggml_backend_dev_t device, const llama_neurons_site & info, llama_neurons_ops ops) {
    return ops == llama_neurons_ops::fused
        || neuron_supported(device, info, ops, [&](ggml_context * ctx, neuron_place & at, const neuron_counted & what) {
               at.sums = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, int64_t(info.neurons()));
               at.histogram = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, info.width, llama_neurons_bins);
               at.edges = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, 1, 1, llama_neurons_bins);
               return neuron_add_values(ctx, at, info, what);
           });
}
