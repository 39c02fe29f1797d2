/* vec_avx2.h - eight f32 lanes, the vocabulary of simd_*.h on AVX2 + FMA */
#ifndef FRL_VEC_AVX2_H
#define FRL_VEC_AVX2_H

#include <immintrin.h>

#define B 8
#define NB_MAX 2 /* a register tile: blocks of output channels .. */
#define NP1 12	 /* .. and pixels, for 1 and 2 blocks: 12 sums, 2 weights, 1 input of 16 registers */
#define NP2 6
typedef __m256 vec;

static inline vec vload(const float *p)
{
	return _mm256_load_ps(p);
}
static inline void vstore(float *p, vec v)
{
	_mm256_store_ps(p, v);
}
static inline vec vset1(float f)
{
	return _mm256_set1_ps(f);
}
static inline vec vzero(void)
{
	return _mm256_setzero_ps();
}
static inline vec vfma(vec a, vec b, vec c)
{
	return _mm256_fmadd_ps(a, b, c);
}
static inline vec vmax(vec a, vec b)
{
	return _mm256_max_ps(a, b);
}

static inline vec vbf16_round(vec v)
{
	__m256i u = _mm256_castps_si256(v);
	__m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
	__m256i r = _mm256_add_epi32(u, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));

	r = _mm256_and_si256(r, _mm256_set1_epi32((int)0xffff0000));
	return _mm256_blendv_ps(_mm256_castsi256_ps(r), v, _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
}

/* 8 bytes at p as f32 */
static inline vec vload_u8(const uint8_t *p)
{
	return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

#endif
