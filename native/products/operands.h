#pragma once

// What kernels multiply, in vectors of the processor that they are compiled for: words of a float each, or of two BF16.

#include "products.h"

#include <cstring>

#ifdef __AVX512F__
#include <immintrin.h>
#endif
#ifdef __AVX512BF16__
#include "blocks.h"
#endif

namespace products {

namespace {

// A vector register, and how many tokens fill the others with sums where each token has two.
#if defined(__AVX512F__)
constexpr int lanes = 16;
constexpr int most_tokens = 12;
#elif defined(__AVX2__)
constexpr int lanes = 8;
constexpr int most_tokens = 6;
#else
constexpr int lanes = 4;
constexpr int most_tokens = 12;
#endif
typedef float Vector __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));

constexpr int columns = 2 * lanes; // of a strip: the rows of the matrix whose sums are in registers

inline int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

struct F32 {
    static constexpr int values = 1; // a word
    // Whether it makes words of `k` values of a row itself, without floats in memory.
    static bool round_blocks(const Matrix &, const char *, uint32_t *, int64_t) { return false; }
    static void round(const float * floats, uint32_t * words, int64_t k) {
        std::memcpy(words, floats, size_t(k) * sizeof(float));
    }
    static Vector add(Vector sum, const uint32_t * w, uint32_t x) {
        float factor;
        std::memcpy(&factor, &x, sizeof(factor));
        return sum + *reinterpret_cast<const Vector *>(w) * factor;
    }
};

#ifdef __AVX512BF16__
// Rounds to the nearest BF16, and to the even one of two.
inline uint32_t rounded(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return value != value ? (bits >> 16) | 0x40 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

// 16 bytes with a sign.
inline __m512 floats_of(__m128i bytes) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
}

inline void put_rounded(uint32_t * words, __m512 first, __m512 second) {
    _mm512_storeu_si512(words, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

inline void round_block_32(Format format, const char * data, uint32_t * words) {
    const Unpacked block = unpack(format, data);
    const __m512 scale = _mm512_set1_ps(block.scale), minimum = _mm512_set1_ps(block.minimum);
    put_rounded(
        words, _mm512_fmadd_ps(floats_of(_mm256_castsi256_si128(block.quants)), scale, minimum),
        _mm512_fmadd_ps(floats_of(_mm256_extracti128_si256(block.quants, 1)), scale, minimum)
    );
}

inline void round_six_bits(const char * data, uint32_t * words) {
    const float scale = half(data + six_bit_scale);
    const auto * scales = reinterpret_cast<const int8_t *>(data + six_bit_scales);
    for (int g = 0; g < 8; ++g) {
        const __m256i quants = _mm256_sub_epi8(six_bits(data, g), _mm256_set1_epi8(32));
        put_rounded(
            words + 16 * g, floats_of(_mm256_castsi256_si128(quants)) * (scale * float(scales[2 * g])),
            floats_of(_mm256_extracti128_si256(quants, 1)) * (scale * float(scales[2 * g + 1]))
        );
    }
}

struct Bf16 {
    static constexpr int values = 2;
    // Formats that ggml dequantizes value by value, which takes longer than to multiply them.
    static bool round_blocks(const Matrix & w, const char * data, uint32_t * words, int64_t k) {
        switch (w.format) {
            case Format::other:
            case Format::q4_0:
            case Format::q4_k:
            case Format::q5_k: return false;
            default: break;
        }
        for (int64_t i = 0; i < k; i += w.block_values, data += w.block_bytes) {
            if (w.format == Format::q6_k) {
                round_six_bits(data, words + i / 2);
            } else {
                round_block_32(w.format, data, words + i / 2);
            }
        }
        return true;
    }
    static void round(const float * floats, uint32_t * words, int64_t k) {
        int64_t i = 0;
        for (; i + 2 * lanes <= k; i += 2 * lanes) {
            const __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(floats + i + lanes), _mm512_loadu_ps(floats + i));
            _mm512_storeu_si512(words + i / 2, (__m512i)pair);
        }
        for (; i < k; i += 2) {
            words[i / 2] = rounded(floats[i]) | (i + 1 < k ? rounded(floats[i + 1]) << 16 : 0);
        }
    }
    static Vector add(Vector sum, const uint32_t * w, uint32_t x) {
        const __m512i a = _mm512_loadu_si512(w);
        const __m512i b = _mm512_set1_epi32(int(x));
        return Vector(_mm512_dpbf16_ps(__m512(sum), (__m512bh)a, (__m512bh)b));
    }
};
#endif

} // namespace

} // namespace products
