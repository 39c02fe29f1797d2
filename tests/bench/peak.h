/* peak.h - what this processor's multiply-add units can do, measured on one core: for benchmarks */
#ifndef FRL_TESTS_BENCH_PEAK_H
#define FRL_TESTS_BENCH_PEAK_H

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/nn/kern/kern.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Processor seconds of this thread. */
static inline double peak_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
/* GFLOP/s of 12 independent chains of the widest multiply-add; 12 cover latency 4 at 2 a cycle. */
#define PEAK(name, isa, vec, set1, step, flops) \
	__attribute__((target(isa))) static double name(void) \
	{ \
		vec a[12], b = set1(1e-9f), c = set1(.5f); \
		double t = peak_now(); \
		long n = 4000000; \
\
		_Pragma("GCC unroll 12") for (int j = 0; j < 12; j++) a[j] = set1((float)j); \
		for (long i = 0; i < n; i++) { \
			_Pragma("GCC unroll 12") for (int j = 0; j < 12; j++) a[j] = step(a[j], b, c); \
			__asm__ volatile(""); \
		} \
		_Pragma("GCC unroll 12") for (int j = 0; j < 12; j++) __asm__ volatile("" : : "x"(a[j])); \
		return (double)n * 12 * flops / (peak_now() - t) * 1e-9; \
	}
#define FMA256(a, b, c) _mm256_fmadd_ps(b, c, a)
#define FMA512(a, b, c) _mm512_fmadd_ps(b, c, a)
#define DP512(a, b, c) _mm512_dpbf16_ps(a, (__m512bh)b, (__m512bh)c)
PEAK(peak_avx2, "avx2,fma", __m256, _mm256_set1_ps, FMA256, 16)
PEAK(peak_avx512, "avx512f", __m512, _mm512_set1_ps, FMA512, 32)
PEAK(peak_bf16, "avx512f,avx512bf16", __m512, _mm512_set1_ps, DP512, 64)
#endif

/* GFLOP/s of a set of kernels in f32, or in bf16 where it is fast; 0 where it is not known. */
static double peak_gflops(const struct kern *k, bool bf16)
{
#if defined(__x86_64__)
	if (bf16 && k->fast_bf16)
		return peak_bf16();
	return k->block == 16 ? peak_avx512() : strcmp(k->name, "avx2") ? 0 : peak_avx2();
#else
	return 0;
#endif
}

#endif
