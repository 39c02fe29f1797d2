/* planes_avx512.c - see planes_loops.h */
#if defined(__x86_64__)
#include <stdint.h>

#include <immintrin.h>

typedef int32_t ints __attribute__((vector_size(64)));
typedef float floats __attribute__((vector_size(64)));
#define LANES 16

static inline ints all(int x)
{
	return (ints)_mm512_set1_epi32(x);
}

static inline floats all_floats(float x)
{
	return (floats)_mm512_set1_ps(x);
}

static inline ints larger(ints a, ints b)
{
	return (ints)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

static inline ints smaller(ints a, ints b)
{
	return (ints)_mm512_min_epi32((__m512i)a, (__m512i)b);
}

static inline ints load_bytes(const uint8_t *p)
{
	return (ints)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p));
}

static inline void store_bytes(uint8_t *p, ints v)
{
	v = larger(v, all(0));
	_mm_storeu_si128((__m128i *)p, _mm512_cvtusepi32_epi8((__m512i)v));
}

static inline floats to_floats(ints v)
{
	return (floats)_mm512_cvtepi32_ps((__m512i)v);
}

static inline ints to_ints(floats v)
{
	return (ints)_mm512_cvttps_epi32((__m512)v);
}

/* The quotient, and what it leaves (exact), which rounds it right: for all that is divided so (test_planes). */
static inline floats divide(floats x, float by, float inverse)
{
	__m512 q = _mm512_mul_ps((__m512)x, _mm512_set1_ps(inverse));
	__m512 rest = _mm512_fnmadd_ps(q, _mm512_set1_ps(by), (__m512)x);
	return (floats)_mm512_fmadd_ps(rest, _mm512_set1_ps(inverse), q);
}

#define PLANES_OPS planes_avx512
#define PLANES_NAME "avx512"
#include "common/data/planes_loops.h"
#endif
