/* vec_avx512.h - sixteen f32 lanes, the vocabulary of simd_*.h on AVX-512 */
#ifndef FRL_VEC_AVX512_H
#define FRL_VEC_AVX512_H

#include <immintrin.h>

#define B 16
#define NB_MAX 3 /* a register tile: blocks of output channels .. */
#define NP1 14	 /* .. and pixels, for 1, 2 and 3 blocks: at most 28 sums, 3 weights, 1 input of 32 registers */
#define NP2 14
#define NP3 9
typedef __m512 vec;

static inline vec vload(const float *p)
{
	return _mm512_load_ps(p);
}
static inline void vstore(float *p, vec v)
{
	_mm512_store_ps(p, v);
}
static inline vec vset1(float f)
{
	return _mm512_set1_ps(f);
}
static inline vec vzero(void)
{
	return _mm512_setzero_ps();
}
static inline vec vfma(vec a, vec b, vec c)
{
	return _mm512_fmadd_ps(a, b, c);
}
static inline vec vmax(vec a, vec b)
{
	return _mm512_max_ps(a, b);
}

static inline vec vbf16_round(vec v)
{
	__m512i u = _mm512_castps_si512(v);
	__m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
	__m512i r = _mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));

	r = _mm512_and_si512(r, _mm512_set1_epi32((int)0xffff0000));
	return _mm512_mask_mov_ps(_mm512_castsi512_ps(r), _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q), v);
}

/* 16 bytes at p as f32 */
static inline vec vload_u8(const uint8_t *p)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

#endif
