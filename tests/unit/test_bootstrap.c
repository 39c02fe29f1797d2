/* Resampling: draws that anyone can repeat, quantiles as NumPy's, intervals that cover what they should. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/metrics/bootstrap.h"
#include "common/rng.h"

static void test_draw(void **state)
{
	uint32_t a[100], b[100], other[100], sum = 0;

	(void)state;
	bootstrap_draw(7, 3, 100, a);
	bootstrap_draw(7, 3, 100, b);
	bootstrap_draw(7, 4, 100, other);
	assert_memory_equal(a, b, sizeof a);
	assert_memory_not_equal(a, other, sizeof a);
	for (int i = 0; i < 100; i++)
		sum += a[i];
	assert_int_equal(sum, 100);
	bootstrap_draw(7, 3, 1, a);
	assert_int_equal(a[0], 1);
}

/* numpy.quantile([1, 2, 3, 10], [0, .025, .5, .975, 1]) */
static void test_quantile(void **state)
{
	static const double v[] = { 1, 2, 3, 10 };

	(void)state;
	assert_true(bootstrap_quantile(v, 4, 0) == 1 && bootstrap_quantile(v, 4, 1) == 10);
	assert_true(fabs(bootstrap_quantile(v, 4, .025) - 1.075) < 1e-12);
	assert_true(bootstrap_quantile(v, 4, .5) == 2.5);
	assert_true(fabs(bootstrap_quantile(v, 4, .975) - 9.475) < 1e-12);
	assert_true(bootstrap_quantile(v, 1, .3) == 1);
	assert_true(isnan(bootstrap_quantile(v, 0, .5)));
}

static void test_interval_leaves_nan_out(void **state)
{
	double v[] = { NAN, 3, 1, NAN, 2, 10 }, none[] = { NAN, NAN }, low, high;

	(void)state;
	bootstrap_interval(v, 6, .95, &low, &high);
	assert_true(fabs(low - 1.075) < 1e-12 && fabs(high - 9.475) < 1e-12);
	bootstrap_interval(none, 2, .95, &low, &high);
	assert_true(isnan(low) && isnan(high));
}

/* 300 samples of 50 normals: the 90 % interval of the mean holds 0 about 270 times (standard deviation 5.2). */
static void test_coverage(void **state)
{
	enum { N = 50, R = 200, TRIALS = 300 };
	int covered = 0;

	(void)state;
	for (int trial = 0; trial < TRIALS; trial++) {
		double x[N], mean[R], low, high;
		uint32_t times[N];
		struct rng rng;

		rng_init(&rng, 99, 0, (uint64_t)trial, 0);
		for (int i = 0; i < N; i++)
			x[i] = rng_normal(&rng);
		for (uint32_t r = 0; r < R; r++) {
			bootstrap_draw((uint64_t)trial, r, N, times);
			mean[r] = 0;
			for (int i = 0; i < N; i++)
				mean[r] += times[i] * x[i] / N;
		}
		bootstrap_interval(mean, R, .9, &low, &high);
		covered += low <= 0 && 0 <= high;
	}
	assert_in_range(covered, 245, 290);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_quantile),
		cmocka_unit_test(test_interval_leaves_nan_out),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
