/* planes_avx2.c - see planes_loops.h */
#if defined(__x86_64__)
#include <stdint.h>

#include <immintrin.h>

typedef int32_t ints __attribute__((vector_size(32)));
typedef float floats __attribute__((vector_size(32)));
#define LANES 8

static inline ints all(int x)
{
	return (ints)_mm256_set1_epi32(x);
}

static inline floats all_floats(float x)
{
	return (floats)_mm256_set1_ps(x);
}

static inline ints larger(ints a, ints b)
{
	return (ints)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

static inline ints smaller(ints a, ints b)
{
	return (ints)_mm256_min_epi32((__m256i)a, (__m256i)b);
}

static inline ints load_bytes(const uint8_t *p)
{
	return (ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
}

static inline void store_bytes(uint8_t *p, ints v)
{
	__m256i w = (__m256i)v;
	__m128i half = _mm_packs_epi32(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1));
	_mm_storel_epi64((__m128i *)p, _mm_packus_epi16(half, half));
}

static inline floats to_floats(ints v)
{
	return (floats)_mm256_cvtepi32_ps((__m256i)v);
}

static inline ints to_ints(floats v)
{
	return (ints)_mm256_cvttps_epi32((__m256)v);
}

/* The quotient, and what it leaves (exact), which rounds it right: for all that is divided so (test_planes). */
static inline floats divide(floats x, float by, float inverse)
{
	__m256 q = _mm256_mul_ps((__m256)x, _mm256_set1_ps(inverse));
	__m256 rest = _mm256_fnmadd_ps(q, _mm256_set1_ps(by), (__m256)x);
	return (floats)_mm256_fmadd_ps(rest, _mm256_set1_ps(inverse), q);
}

#define PLANES_OPS planes_avx2
#define PLANES_NAME "avx2"
#include "common/data/planes_loops.h"
#endif
