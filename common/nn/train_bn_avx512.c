/* train_bn_avx512.c - batch norm's plane loops, blocks of 16 */
#if defined(__x86_64__)
#include <immintrin.h>

#define B 16
#define BN_PLANES bn_planes_avx512
typedef __m512 vec;

static inline vec vload(const float *p)
{
	return _mm512_loadu_ps(p);
}

static inline void vstore(float *p, vec v)
{
	_mm512_storeu_ps(p, v);
}

static inline vec vset1(float f)
{
	return _mm512_set1_ps(f);
}

static inline vec vpick(vec v, vec a, vec b)
{
	return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ), b, a);
}

#include "common/nn/train_bn_simd.h"
#endif
