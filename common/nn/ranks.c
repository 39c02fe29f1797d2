/* ranks.c - sums over ranks, whatever carries them: see ranks.h */
#include "common/nn/ranks.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/ranks_internal.h"

struct ranks ranks = { .size = 1, .local_size = 1, .norm = 1, .threads = 1 };

enum {
	CHUNK = 1 << 20,  /* numbers that are under way at a time */
	SMALL = 1 << 15,  /* bytes over all ranks that go in one round instead of two */
	LARGE = 16 << 20, /* bytes of a plain copy at a time */
};

int ranks_rank(void)
{
	return ranks.rank;
}

int ranks_size(void)
{
	return ranks.size;
}

int ranks_local_rank(void)
{
	return ranks.local_rank;
}

int ranks_local_size(void)
{
	return ranks.local_size;
}

int ranks_norm_size(void)
{
	return ranks.norm;
}

static int size_of(enum ranks_lane lane)
{
	return lane == RANKS_NORM ? ranks.norm : ranks.size;
}

static int rank_in(enum ranks_lane lane)
{
	return lane == RANKS_NORM ? ranks.rank % ranks.norm : ranks.rank;
}

/* ---- gather */

static void gather(enum ranks_lane lane, const void *src, size_t bytes, void *dst)
{
	size_t size = (size_t)size_of(lane), me = (size_t)rank_in(lane), chunk = LARGE / size + 1;
	int *at = xcalloc(size + 1, sizeof *at);
	char *part = NULL;

	if (bytes > chunk)
		part = xmalloc(chunk * size);
	for (size_t from = 0; from < bytes; from += chunk) {
		size_t n = bytes - from < chunk ? bytes - from : chunk;
		char *to = part ? part : dst;

		memmove(to + me * n, (const char *)src + from, n);
		for (size_t r = 0; r <= size; r++)
			at[r] = (int)(r * n);
		ranks.t->gather(lane, to, at);
		for (size_t r = 0; part && r < size; r++)
			memcpy((char *)dst + r * bytes + from, part + r * n, n);
	}
	free(part);
	free(at);
}

static void gather_or_copy(enum ranks_lane lane, const void *src, size_t bytes, void *dst)
{
	if (size_of(lane) > 1)
		gather(lane, src, bytes, dst);
	else
		memmove(dst, src, bytes);
}

void ranks_gather(const void *src, size_t bytes, void *dst)
{
	gather_or_copy(RANKS_ALL, src, bytes, dst);
}

void ranks_norm_gather(const void *src, size_t bytes, void *dst)
{
	gather_or_copy(RANKS_NORM, src, bytes, dst);
}

void ranks_broadcast(void *x, size_t bytes)
{
	for (size_t at = 0; ranks.t && at < bytes; at += LARGE)
		ranks.t->broadcast((char *)x + at, (int)(bytes - at < LARGE ? bytes - at : LARGE));
}

void ranks_barrier(void)
{
	char byte = 0, *all = xcalloc((size_t)ranks.size, 1);

	ranks_gather(&byte, 1, all);
	free(all);
}

/* ---- sums */

enum { RUN = 512 };

static void add_row(double *sum, const void *x, size_t at, size_t n, size_t real)
{
	const float *f = (const float *)x + at;
	const double *d = (const double *)x + at;

	if (real == sizeof(float))
		for (size_t i = 0; i < n; i++)
			sum[i] += (double)f[i];
	else
		for (size_t i = 0; i < n; i++)
			sum[i] += d[i];
}

/* dst [n] = the sum of the rows of piece [rows][n], in that order; dst may be a row. */
static void add_rows(void *dst, const void *piece, size_t n, int rows, size_t real)
{
	double sum[RUN];

	for (size_t at = 0; at < n; at += RUN) {
		size_t run = n - at < RUN ? n - at : RUN;

		memset(sum, 0, sizeof sum);
		for (size_t r = 0; r < (size_t)rows; r++)
			add_row(sum, piece, r * n + at, run, real);
		if (real == sizeof(double))
			memcpy((double *)dst + at, sum, run * sizeof *sum);
		for (size_t i = 0; real == sizeof(float) && i < run; i++)
			((float *)dst)[at + i] = (float)sum[i];
	}
}

/* Everybody gets everything and adds it. */
static void sum_small(enum ranks_lane lane, void *x, size_t n, size_t real)
{
	char *all = xmalloc((size_t)size_of(lane) * n * real);

	gather(lane, x, n * real, all);
	add_rows(x, all, n, size_of(lane), real);
	free(all);
}

/* Each adds up a piece and hands it to all. pieces: room for n numbers and as many more as there are ranks. */
static void sum_chunk(enum ranks_lane lane, char *x, size_t n, size_t real, int *at, char *pieces)
{
	int size = size_of(lane), me = rank_in(lane);

	for (int r = 0; r <= size; r++)
		at[r] = (int)(n * (size_t)r / (size_t)size * real);
	ranks.t->exchange(lane, x, at, pieces);
	add_rows(x + at[me], pieces, (size_t)(at[me + 1] - at[me]) / real, size, real);
	ranks.t->gather(lane, x, at);
}

static void sum(enum ranks_lane lane, void *x, size_t n, size_t real)
{
	size_t size = (size_t)size_of(lane), most = n < CHUNK ? n : CHUNK;
	char *pieces;
	int *at;

	if (size == 1 || n == 0)
		return;
	if (n * real * size <= SMALL) {
		sum_small(lane, x, n, real);
		return;
	}
	at = xcalloc(size + 1, sizeof *at);
	pieces = xmalloc((most + size) * real);
	for (size_t from = 0; from < n; from += CHUNK)
		sum_chunk(lane, (char *)x + from * real, n - from < CHUNK ? n - from : CHUNK, real, at, pieces);
	free(pieces);
	free(at);
}

void ranks_sum_f32(float *x, size_t n)
{
	sum(RANKS_ALL, x, n, sizeof *x);
}

void ranks_sum_f64(double *x, size_t n)
{
	sum(RANKS_ALL, x, n, sizeof *x);
}

void ranks_norm_sum_f64(double *x, size_t n)
{
	sum(RANKS_NORM, x, n, sizeof *x);
}

void ranks_max_f64(double *x, size_t n)
{
	size_t size = (size_t)ranks.size;
	double *all;

	if (size == 1)
		return;
	all = xcalloc(size * n, sizeof *all);
	ranks_gather(x, n * sizeof *x, all);
	for (size_t i = 0; i < n; i++) {
		double max = all[i];

		for (size_t r = 1; r < size; r++)
			max = all[r * n + i] > max || isnan(all[r * n + i]) ? all[r * n + i] : max;
		x[i] = max;
	}
	free(all);
}

double ranks_largest(double x)
{
	ranks_max_f64(&x, 1);
	return x;
}

/* ---- groups for batch norm */

int ranks_norm_groups(int n, struct err *e)
{
	if (n < 1 || ranks.size % n)
		return err_code(e, EXIT_CODE_USAGE, "%d ranks do not make groups of %d", ranks.size, n);
	if (ranks.t)
		ranks.t->norm_groups(n);
	ranks.norm = n;
	return 0;
}

/* ---- sums on a thread of their own: those asked for, in order; the thread is started with the first */

struct later {
	void *x;
	size_t n, real;
	struct later *next;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked, done;
	struct later *first, **end;
	bool started, busy;
} later = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.asked = PTHREAD_COND_INITIALIZER,
	.done = PTHREAD_COND_INITIALIZER,
	.end = &later.first,
};

static void *add_later(void *unused)
{
	pthread_mutex_lock(&later.lock);
	for (;;) {
		struct later *l = later.first;

		if (!l) {
			later.busy = false;
			pthread_cond_signal(&later.done);
			pthread_cond_wait(&later.asked, &later.lock);
			continue;
		}
		later.first = l->next;
		if (!l->next)
			later.end = &later.first;
		pthread_mutex_unlock(&later.lock);
		sum(RANKS_LATER, l->x, l->n, l->real);
		free(l);
		pthread_mutex_lock(&later.lock);
	}
	return unused;
}

void ranks_sum_later(void *x, size_t n, size_t real)
{
	struct later *l;

	if (!ranks.t || n == 0)
		return;
	if (!ranks.threaded) {
		sum(RANKS_ALL, x, n, real);
		return;
	}
	l = xmalloc(sizeof *l);
	*l = (struct later){ x, n, real, NULL };
	pthread_mutex_lock(&later.lock);
	*later.end = l;
	later.end = &l->next;
	later.busy = true;
	if (!later.started) {
		pthread_t t;

		errno = pthread_create(&t, NULL, add_later, NULL);
		if (errno)
			die_sys("cannot start a thread");
		pthread_detach(t);
		later.started = true;
	}
	pthread_cond_signal(&later.asked);
	pthread_mutex_unlock(&later.lock);
}

void ranks_sum_wait(void)
{
	pthread_mutex_lock(&later.lock);
	while (later.busy)
		pthread_cond_wait(&later.done, &later.lock);
	pthread_mutex_unlock(&later.lock);
}
