/*
 * ranks_check.c - what tests/cli/ranks.bats starts several times over: ranks_check WHAT [ARGUMENT...]
 *
 *	sums	every function of ranks.h on integers and on what floating point rounds, against what is known
 *	where	rank, size, local rank, local size, threads, and who is where
 *	wait	rank 0 computes for a second while the others wait: their processor time, in seconds
 *	die, leave, bug	the last rank ends so, while the others wait for it
 *	stop	a rank waits to be killed; its process number is told
 *	swav, integers, split	ranks_check.h
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/nn/ranks.h"
#include "tests/support/ranks_check.h"

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check(bool good, const char *what, size_t n)
{
	if (!good)
		die(EXIT_CODE_FAILED, "%s of %zu is wrong", what, n);
}

/* Number i of a rank: an integer, or something that sums round. */
static double number(int rank, size_t i, bool whole)
{
	double x = (double)((i * 7919 + 13) % 10007) * (rank + 1);

	return whole ? x : x / 3 * (rank % 2 ? 1e-7 : 1);
}

/* In rank order, in double. */
static double expected(size_t i, bool whole, bool single, int first, int ranks)
{
	double sum = 0;

	for (int r = first; r < first + ranks; r++)
		sum += single ? (double)(float)number(r, i, whole) : number(r, i, whole);
	return single ? (double)(float)sum : sum;
}

static void sum(size_t n, bool whole, bool later)
{
	float *f = xcalloc(n, sizeof *f);
	double *d = xcalloc(n, sizeof *d);

	for (size_t i = 0; i < n; i++)
		f[i] = (float)(d[i] = number(ranks_rank(), i, whole));
	if (later) {
		ranks_sum_later(f, n, sizeof *f);
		ranks_sum_later(d, n, sizeof *d);
		ranks_sum_wait();
	} else {
		ranks_sum_f32(f, n);
		ranks_sum_f64(d, n);
	}
	for (size_t i = 0; i < n; i++) {
		check(f[i] == (float)expected(i, whole, true, 0, ranks_size()), "sum f32", n);
		check(d[i] == expected(i, whole, false, 0, ranks_size()), "sum f64", n);
	}
	free(f);
	free(d);
}

static void gather(size_t n)
{
	size_t ranks = (size_t)ranks_size();
	unsigned char *own = xmalloc(n), *all = xmalloc(n * ranks);

	for (size_t i = 0; i < n; i++)
		own[i] = (unsigned char)(i * 7 + (size_t)ranks_rank());
	ranks_gather(own, n, all);
	for (size_t r = 0; r < ranks; r++)
		for (size_t i = 0; i < n; i++)
			check(all[r * n + i] == (unsigned char)(i * 7 + r), "gather", n);
	ranks_broadcast(own, n);
	for (size_t i = 0; i < n; i++)
		check(own[i] == (unsigned char)(i * 7), "broadcast", n);
	free(own);
	free(all);
}

static void groups(int n)
{
	int first = ranks_rank() / n * n;
	double x[50], all[50];
	struct err e = { 0 };

	if (ranks_norm_groups(n, &e))
		die_err(&e);
	check(ranks_norm_size() == n, "norm size", (size_t)n);
	for (size_t i = 0; i < 50; i++)
		x[i] = number(ranks_rank(), i, false);
	ranks_norm_gather(x, sizeof(double), all);
	for (int r = 0; r < n; r++)
		check(all[r] == number(first + r, 0, false), "norm gather", (size_t)n);
	ranks_norm_sum_f64(x, 50);
	for (size_t i = 0; i < 50; i++)
		check(x[i] == expected(i, false, false, first, n), "norm sum", (size_t)n);
}

static void sums(void)
{
	static const size_t n[] = { 1, 3, 1000, 5000, (1 << 20) + 7 };
	double max[3] = { ranks_rank(), -ranks_rank(), 5 };
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
		sum(n[i], true, false);
		sum(n[i], false, false);
		sum(n[i], false, true);
	}
	gather(1);
	gather(1000);
	gather((17 << 20) + 3); /* more than goes at a time */
	ranks_max_f64(max, 3);
	check(max[0] == ranks_size() - 1 && max[1] == 0 && max[2] == 5, "max", 3);
	for (int g = 1; g <= ranks_size(); g++)
		if (ranks_size() % g == 0)
			groups(g);
	check(ranks_norm_groups(ranks_size() + 1, &e) != 0, "groups", 1);
	ranks_barrier();
	printf("rank %d of %d: sums are right\n", ranks_rank(), ranks_size());
}

/* One sum after the other on the other thread, while this one has its own with everybody. */
static void both_at_once(void)
{
	enum { N = 300000 };
	double *later = xcalloc(N, sizeof *later), x;

	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < N; i++)
			later[i] = (double)i;
		for (size_t at = 0; at < N; at += N / 10)
			ranks_sum_later(later + at, N / 10, sizeof *later);
		for (int i = 0; i < 200; i++) {
			x = i;
			ranks_norm_sum_f64(&x, 1);
			check(x == (double)i * ranks_norm_size(), "sum beside others", (size_t)i);
		}
		ranks_sum_wait();
		for (size_t i = 0; i < N; i++)
			check(later[i] == (double)i * ranks_size(), "sum beside others", i);
	}
	free(later);
}

static void where(void)
{
	printf("%d %d %d %d %d\n", ranks_rank(), ranks_size(), ranks_local_rank(), ranks_local_size(), ranks_threads());
	ranks_tell(ranks_threads());
}

static void wait_for_one(void)
{
	double x = 0, end = now(CLOCK_MONOTONIC) + 1;

	ranks_barrier();
	double begin = now(CLOCK_PROCESS_CPUTIME_ID);
	while (ranks_rank() == 0 && now(CLOCK_MONOTONIC) < end)
		x++;
	ranks_sum_f64(&x, 1);
	if (ranks_rank())
		printf("%.3f\n", now(CLOCK_PROCESS_CPUTIME_ID) - begin);
}

static int end_badly(const char *how)
{
	bool mine = ranks_rank() == ranks_size() - 1;

	if (mine && !strcmp(how, "die"))
		die(EXIT_CODE_BAD_INPUT, "no such face");
	if (mine && !strcmp(how, "bug"))
		BUG("a broken invariant");
	if (mine && !strcmp(how, "leave"))
		return 3;
	if (mine && !strcmp(how, "stop")) {
		printf("%d\n", (int)getpid());
		fflush(stdout);
		sleep(60);
	}
	ranks_barrier();
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	int rc = 0;

	err_program("ranks_check");
	if (argc < 2 || (argc != 7 && !strcmp(argv[1], "swav")))
		die(EXIT_CODE_USAGE, "usage: ranks_check WHAT [ARGUMENT...]");
	if (ranks_start(&e))
		die_err(&e);
	if (!strcmp(argv[1], "sums")) {
		both_at_once();
		sums();
	} else if (!strcmp(argv[1], "where")) {
		where();
	} else if (!strcmp(argv[1], "wait")) {
		wait_for_one();
	} else if (!strcmp(argv[1], "swav")) {
		ranks_check_swav(argv + 2);
	} else if (!strcmp(argv[1], "integers")) {
		ranks_check_integers();
	} else if (!strcmp(argv[1], "split")) {
		ranks_check_split();
	} else {
		rc = end_badly(argv[1]);
	}
	if (!rc)
		ranks_stop();
	return rc;
}
