/*
 * test_rng.c - Philox against Random123's known answers; the draws against their distributions
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "common/rng.h"

/* Random123 (Salmon et al.), tests/kat_vectors, the lines "philox4x32 10". */
static void known_answers(void **state)
{
	(void)state;
	static const struct {
		uint32_t counter[4], key[2], out[4];
	} kat[] = {
		{ { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
		  { 0xffffffff, 0xffffffff },
		  { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
		  { 0xa4093822, 0x299f31d0 },
		  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};
	for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
		uint32_t out[4];
		philox4x32(kat[i].counter, kat[i].key, out);
		assert_memory_equal(out, kat[i].out, sizeof out);
	}
}

/* What the header promises about the counter, since a GPU kernel must make the same draws. */
static void counter_layout(void **state)
{
	(void)state;
	struct rng r;
	uint32_t out[4];
	rng_init(&r, 0x1122334455667788, 0xabcde, 0x99aabbccddeeff00, 0x123);
	for (uint32_t block = 0; block < 3; block++) {
		const uint32_t counter[4] = { block, 0xabcde123, 0xddeeff00, 0x99aabbcc };
		const uint32_t key[2] = { 0x55667788, 0x11223344 };
		philox4x32(counter, key, out);
		for (int i = 0; i < 4; i++)
			assert_int_equal(rng_u32(&r), out[i]);
	}
	rng_init(&r, 0, 0, 0, 0);
	assert_true(rng_f32(&r) == (float)(0x6627e8d5 >> 8) / 16777216.0f);
	rng_init(&r, 0, 0, 0, 0);
	uint64_t bits = (uint64_t)(0x6627e8d5 >> 5) << 26 | 0xe169c58d >> 6;
	assert_true(rng_f64(&r) == (double)bits / 9007199254740992.0);
}

/* Neighbouring streams have nothing to do with each other. */
static void streams_differ(void **state)
{
	(void)state;
	struct rng a, b[4];
	rng_init(&a, 1, 2, 3, 4);
	rng_init(&b[0], 2, 2, 3, 4);
	rng_init(&b[1], 1, 3, 3, 4);
	rng_init(&b[2], 1, 2, 4, 4);
	rng_init(&b[3], 1, 2, 3, 5);
	for (int i = 0; i < 16; i++) {
		uint32_t v = rng_u32(&a);
		for (int j = 0; j < 4; j++)
			assert_int_not_equal(v, rng_u32(&b[j]));
	}
}

/* chi-square of n bins, normalised: (X - dof) / sqrt(2 dof) is about normal. */
static double chi_square_z(const unsigned *count, unsigned bins, double draws)
{
	double expected = draws / bins, x = 0;
	for (unsigned i = 0; i < bins; i++)
		x += (count[i] - expected) * (count[i] - expected) / expected;
	return (x - (bins - 1)) / sqrt(2.0 * (bins - 1));
}

static void below_is_uniform(void **state)
{
	(void)state;
	static const uint32_t n[] = { 1, 2, 3, 7, 100, 1000 };
	for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
		unsigned count[1000] = { 0 };
		struct rng r;
		rng_init(&r, 42, 0, k, 0);
		for (int i = 0; i < 200000; i++) {
			uint32_t v = rng_below(&r, n[k]);
			assert_true(v < n[k]);
			count[v]++;
		}
		if (n[k] > 1)
			assert_true(fabs(chi_square_z(count, n[k], 200000)) < 4);
	}
}

/* With n = 3 * 2^30 a plain multiply-shift would give a third of the values twice. */
static void below_has_no_bias(void **state)
{
	(void)state;
	unsigned count[3] = { 0 };
	struct rng r;
	rng_init(&r, 7, 0, 0, 0);
	for (int i = 0; i < 300000; i++)
		count[rng_below(&r, 3u << 30) % 3]++;
	assert_true(fabs(chi_square_z(count, 3, 300000)) < 4);
}

/* Over streams instead of along one: the first draw of sample 0, 1, 2, ... */
static void floats_are_uniform(void **state)
{
	(void)state;
	unsigned along[256] = { 0 }, across[256] = { 0 }, wide[256] = { 0 };
	struct rng r, s;
	rng_init(&r, 5, 1, 0, 1);
	for (uint64_t i = 0; i < 200000; i++) {
		float f = rng_f32(&r);
		double d = rng_f64(&r);
		assert_true(f >= 0 && f < 1 && d >= 0 && d < 1);
		along[(int)(f * 256)]++;
		wide[(int)(d * 256)]++;
		rng_init(&s, 5, 1, i, 0);
		across[(int)(rng_f32(&s) * 256)]++;
	}
	assert_true(fabs(chi_square_z(along, 256, 200000)) < 4);
	assert_true(fabs(chi_square_z(across, 256, 200000)) < 4);
	assert_true(fabs(chi_square_z(wide, 256, 200000)) < 4);
}

/* By the normal distribution's own function, every bin as probable as the others. */
static void normals_are_normal(void **state)
{
	(void)state;
	unsigned count[100] = { 0 };
	struct rng r;
	rng_init(&r, 11, 0, 0, 0);
	for (int i = 0; i < 200000; i++) {
		double p = 0.5 * erfc(-rng_normal(&r) / sqrt(2));
		assert_true(p >= 0 && p <= 1);
		count[p < 1 ? (int)(p * 100) : 99]++;
	}
	assert_true(fabs(chi_square_z(count, 100, 200000)) < 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),      cmocka_unit_test(counter_layout),
		cmocka_unit_test(streams_differ),     cmocka_unit_test(below_is_uniform),
		cmocka_unit_test(below_has_no_bias),  cmocka_unit_test(floats_are_uniform),
		cmocka_unit_test(normals_are_normal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
