/* dot.c - see dot.h */
#include "common/metrics/dot.h"

#include "common/metrics/dot_lanes.h"

typedef double dot_fn(const float *a, const float *b, size_t n);

static double dot_f32_any(const float *a, const float *b, size_t n)
{
	return dot_lanes(a, b, n);
}

static dot_fn *choose(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		return dot_f32_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return dot_f32_avx2;
#endif
	return dot_f32_any;
}

double dot_f32(const float *a, const float *b, size_t n)
{
	static dot_fn *_Atomic chosen;
	dot_fn *fn = chosen;

	/* Threads that come here together choose the same. */
	if (!fn)
		chosen = fn = choose();
	return fn(a, b, n);
}
