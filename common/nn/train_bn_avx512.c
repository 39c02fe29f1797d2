/* train_bn_avx512.c - batch norm's plane loops, blocks of 16 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "common/nn/train_bn.h"

#define B 16
typedef __m512 vec;

static inline vec vload(const float *p)
{
	return _mm512_loadu_ps(p);
}

static inline void vstore(float *p, vec v)
{
	_mm512_storeu_ps(p, v);
}

static inline vec vload_bf16(const uint16_t *p)
{
	__m512i u = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));

	return _mm512_castsi512_ps(_mm512_slli_epi32(u, 16));
}

/* As bf16_of; AVX512_BF16's own instruction makes subnormals zero, and not every machine has it. */
static inline void vstore_bf16(uint16_t *p, vec v)
{
	__m512i u = _mm512_castps_si512(v), half = _mm512_srli_epi32(u, 16);
	__m512i odd = _mm512_and_si512(half, _mm512_set1_epi32(1));
	__m512i up = _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(u, odd), _mm512_set1_epi32(0x7fff)), 16);
	__mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);

	up = _mm512_mask_or_epi32(up, nan, half, _mm512_set1_epi32(0x40));
	_mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(up));
}

static inline vec vset1(float f)
{
	return _mm512_set1_ps(f);
}

static inline vec vpick(vec v, vec a, vec b)
{
	return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), b, a);
}

#define ELEM float
#define NAME(x) x##_f32
#define VLOAD vload
#define VSTORE vstore
#define BN_PLANES bn_planes_avx512
#include "common/nn/train_bn_simd.h"
#define ELEM uint16_t
#define NAME(x) x##_bf16
#define VLOAD vload_bf16
#define VSTORE vstore_bf16
#define BN_PLANES bn_planes_avx512_bf16
#include "common/nn/train_bn_simd.h"
#endif
