/* Verification: sorting, ties, nothing at all, and sums in a fixed order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/metrics/dot.h"
#include "common/metrics/dot_lanes.h"
#include "common/metrics/roc.h"
#include "common/rng.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Many values, negative, tiny, huge and equal ones: as qsort has it. */
static void test_sort(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 4095, 4096, 30000 };
	struct rng r;

	(void)state;
	rng_init(&r, 5, 0, 0, 0);
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		size_t n = sizes[k];
		double *a = calloc(n + 1, sizeof *a), *b = calloc(n + 1, sizeof *b);

		for (size_t i = 0; i < n; i++)
			a[i] = b[i] = i % 7 == 0 ? floor(10 * rng_f64(&r)) - 5
						 : ldexp(rng_normal(&r), (int)rng_below(&r, 200) - 100);
		roc_sort(a, n);
		if (n)
			qsort(b, n, sizeof *b, by_value);
		assert_memory_equal(a, b, n * sizeof *a);
		free(a);
		free(b);
	}
}

/* One step for equal scores: genuine .5 .5 .9, impostor .1 .5 .5 .7. */
static void test_ties(void **state)
{
	static const double genuine[] = { .5, .5, .9 }, impostor[] = { .1, .5, .5, .7 };
	static const double far[] = { 0, .1, .25, .3, .5, .6, 1 };
	/* The curve: (0, 0) (0, 1/3) (1/4, 1/3) (3/4, 1) (1, 1). */
	static const double near[] = { 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1, 1, 1 };
	static const double at_most[] = { 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1. / 3, 1 };
	const struct scores s = { genuine, impostor, 3, 4 };
	double tar[7], eer;
	size_t right;

	(void)state;
	roc_tar(&s, far, 7, ROC_NEAREST, tar);
	for (int i = 0; i < 7; i++)
		assert_true(tar[i] == near[i]);
	roc_tar(&s, far, 7, ROC_AT_MOST, tar);
	for (int i = 0; i < 7; i++)
		assert_true(tar[i] == at_most[i]);
	assert_true(roc_fmr(&s, .5) == .75 && roc_fmr(&s, .6) == .25 && roc_fmr(&s, 2) == 0);
	assert_true(roc_fnmr(&s, .5) == 0 && roc_fnmr(&s, .6) == 2. / 3);
	/* Pairs above: .9 beats 4, each .5 beats one and ties with two: (4 + 2 + 2) / 12. */
	assert_true(fabs(roc_auc(&s) - 8. / 12) < 1e-15);
	/* |FMR - FNMR| is least at .7 (1/4 and 2/3); half way to .5. */
	assert_true(fabs(roc_eer(&s, &eer) - .6) < 1e-15);
	assert_true(fabs(eer - (.25 + 2. / 3) / 2) < 1e-15);
	/* Right: none accepted 4, from .9 on 5, .7 4, .5 4, .1 3. */
	assert_true(roc_best_threshold(&s, &right) == .9);
	assert_int_equal(right, 5);
}

static void test_separable_and_reversed(void **state)
{
	static const double low[] = { .1, .2 }, high[] = { .8, .9 };
	const struct scores good = { high, low, 2, 2 }, bad = { low, high, 2, 2 };
	static const double far[] = { 1e-6 };
	double tar, eer;
	size_t right;

	(void)state;
	assert_true(roc_auc(&good) == 1 && roc_auc(&bad) == 0);
	roc_tar(&good, far, 1, ROC_NEAREST, &tar);
	assert_true(tar == 1);
	roc_tar(&bad, far, 1, ROC_NEAREST, &tar);
	assert_true(tar == 0);
	assert_true(roc_eer(&good, &eer) == .5 && eer == 0);
	roc_eer(&bad, &eer);
	assert_true(eer == 1);
	roc_best_threshold(&good, &right);
	assert_int_equal(right, 4);
}

static void test_nothing(void **state)
{
	static const double one[] = { .5 };
	const struct scores none[] = { { one, one, 0, 0 }, { one, one, 1, 0 }, { one, one, 0, 1 } };
	static const double far[] = { .1 };
	double tar, eer;

	(void)state;
	for (int i = 0; i < 3; i++) {
		roc_tar(&none[i], far, 1, ROC_NEAREST, &tar);
		assert_true(isnan(tar) && isnan(roc_auc(&none[i])));
		assert_true(isnan(roc_eer(&none[i], &eer)) && isnan(eer));
	}
	assert_true(isnan(roc_fmr(&none[1], 0)) && isnan(roc_fnmr(&none[2], 0)));
}

static void test_dot(void **state)
{
	float a[100], b[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		a[i] = (float)(i - 50);
		b[i] = (float)(i % 9);
	}
	for (size_t n = 0; n <= 100; n++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += (double)a[i] * (double)b[i];
		assert_true(dot_f32(a, b, n) == sum); /* whole numbers: exact in any order */
	}
}

/* Every instruction set that this processor has gives the same bits. */
static void test_dot_same_bits(void **state)
{
	float a[777], b[777];
	struct rng r;

	(void)state;
	rng_init(&r, 6, 0, 0, 0);
	for (int i = 0; i < 777; i++) {
		a[i] = (float)rng_normal(&r);
		b[i] = (float)rng_normal(&r);
	}
	for (size_t n = 0; n <= 777; n += 37) {
		double plain = dot_lanes(a, b, n), got = dot_f32(a, b, n);

		assert_memory_equal(&plain, &got, sizeof got);
#if defined(__x86_64__)
		if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
			got = dot_f32_avx2(a, b, n);
			assert_memory_equal(&plain, &got, sizeof got);
		}
		if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
			got = dot_f32_avx512(a, b, n);
			assert_memory_equal(&plain, &got, sizeof got);
		}
#endif
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_separable_and_reversed),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_dot),
		cmocka_unit_test(test_dot_same_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
