#pragma once

// Blocks of ggml's formats as its files hold them, read with AVX2 and F16C.

#include "products.h"

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace products {

namespace {

inline float half(const void * at) {
    uint16_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

inline __m256i bytes_at(const void * at) {
    return _mm256_loadu_si256(static_cast<const __m256i *>(at));
}

// `bits` bits of each byte, from the one numbered `from` on.
inline __m256i bits_of(__m256i bytes, int from, int bits) {
    return _mm256_and_si256(_mm256_srli_epi16(bytes, from), _mm256_set1_epi8(char((1 << bits) - 1)));
}

// The first 16 values are in the lower halves of bytes, the others in the upper ones.
inline __m256i nibbles(const char * at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
    return bits_of(both, 0, 4);
}

// Fifth bits of 32 values, as bytes of 16.
inline __m256i fifth_bits(const char * at) {
    int32_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit_of = _mm256_set1_epi64x(int64_t(0x8040201008040201));
    const __m256i chosen = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of), bit_of);
    return _mm256_and_si256(_mm256_cmpeq_epi8(chosen, bit_of), _mm256_set1_epi8(16));
}

struct Unpacked {
    __m256i quants;
    float scale;
    float minimum;
};

// A block as the file holds it: halves of the scale, and of the minimum where the format has one, then the values.
inline Unpacked unpack(Format format, const char * block) {
    switch (format) {
        case Format::q8_0: return { bytes_at(block + 2), half(block), 0.0f };
        case Format::q5_0:
            return { _mm256_sub_epi8(_mm256_or_si256(nibbles(block + 6), fifth_bits(block + 2)), _mm256_set1_epi8(16)),
                     half(block), 0.0f };
        case Format::q4_0: return { _mm256_sub_epi8(nibbles(block + 2), _mm256_set1_epi8(8)), half(block), 0.0f };
        case Format::q5_1:
            return { _mm256_or_si256(nibbles(block + 8), fifth_bits(block + 4)), half(block), half(block + 2) };
        case Format::q4_1:
        default: return { nibbles(block + 4), half(block), half(block + 2) };
    }
}

// Of a format of 256 values, the scale and the minimum of 32 of them, which have 6 bits each.
struct SixBitScale {
    int scale;
    int minimum;
};

// The one numbered `i` of eight in 12 bytes: of the last four, two bits are with the first four.
inline SixBitScale six_bit_scale_at(const uint8_t * packed, int i) {
    const int low = i % 4;
    return i < 4 ? SixBitScale{ packed[low] & 63, packed[4 + low] & 63 }
                 : SixBitScale{ (packed[8 + low] & 15) | (packed[low] >> 6 << 4),
                                packed[8 + low] >> 4 | (packed[4 + low] >> 6 << 4) };
}

// 256 values in Q6_K: 4 lower bits of each, 2 upper ones, 16 scales of 8 bits, a half of their scale.
constexpr int six_bit_scales = 192;
constexpr int six_bit_scale = 208;

// Values [32 g, 32 g + 32) of it, with 32 added.
inline __m256i six_bits(const char * block, int g) {
    const __m256i lower = bits_of(bytes_at(block + g / 4 * 64 + g % 2 * 32), g % 4 / 2 * 4, 4);
    const __m256i upper = bits_of(bytes_at(block + 128 + g / 4 * 32), g % 4 * 2, 2);
    return _mm256_or_si256(lower, _mm256_slli_epi16(upper, 4));
}

} // namespace

} // namespace products
