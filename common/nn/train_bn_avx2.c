/* train_bn_avx2.c - batch norm's plane loops, blocks of 8 */
#if defined(__x86_64__)
#include <immintrin.h>

#define B 8
#define BN_PLANES bn_planes_avx2
typedef __m256 vec;

static inline vec vload(const float *p)
{
	return _mm256_loadu_ps(p);
}

static inline void vstore(float *p, vec v)
{
	_mm256_storeu_ps(p, v);
}

static inline vec vset1(float f)
{
	return _mm256_set1_ps(f);
}

static inline vec vpick(vec v, vec a, vec b)
{
	return _mm256_blendv_ps(b, a, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ));
}

#include "common/nn/train_bn_simd.h"
#endif
