/* Which samples are in a subset: shares, counts, identities, and that chance is what it should be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/hash.h"
#include "subsample/groups.h"
#include "subsample/ratio.h"
#include "subsample/select.h"

enum { N = 2000, PER_IDENTITY = 10 };

/* ---- ratios */

static struct ratio ratio(const char *text)
{
	struct ratio r;
	struct err e = { 0 };

	if (ratio_parse(&r, text, &e))
		fail_msg("%s", e.msg);
	return r;
}

static void test_ratio_parse(void **state)
{
	static const char *const bad[] = { "",
					   "0",
					   "0.0",
					   "1.1",
					   "101%",
					   "2/1",
					   "1/0",
					   "a",
					   "-1",
					   "1/",
					   "/2",
					   "1/2/3",
					   ".",
					   "1e-2",
					   " 1",
					   "1 ",
					   "0.1/2",
					   "1/0.5",
					   "1234567890123456789",
					   "%" };
	static const struct {
		const char *text;
		uint64_t num, den;
	} good[] = { { "0.02", 1, 50 }, { "2%", 1, 50 }, { "1/50", 1, 50 },  { "1", 1, 1 },
		     { "100%", 1, 1 },	{ ".5", 1, 2 },	 { "0.5%", 1, 200 }, { "2/8", 1, 4 } };
	struct ratio r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(ratio_parse(&r, bad[i], NULL), -1);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		r = ratio(good[i].text);
		assert_int_equal(r.num, good[i].num);
		assert_int_equal(r.den, good[i].den);
	}
}

static void test_ratio_edges(void **state)
{
	struct ratio half = { 1, 2 }, all = { 1, 1 }, third = { 1, 3 };

	(void)state;
	assert_true(ratio_holds(half, 0x7fffffffffffffff) && !ratio_holds(half, 0x8000000000000000));
	assert_true(ratio_holds(all, UINT64_MAX));
	/* 2^64 / 3 = 6148914691236517205 1/3 */
	assert_true(ratio_holds(third, 6148914691236517205u) && !ratio_holds(third, 6148914691236517206u));
	assert_int_equal(ratio_round(half, 5), 3);
	assert_int_equal(ratio_round(third, 4), 1);
	assert_int_equal(ratio_ceil(third, 4), 2);
	assert_int_equal(ratio_ceil((struct ratio){ 1, 4 }, 9131), 2283);
	assert_int_equal(ratio_round((struct ratio){ 1, 1000000000000000000u }, UINT64_MAX), 18);
}

/* printf %s n000002/0001_01 | sha256sum and printf '%s %s' 7 KEY | sha256sum, by coreutils 9.1. */
static void test_hash_is_sha256sum(void **state)
{
	(void)state;
	assert_true(hash_key("n000002/0001_01") == 0x0d0f1f4310fd970e);
	assert_true(select_hash(7, 0x0d0f1f4310fd970e) == 0xd2ad73e79aa3e921);
}

/* ---- selecting N samples, PER_IDENTITY each */

static uint64_t id_key(int i)
{
	char text[24];

	snprintf(text, sizeof text, "photo-%d", i);
	return hash_key(text);
}

static int identity_of(int i)
{
	return i / PER_IDENTITY;
}

/* Marks what the rule takes of the ids in the order given; returns how many. */
static int take(const struct select_rule *rule, const int *order, uint8_t chosen[N], struct buf *note)
{
	struct select *s = select_new(rule);
	struct buf own = { 0 };
	struct err e = { 0 };
	int n = 0;

	for (int k = 0; k < N; k++) {
		int i = order ? order[k] : k;
		assert_int_equal(select_add(s, select_hash(rule->seed, id_key(i)), 0, (uint64_t)identity_of(i), &e), 0);
	}
	if (select_finish(s, note ? note : &own, &e))
		n = -1;
	for (int k = 0; k < N && n >= 0; k++) {
		int in = select_next(s, &e);
		assert_true(in >= 0);
		chosen[order ? order[k] : k] = (uint8_t)in;
		n += in;
	}
	if (n >= 0)
		assert_int_equal(select_next(s, &e), -1);
	buf_release(&own);
	select_free(s);
	return n;
}

static int inside(const uint8_t a[N], const uint8_t b[N])
{
	for (int i = 0; i < N; i++)
		if (a[i] && !b[i])
			return 0;
	return 1;
}

static int identities_in(const uint8_t chosen[N])
{
	int n = 0;

	for (int g = 0; g < N / PER_IDENTITY; g++)
		n += memchr(chosen + g * PER_IDENTITY, 1, PER_IDENTITY) != NULL;
	return n;
}

static void test_counts_are_exact_and_nested(void **state)
{
	static const int counts[] = { 1, 2, 7, 40, 200, 1999, 2000 };
	uint8_t chosen[N], last[N] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct select_rule rule = { .by_count = true, .count = (uint64_t)counts[i], .seed = 3 };
		assert_int_equal(take(&rule, NULL, chosen, NULL), counts[i]);
		assert_true(inside(last, chosen));
		memcpy(last, chosen, N);
	}
	assert_int_equal(take(&(struct select_rule){ .by_count = true, .count = N + 1 }, NULL, chosen, NULL), -1);
}

static void test_shares_are_nested(void **state)
{
	static const char *const shares[] = { "0.1%", "2%", "10%", "1/3", "50%", "1" };
	uint8_t chosen[N], last[N] = { 0 };
	int n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		struct select_rule rule = { .fraction = ratio(shares[i]), .seed = 3 };
		n = take(&rule, NULL, chosen, NULL);
		assert_true(inside(last, chosen));
		memcpy(last, chosen, N);
	}
	assert_int_equal(n, N);
}

/* The order of the rows and rows that are not there change nothing. */
static void test_order(void **state)
{
	struct select_rule rules[] = {
		{ .fraction = ratio("10%"), .seed = 1 },
		{ .by_count = true, .count = 123, .seed = 1 },
		{ .by_count = true, .count = 60, .seed = 1, .identity = SELECT_FROM, .share = ratio("1/4") },
		{ .by_count = true, .count = 160, .seed = 1, .identity = SELECT_FLOOR, .share = ratio("3/4") },
		{ .by_count = true, .count = 3, .seed = 1, .per_group = true },
	};
	int order[N];
	uint8_t a[N], b[N];

	(void)state;
	for (int i = 0; i < N; i++)
		order[i] = (int)((i * 1237LL + 11) % N); /* 1237 is prime */
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		assert_true(take(&rules[i], NULL, a, NULL) > 0);
		assert_true(take(&rules[i], order, b, NULL) > 0);
		assert_memory_equal(a, b, N);
	}
}

static void test_floor_that_does_not_bind(void **state)
{
	struct select_rule rule = { .by_count = true, .count = 500, .seed = 2 };
	struct buf note = { 0 };
	uint8_t blind[N], kept[N];

	(void)state;
	take(&rule, NULL, blind, NULL);
	rule.identity = SELECT_FLOOR;
	rule.share = ratio("1/4");
	take(&rule, NULL, kept, &note);
	assert_memory_equal(blind, kept, N);
	assert_non_null(strstr(note.data, "did not bind"));
	buf_release(&note);
}

static void test_floor_that_binds(void **state)
{
	struct select_rule rule = { .by_count = true, .count = 200, .seed = 2 };
	struct buf note = { 0 };
	uint8_t blind[N], kept[N], larger[N];
	int without;

	(void)state;
	take(&rule, NULL, blind, NULL);
	without = identities_in(blind);
	rule.identity = SELECT_FLOOR;
	rule.share = ratio("9/10");
	assert_true(without < 180);
	assert_int_equal(take(&rule, NULL, kept, &note), 200);
	assert_int_equal(identities_in(kept), 180);
	assert_non_null(strstr(note.data, "180 of 200 identities binds"));
	/* As many as can be are still those of the blind subset: only the missing identities cost a place. */
	for (int i = 0, moved = 0; i < N; i++) {
		moved += kept[i] && !blind[i];
		assert_true(i < N - 1 || moved == 180 - without);
	}
	rule.count = 300;
	assert_int_equal(take(&rule, NULL, larger, NULL), 300);
	assert_true(inside(kept, larger));
	/* A floor that cannot be met is an error for a count, and goes before a share. */
	rule.count = 179;
	assert_int_equal(take(&rule, NULL, kept, NULL), -1);
	rule.by_count = false;
	rule.fraction = ratio("1%");
	assert_int_equal(take(&rule, NULL, kept, NULL), 180);
	assert_int_equal(identities_in(kept), 180);
	buf_release(&note);
}

static void test_from_a_quarter(void **state)
{
	struct select_rule rule = {
		.fraction = ratio("10%"), .seed = 2, .identity = SELECT_FROM, .share = ratio("1/4")
	};
	struct buf note = { 0 };
	uint8_t small[N], large[N];

	(void)state;
	/* 10 % of all 2,000, from 50 of 200 identities. */
	assert_int_equal(take(&rule, NULL, small, &note), 200);
	assert_true(identities_in(small) <= 50);
	assert_string_equal(note.data, "drawn from 50 of 200 identities");
	rule.fraction = ratio("25%");
	assert_int_equal(take(&rule, NULL, large, NULL), 500);
	assert_int_equal(identities_in(large), 50);
	assert_true(inside(small, large));
	rule.fraction = ratio("26%");
	assert_int_equal(take(&rule, NULL, large, NULL), -1);
	buf_release(&note);
}

static void test_per_group(void **state)
{
	struct select_rule rule = { .by_count = true, .count = 3, .seed = 2, .per_group = true };
	uint8_t three[N], fraction[N];

	(void)state;
	assert_int_equal(take(&rule, NULL, three, NULL), 3 * N / PER_IDENTITY);
	rule.by_count = false;
	rule.fraction = ratio("21%"); /* 2.1 of 10: 3 */
	take(&rule, NULL, fraction, NULL);
	assert_memory_equal(three, fraction, N);
}

/* The faces of one photo share its hash: a count can end between them, by face number. */
static void test_faces_of_a_photo(void **state)
{
	struct select_rule rule = { .by_count = true, .count = 2 };
	struct select *s = select_new(&rule);
	struct buf note = { 0 };
	struct err e = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(select_add(s, 5, 2 - i, 0, &e), 0);
	assert_int_equal(select_skip(s, &e), 0);
	assert_int_equal(select_finish(s, &note, &e), 0);
	assert_int_equal(select_next(s, &e), 0);
	assert_int_equal(select_next(s, &e), 1);
	assert_int_equal(select_next(s, &e), 1);
	assert_int_equal(select_next(s, &e), 0);
	assert_int_equal(select_population(s), 3);
	select_free(s);
	buf_release(&note);
}

static void test_nothing(void **state)
{
	struct select_rule rules[] = { { .fraction = { 1, 2 } },
				       { .fraction = { 1, 2 }, .identity = SELECT_FROM, .share = { 1, 4 } },
				       { .fraction = { 1, 2 }, .identity = SELECT_FLOOR, .share = { 1, 4 } },
				       { .by_count = true, .count = 1, .per_group = true } };

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct select *s = select_new(&rules[i]);
		struct buf note = { 0 };
		struct err e = { 0 };

		assert_int_equal(select_finish(s, &note, &e), 0);
		assert_int_equal(select_next(s, &e), -1);
		select_free(s);
		buf_release(&note);
	}
}

/* ---- chance */

/*
 * 1,000 seeds, 10 %: how often each of 2,000 ids is taken is binomial, so the sum of squared deviations is chi-square with
 * 2,000 degrees of freedom: mean 2,000, standard deviation 63. Four deviations either way; a bias of 1 % would add 200.
 */
static void test_membership_is_uniform(void **state)
{
	struct ratio tenth = { 1, 10 };
	double chi2 = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		uint64_t key = id_key(i);
		int taken = 0;

		for (uint64_t seed = 0; seed < 1000; seed++)
			taken += ratio_holds(tenth, select_hash(seed, key));
		chi2 += (taken - 100.0) * (taken - 100.0) / 90.0;
	}
	assert_true(fabs(chi2 - N) < 4 * sqrt(2.0 * N));
}

/* The same from the other side: sizes of the 1,000 subsets of 2,000 ids are binomial (200, 13.4). */
static void test_sizes_are_binomial(void **state)
{
	struct ratio tenth = { 1, 10 };
	double chi2 = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		int taken = 0;

		for (int i = 0; i < N; i++)
			taken += ratio_holds(tenth, select_hash(seed, id_key(i)));
		chi2 += (taken - 200.0) * (taken - 200.0) / 180.0;
	}
	assert_true(fabs(chi2 - 1000) < 4 * sqrt(2.0 * 1000));
}

static void test_groups(void **state)
{
	struct groups g = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(groups_at(&g, i * 0x100000000u), i);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(groups_at(&g, i * 0x100000000u), i);
	assert_int_equal(g.n, 5000);
	groups_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio_parse),
		cmocka_unit_test(test_ratio_edges),
		cmocka_unit_test(test_hash_is_sha256sum),
		cmocka_unit_test(test_counts_are_exact_and_nested),
		cmocka_unit_test(test_shares_are_nested),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_floor_that_does_not_bind),
		cmocka_unit_test(test_floor_that_binds),
		cmocka_unit_test(test_from_a_quarter),
		cmocka_unit_test(test_per_group),
		cmocka_unit_test(test_faces_of_a_photo),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_membership_is_uniform),
		cmocka_unit_test(test_sizes_are_binomial),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
