/* test_order.c - the order of an epoch: a permutation for every n, and a random one */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/data/order.h"
#include "common/err.h"

static void bijective(uint64_t n, uint64_t seed, uint32_t epoch)
{
	uint8_t *seen = xcalloc(n, 1);
	struct order o;

	order_init(&o, n, seed, epoch);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = order_at(&o, i);
		if (at >= n || seen[at]++)
			fail_msg("%llu of %llu: %llu again or too large", (unsigned long long)i, (unsigned long long)n,
				 (unsigned long long)at);
	}
	free(seen);
}

/* Of n up to 5000, the exhaustive run (FRL_SLOW) takes all; CI all up to 300, and those about powers of four. */
static void every_sample_once(void **state)
{
	static const uint64_t large[] = { 4999, 5000, 16383, 16384, 16385, 65535, 65537, 100003, 262145 };

	(void)state;
	for (uint64_t n = 1; n <= 5000; n += n < 300 || getenv("FRL_SLOW") ? 1 : 61)
		bijective(n, 31 + n, (uint32_t)n);
	for (uint64_t p = 256; p <= 4096; p *= 4)
		for (uint64_t n = p - 2; n <= p + 2; n++)
			bijective(n, n, 3);
	for (size_t i = 0; i < sizeof large / sizeof *large; i++)
		bijective(large[i], 5, 0);
}

/* Where a whole epoch would not fit: nothing is out of range, and what is looked at is all different. */
static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void huge(void **state)
{
	static const uint64_t sizes[] = { 3400000, (uint64_t)1 << 32, ((uint64_t)1 << 40) + 1, (uint64_t)1 << 62 };
	enum { LOOKS = 20000 };
	uint64_t *got = xcalloc(LOOKS, sizeof *got);

	(void)state;
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		struct order o;
		order_init(&o, sizes[k], 1, 7);
		for (uint64_t i = 0; i < LOOKS; i++) {
			got[i] = order_at(&o, i % 2 ? sizes[k] - i : i);
			assert_true(got[i] < sizes[k]);
		}
		qsort(got, LOOKS, sizeof *got, compare);
		for (size_t i = 1; i < LOOKS; i++)
			assert_true(got[i] != got[i - 1]);
	}
	free(got);
}

/* The upper 1e-5 quantile of chi-square (Wilson and Hilferty 1931). */
static double chi_limit(int freedom)
{
	double k = freedom, t = 1 - 2 / (9 * k) + 4.265 * sqrt(2 / (9 * k));
	return k * t * t * t;
}

static void check_uniform(const char *what, uint64_t n, const int *count, int cells, double expected)
{
	double chi = 0;

	for (int i = 0; i < cells; i++)
		chi += (count[i] - expected) * (count[i] - expected) / expected;
	if (chi > chi_limit(cells - 1))
		fail_msg("%s of %llu: chi-square %g of %d cells", what, (unsigned long long)n, chi, cells);
}

/* The position of a sample over epochs and over seeds. */
static void positions(void **state)
{
	static const uint64_t sizes[] = { 2, 3, 4, 5, 7, 16, 17, 50 };
	enum { DRAWS = 20000 };

	(void)state;
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
		for (uint64_t at = 0; at < sizes[k]; at += sizes[k] / 2 + 1) {
			int epochs[50] = { 0 }, seeds[50] = { 0 };
			struct order o;
			for (uint32_t i = 0; i < DRAWS; i++) {
				order_init(&o, sizes[k], 31, i);
				epochs[order_at(&o, at)]++;
				order_init(&o, sizes[k], i, 31);
				seeds[order_at(&o, at)]++;
			}
			check_uniform("epochs", sizes[k], epochs, (int)sizes[k], DRAWS / (double)sizes[k]);
			check_uniform("seeds", sizes[k], seeds, (int)sizes[k], DRAWS / (double)sizes[k]);
		}
}

/* All orders of four samples, each as often as the others. */
static void whole_orders(void **state)
{
	enum { DRAWS = 48000 };
	int count[256] = { 0 }, found[24], n = 0;

	(void)state;
	for (uint32_t i = 0; i < DRAWS; i++) {
		struct order o;
		unsigned code = 0;
		order_init(&o, 4, 77, i);
		for (uint64_t k = 0; k < 4; k++)
			code = code << 2 | (unsigned)order_at(&o, k);
		count[code]++;
	}
	for (int i = 0; i < 256; i++)
		if (count[i]) {
			assert_true(n < 24);
			found[n++] = count[i];
		}
	assert_int_equal(n, 24);
	check_uniform("orders", 4, found, 24, DRAWS / 24.);
}

/* Samples that follow each other: the distance, modulo n, from one to the next, within one epoch of many samples. */
static void neighbours(void **state)
{
	enum { N = 100000, CELLS = 50 };
	int count[CELLS] = { 0 }, again = 0;
	struct order o, next;

	(void)state;
	order_init(&o, N, 3, 0);
	order_init(&next, N, 3, 1);
	for (uint64_t i = 0; i + 1 < N; i++) {
		uint64_t step = (order_at(&o, i + 1) + N - order_at(&o, i)) % N;
		count[step * CELLS / N]++;
		again += order_at(&o, i) == order_at(&next, i);
	}
	check_uniform("steps", N, count, CELLS, (double)(N - 1) / CELLS);
	assert_in_range(again, 0, 8); /* a fixed point is expected once */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_once), cmocka_unit_test(huge),	   cmocka_unit_test(positions),
		cmocka_unit_test(whole_orders),	     cmocka_unit_test(neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
