#pragma once

// Exponentials in vectors of AVX-512.

#include <immintrin.h>

#include <initializer_list>

namespace products {

namespace {

constexpr float powers_of_two = 1.44269504f; // in e

// 2^x of less than 2^127, to 3e-6 of it, which is a 700th of what rounding to BF16 changes; 0 below 2^-125.
inline __m512 power_of_two(__m512 x) {
    const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-125), _CMP_NLT_UQ); // NaN stays NaN
    const __m512 shifter = _mm512_set1_ps(0x1.8p23f); // beside it, the last bits of a float are an integer's
    const __m512 shifted = _mm512_add_ps(x, shifter);
    const __m512 rest = _mm512_sub_ps(x, _mm512_sub_ps(shifted, shifter));
    // the polynomial of the least largest error for a rest of at most a half
    __m512 power = _mm512_set1_ps(9.58285294e-3f);
    for (const float factor : { 5.59064262e-2f, 2.40240991e-1f, 6.93124175e-1f, 1.0f }) {
        power = _mm512_fmadd_ps(power, rest, _mm512_set1_ps(factor));
    }
    const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_castsi512_ps(_mm512_maskz_add_epi32(counts, _mm512_castps_si512(power), exponent));
}

} // namespace

} // namespace products
