/* test_sinkhorn.c - SwAV's assignments: the whole against the algorithm as published and what the authors' code gave; its
 * parts, merged over ranks, against the whole */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/model/sinkhorn.h"
#include "common/rng.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_npy.h"

enum { MAX_RANKS = 4 };

/* n k scores within [-1, 1]. */
static double *scores(uint64_t seed, int n, int k)
{
	double *s = xmalloc((size_t)n * (size_t)k * sizeof *s);
	struct rng r;

	rng_init(&r, seed, 0, 0, 0);
	for (int i = 0; i < n * k; i++)
		s[i] = 2 * rng_f64(&r) - 1;
	return s;
}

static double *copy(const double *q, int count)
{
	double *c = xmalloc((size_t)count * sizeof *c);

	return memcpy(c, q, (size_t)count * sizeof *c);
}

static void assert_near(const double *have, const double *want, int count, double relative)
{
	for (int i = 0; i < count; i++)
		if (!(fabs(have[i] - want[i]) <= relative * fabs(want[i])))
			fail_msg("[%d]: %.17g, not %.17g", i, have[i], want[i]);
}

/*
 * As the paper's appendix has it, the matrix Q [k][n] and nothing subtracted: Q /= sum; then rows to 1/k, columns to 1/n;
 * at last times n. Back as [n][k].
 */
static void published(double *q, int n, int k, double epsilon, int iterations)
{
	double *m = xmalloc((size_t)n * (size_t)k * sizeof *m), sum = 0;

	for (int j = 0; j < k; j++)
		for (int i = 0; i < n; i++)
			sum += m[j * n + i] = exp(q[i * k + j] / epsilon);
	for (int i = 0; i < n * k; i++)
		m[i] /= sum;
	for (int it = 0; it < iterations; it++) {
		for (int j = 0; j < k; j++) {
			for (int i = (sum = 0, 0); i < n; i++)
				sum += m[j * n + i];
			for (int i = 0; i < n; i++)
				m[j * n + i] = m[j * n + i] / sum / k;
		}
		for (int i = 0; i < n; i++) {
			for (int j = (sum = 0, 0); j < k; j++)
				sum += m[j * n + i];
			for (int j = 0; j < k; j++)
				m[j * n + i] = m[j * n + i] / sum / n;
		}
	}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < k; j++)
			q[i * k + j] = m[j * n + i] * n;
	free(m);
}

/* 1e-13: sums of 64 to 100 terms in another order, three times over. */
static void as_published(void **unused)
{
	static const struct {
		int n, k, iterations;
		double epsilon;
	} cases[] = { { 64, 30, 3, .05 }, { 1, 7, 3, .05 }, { 7, 1, 3, .05 }, { 100, 64, 10, .03 }, { 5, 9, 0, .05 } };

	(void)unused;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		int n = cases[c].n, k = cases[c].k;
		double *have = scores(c, n, k), *want = copy(have, n * k);

		sinkhorn(have, n, k, cases[c].epsilon, cases[c].iterations);
		published(want, n, k, cases[c].epsilon, cases[c].iterations);
		assert_near(have, want, n * k, 1e-13);
		free(have);
		free(want);
	}
}

/* What distributed_sinkhorn of the authors' code gave for views 0 and 1, in f32 from f32 scores: 1e-5 of it. */
static void as_the_reference(void **unused)
{
	enum { B = 4, K = 300 };
	char *folder = shared_path("reference/swav-r50-grad");
	size_t n_scores, n_assignments;

	(void)unused;
	if (!folder)
		skip();
	char *path = xasprintf("%s/scores.npy", folder);
	float *s = support_npy(path, &n_scores);
	free(path);
	path = xasprintf("%s/assignments.npy", folder);
	float *want = support_npy(path, &n_assignments);
	free(path);
	assert_true(s && want && n_assignments == 2 * B * K && n_scores >= n_assignments);
	for (int view = 0; view < 2; view++) {
		double q[B * K];

		for (int i = 0; i < B * K; i++)
			q[i] = s[view * B * K + i];
		sinkhorn(q, B, K, .05, 3);
		for (int i = 0; i < B * K; i++) {
			double w = want[view * B * K + i];

			if (!(fabs(q[i] - w) <= 1e-5 * w + 1e-9))
				fail_msg("view %d [%d]: %.9g, not %.9g", view, i, q[i], w);
		}
	}
	free(s);
	free(want);
	free(folder);
}

/* ---- parts */

/* The rows that a rank has. */
struct part {
	double *q, *sums;
	int n;
};

/* Rank r has the rows from first[r] to first[r + 1]; what is merged is merged in rank order. */
static void in_parts(double *q, int k, double epsilon, int iterations, const int *first, int ranks)
{
	double max = -INFINITY, sum = 0;
	struct part p[MAX_RANKS];
	int all = first[ranks];

	for (int r = 0; r < ranks; r++) {
		p[r].q = q + first[r] * k;
		p[r].n = first[r + 1] - first[r];
		p[r].sums = xmalloc((size_t)k * sizeof *p[r].sums);
		max = fmax(max, sinkhorn_max(p[r].q, p[r].n, k));
	}
	for (int r = 0; r < ranks; r++)
		sum += sinkhorn_exp(p[r].q, p[r].n, k, epsilon, max);
	for (int r = 0; r < ranks; r++)
		sinkhorn_divide(p[r].q, p[r].n, k, sum);
	for (int it = 0; it < iterations; it++) {
		for (int r = 0; r < ranks; r++) {
			sinkhorn_row_sums(p[r].q, p[r].n, k, p[r].sums);
			for (int j = 0; r > 0 && j < k; j++)
				p[0].sums[j] += p[r].sums[j];
		}
		for (int r = ranks - 1; r >= 0; r--) {
			memmove(p[r].sums, p[0].sums, (size_t)k * sizeof *p[r].sums);
			sinkhorn_scale(p[r].q, p[r].n, k, p[r].sums, all);
		}
	}
	for (int r = 0; r < ranks; r++) {
		sinkhorn_finish(p[r].q, p[r].n, k, all);
		free(p[r].sums);
	}
}

/* One rank: the whole's bits. Several: the sums' order changes, and nothing else. */
static void parts(void **unused)
{
	enum { N = 96, K = 50 };
	static const struct {
		int ranks, first[MAX_RANKS + 1];
	} cuts[] = { { 1, { 0, N } }, { 2, { 0, N / 2, N } }, { 2, { 0, 7, N } }, { 4, { 0, 1, 60, 60, N } } };
	double *whole = scores(9, N, K);

	(void)unused;
	for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
		double *have = scores(9, N, K);

		in_parts(have, K, .05, 3, cuts[c].first, cuts[c].ranks);
		if (c == 0) {
			sinkhorn(whole, N, K, .05, 3);
			assert_memory_equal(have, whole, N * K * sizeof *have);
		}
		assert_near(have, whole, N * K, 1e-13);
		free(have);
	}
	free(whole);
}

/* The rows of the result sum to 1; nothing overflows; a prototype that nobody comes near keeps its zeros. */
static void extremes(void **unused)
{
	enum { N = 8, K = 5 };
	double *q = scores(3, N, K);

	(void)unused;
	for (int i = 0; i < N; i++)
		q[i * K + 2] = -1000;
	sinkhorn(q, N, K, .01, 50);
	for (int i = 0; i < N; i++) {
		double sum = 0;

		for (int j = 0; j < K; j++)
			sum += q[i * K + j];
		assert_true(fabs(sum - 1) < 1e-12 && q[i * K + 2] == 0);
	}
	free(q);
	q = scores(4, N, K);
	for (int i = 0; i < N * K; i++)
		q[i] = 1e4 + q[i]; /* exp(1e4 / .05) is no double */
	sinkhorn(q, N, K, .05, 3);
	for (int i = 0; i < N * K; i++)
		assert_true(isfinite(q[i]) && q[i] > 0);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_published),
		cmocka_unit_test(as_the_reference),
		cmocka_unit_test(parts),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
