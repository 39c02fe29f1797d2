/* train_bn_avx2.c - batch norm's plane loops, blocks of 8 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "common/nn/train_bn.h"

#define B 8
typedef __m256 vec;

static inline vec vload(const float *p)
{
	return _mm256_loadu_ps(p);
}

static inline void vstore(float *p, vec v)
{
	_mm256_storeu_ps(p, v);
}

static inline vec vload_bf16(const uint16_t *p)
{
	__m256i u = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));

	return _mm256_castsi256_ps(_mm256_slli_epi32(u, 16));
}

/* As bf16_of. */
static inline void vstore_bf16(uint16_t *p, vec v)
{
	__m256i u = _mm256_castps_si256(v), half = _mm256_srli_epi32(u, 16);
	__m256i odd = _mm256_and_si256(half, _mm256_set1_epi32(1));
	__m256i up = _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(u, odd), _mm256_set1_epi32(0x7fff)), 16);
	__m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
	__m256i r = _mm256_blendv_epi8(up, _mm256_or_si256(half, _mm256_set1_epi32(0x40)), nan);

	_mm_storeu_si128((__m128i *)p, _mm_packus_epi32(_mm256_castsi256_si128(r), _mm256_extracti128_si256(r, 1)));
}

static inline vec vset1(float f)
{
	return _mm256_set1_ps(f);
}

static inline vec vpick(vec v, vec a, vec b)
{
	return _mm256_blendv_ps(b, a, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ));
}

#define ELEM float
#define NAME(x) x##_f32
#define VLOAD vload
#define VSTORE vstore
#define BN_PLANES bn_planes_avx2
#include "common/nn/train_bn_simd.h"
#define ELEM uint16_t
#define NAME(x) x##_bf16
#define VLOAD vload_bf16
#define VSTORE vstore_bf16
#define BN_PLANES bn_planes_avx2_bf16
#include "common/nn/train_bn_simd.h"
#endif
