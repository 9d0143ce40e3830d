#pragma once

// Vectors of integers.cpp: of 512 bits where the processor has AVX-512 VNNI, else of 256 bits.

#include <immintrin.h>

#include <cstdint>

namespace products {

namespace {

#ifdef __AVX512VNNI__

using Floats = __m512;
using Integers = __m512i;
using Columns = __m256;   // a float of each of four vectors' halves
constexpr int halves = 2; // of 256 bits
constexpr int most_tokens = 4;

inline Integers zeros() {
    return _mm512_setzero_si512();
}

inline Integers load(const void * at) {
    return _mm512_loadu_si512(at);
}

// 32 bytes in each half.
inline Integers repeat(const void * at) {
    return _mm512_broadcast_i64x4(_mm256_loadu_si256(static_cast<const __m256i *>(at)));
}

// The same four bytes everywhere.
inline Integers spread(int32_t bytes) {
    return _mm512_set1_epi32(bytes);
}

// Products of unsigned and signed bytes, added up by two to 16 bits.
inline Integers by_two(Integers plain, Integers with_sign) {
    return _mm512_maddubs_epi16(plain, with_sign);
}

inline Integers add_16(Integers a, Integers b) {
    return _mm512_add_epi16(a, b);
}

// sum + products of 16 bits, added up by two to 32 bits.
inline Integers add_by_two(Integers sum, Integers a, Integers b) {
    return _mm512_dpwssd_epi32(sum, a, b);
}

// Products of weights and a block's operands, added up by four: bytes, and at 32 bytes further what to begin with for
// weights with a sign, which have 128 added.
template <bool has_sign> Integers by_four(Integers weights, const uint32_t * operands) {
    return _mm512_dpbusd_epi32(has_sign ? repeat(operands + 8) : zeros(), weights, repeat(operands));
}

constexpr uint8_t added_to_signed = 128;

inline Floats floats_of(Integers values) {
    return _mm512_cvtepi32_ps(values);
}

inline Floats load_floats(const float * at) {
    return _mm512_loadu_ps(at);
}

inline Floats spread(float value) {
    return _mm512_set1_ps(value);
}

inline Floats multiply_add(Floats a, Floats b, Floats c) {
    return _mm512_fmadd_ps(a, b, c);
}

inline Columns load_columns(const float * at) {
    return _mm256_loadu_ps(at);
}

inline Columns spread_columns(float value) {
    return _mm256_set1_ps(value);
}

inline Columns multiply_add(Columns a, Columns b, Columns c) {
    return _mm256_fmadd_ps(a, b, c);
}

// Each half's eight lanes added up as ggml does it, of four vectors in turn.
inline Columns add_lanes(const Floats (&lanes)[4]) {
    __m512 four[4]; // of each half: lanes and those four further on
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        four[i] = _mm512_add_ps(_mm512_shuffle_f32x4(lanes[i], lanes[i], 0xb1), lanes[i]);
    }
    const __m512 a = _mm512_mask_blend_ps(0xf0f0, four[0], four[1]);
    const __m512 b = _mm512_mask_blend_ps(0xf0f0, four[2], four[3]);
    const __m512 two = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    const __m512 one = _mm512_add_ps(two, _mm512_permute_ps(two, 0x4e));
    const __m512i order = _mm512_setr_epi32(0, 8, 4, 12, 1, 9, 5, 13, 0, 0, 0, 0, 0, 0, 0, 0);
    return _mm512_castps512_ps256(_mm512_permutexvar_ps(order, one));
}

#else

using Floats = __m256;
using Integers = __m256i;
using Columns = __m128;
constexpr int halves = 1;
constexpr int most_tokens = 2; // half as many registers

inline Integers zeros() {
    return _mm256_setzero_si256();
}

inline Integers load(const void * at) {
    return _mm256_loadu_si256(static_cast<const __m256i *>(at));
}

inline Integers repeat(const void * at) {
    return load(at);
}

inline Integers spread(int32_t bytes) {
    return _mm256_set1_epi32(bytes);
}

inline Integers by_two(Integers plain, Integers with_sign) {
    return _mm256_maddubs_epi16(plain, with_sign);
}

inline Integers add_16(Integers a, Integers b) {
    return _mm256_add_epi16(a, b);
}

inline Integers add_by_two(Integers sum, Integers a, Integers b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

// Sums by two of bytes with 128 added would not fit 16 bits, so that the operands take the weights' signs.
template <bool has_sign> Integers by_four(Integers weights, const uint32_t * operands) {
    const Integers x = load(operands);
    const Integers sums =
        has_sign ? by_two(_mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights)) : by_two(weights, x);
    return _mm256_madd_epi16(sums, _mm256_set1_epi16(1));
}

constexpr uint8_t added_to_signed = 0;

inline Floats floats_of(Integers values) {
    return _mm256_cvtepi32_ps(values);
}

inline Floats load_floats(const float * at) {
    return _mm256_loadu_ps(at);
}

inline Floats spread(float value) {
    return _mm256_set1_ps(value);
}

inline Floats multiply_add(Floats a, Floats b, Floats c) {
    return _mm256_fmadd_ps(a, b, c);
}

inline Columns load_columns(const float * at) {
    return _mm_loadu_ps(at);
}

inline Columns spread_columns(float value) {
    return _mm_set1_ps(value);
}

inline Columns multiply_add(Columns a, Columns b, Columns c) {
    return _mm_fmadd_ps(a, b, c);
}

inline Columns add_lanes(const Floats (&lanes)[4]) {
    __m128 four[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        four[i] = _mm_add_ps(_mm256_extractf128_ps(lanes[i], 1), _mm256_castps256_ps128(lanes[i]));
    }
    const __m128 low = _mm_add_ps(_mm_movelh_ps(four[0], four[1]), _mm_movehl_ps(four[1], four[0]));
    const __m128 high = _mm_add_ps(_mm_movelh_ps(four[2], four[3]), _mm_movehl_ps(four[3], four[2]));
    return _mm_add_ps(_mm_shuffle_ps(low, high, 0x88), _mm_shuffle_ps(low, high, 0xdd));
}

#endif

} // namespace

} // namespace products
