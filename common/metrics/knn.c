/* knn.c - see knn.h */
#include "common/metrics/knn.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/metrics/knn_tile.h"
#include "common/thread.h"

/* Vectors that a thread compares with all others at a time, and dimensions of them that it keeps at hand. */
enum { BLOCK = 128, DIMS = 128, GROUPS = BLOCK / KNN_ROWS };

struct near {
	double cosine;
	uint32_t number;
};

/* A worker's own. */
struct scratch {
	double *rows;	   /* [dim rounded up to DIMS / DIMS][GROUPS][DIMS][KNN_ROWS] */
	double *cols;	   /* [DIMS][KNN_COLS] */
	double *sum;	   /* [GROUPS][KNN_ROWS][KNN_COLS] */
	struct near *near; /* [BLOCK][k], each sorted, best first */
	size_t *have;	   /* [BLOCK] */
};

struct search {
	const float *x;
	size_t n, dim, k;
	double *inverse; /* [n] 1 / norm */
	knn_tile_fn *tile;
	struct scratch *scratch; /* [threads] */
	uint32_t *neighbour;
	double *cosine;
};

static void tile_any(const double *rows, const double *cols, size_t dims, double *sum)
{
	knn_tile_loop(rows, cols, dims, sum);
}

static knn_tile_fn *choose(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		return knn_tile_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return knn_tile_avx2;
#endif
	return tile_any;
}

static double inverse_norm(const float *v, size_t n)
{
	double square = 0;

	for (size_t i = 0; i < n; i++)
		square += (double)v[i] * (double)v[i];
	return square > 0 && isfinite(square) ? 1 / sqrt(square) : 0;
}

/* dst [dims][lanes] from `count` vectors at x, which are dim apart; lanes beyond are 0. */
static void pack(double *dst, const float *x, size_t dim, size_t count, size_t dims, size_t lanes)
{
	if (count < lanes)
		memset(dst, 0, dims * lanes * sizeof *dst);
	for (size_t i = 0; i < count; i++)
		for (size_t d = 0; d < dims; d++)
			dst[d * lanes + i] = (double)x[i * dim + d];
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* Puts j among the nearest of row r of the block. j comes in ascending order, so equal cosines stay in order. */
static void offer(const struct search *s, struct scratch *w, size_t r, double cosine, size_t j)
{
	struct near *near = w->near + r * s->k;
	size_t at = w->have[r];

	if (at == s->k && !(cosine > near[at - 1].cosine))
		return;
	if (at == s->k)
		at--;
	else
		w->have[r]++;
	for (; at > 0 && cosine > near[at - 1].cosine; at--)
		near[at] = near[at - 1];
	near[at] = (struct near){ cosine, (uint32_t)j };
}

static double cosine_of(const struct search *s, size_t i, size_t j, double product)
{
	/* Not multiplied by: the product may be infinite or NaN then. */
	if (s->inverse[i] == 0 || s->inverse[j] == 0)
		return 0;
	return product * s->inverse[i] * s->inverse[j];
}

/* Sums of products of the block's vectors with those from j on. */
static void multiply(const struct search *s, struct scratch *w, size_t j, size_t cols)
{
	memset(w->sum, 0, (size_t)BLOCK * KNN_COLS * sizeof *w->sum);
	for (size_t d = 0; d < s->dim; d += DIMS) {
		size_t dims = at_most(s->dim - d, DIMS);

		pack(w->cols, s->x + j * s->dim + d, s->dim, cols, dims, KNN_COLS);
		for (size_t g = 0; g < GROUPS; g++)
			s->tile(w->rows + (d * GROUPS + g * DIMS) * KNN_ROWS, w->cols, dims,
				w->sum + g * KNN_ROWS * KNN_COLS);
	}
}

static void pack_rows(const struct search *s, struct scratch *w, size_t i, size_t rows)
{
	for (size_t d = 0; d < s->dim; d += DIMS)
		for (size_t g = 0; g < GROUPS; g++) {
			size_t first = at_most(g * KNN_ROWS, rows), count = at_most(rows - first, KNN_ROWS);

			pack(w->rows + (d * GROUPS + g * DIMS) * KNN_ROWS, s->x + (i + first) * s->dim + d, s->dim,
			     count, at_most(s->dim - d, DIMS), KNN_ROWS);
		}
}

static void search_block(void *data, size_t block, int worker)
{
	const struct search *s = data;
	struct scratch *w = &s->scratch[worker];
	size_t i = block * BLOCK, rows = at_most(s->n - i, BLOCK);

	memset(w->have, 0, BLOCK * sizeof *w->have);
	pack_rows(s, w, i, rows);
	for (size_t j = 0; j < s->n; j += KNN_COLS) {
		size_t cols = at_most(s->n - j, KNN_COLS);

		multiply(s, w, j, cols);
		for (size_t r = 0; r < rows; r++)
			for (size_t c = 0; c < cols; c++)
				if (i + r != j + c)
					offer(s, w, r, cosine_of(s, i + r, j + c, w->sum[r * KNN_COLS + c]), j + c);
	}
	for (size_t r = 0; r < rows; r++)
		for (size_t k = 0; k < s->k; k++) {
			s->neighbour[(i + r) * s->k + k] = w->near[r * s->k + k].number;
			if (s->cosine)
				s->cosine[(i + r) * s->k + k] = w->near[r * s->k + k].cosine;
		}
}

void knn_neighbours(const float *x, size_t n, size_t dim, size_t k, int threads, uint32_t *neighbour, double *cosine)
{
	struct search s = { x, n, dim, k, .tile = choose(), .neighbour = neighbour, .cosine = cosine };
	size_t padded = (dim + DIMS - 1) / DIMS * DIMS;

	if (k < 1 || k >= n || n > UINT32_MAX)
		BUG("%zu neighbours of %zu vectors", k, n);
	s.inverse = xrealloc_array(NULL, n, sizeof *s.inverse);
	for (size_t i = 0; i < n; i++)
		s.inverse[i] = inverse_norm(x + i * dim, dim);
	if (threads < 1)
		threads = 1;
	s.scratch = xcalloc((size_t)threads, sizeof *s.scratch);
	for (int t = 0; t < threads; t++)
		s.scratch[t] = (struct scratch){
			.rows = xaligned((padded + 1) * BLOCK * sizeof *s.scratch->rows),
			.cols = xaligned((size_t)DIMS * KNN_COLS * sizeof *s.scratch->cols),
			.sum = xaligned((size_t)BLOCK * KNN_COLS * sizeof *s.scratch->sum),
			.near = xrealloc_array(NULL, BLOCK * k, sizeof *s.scratch->near),
			.have = xcalloc(BLOCK, sizeof *s.scratch->have),
		};
	parallel_for(threads, (n + BLOCK - 1) / BLOCK, search_block, &s);
	for (int t = 0; t < threads; t++) {
		free(s.scratch[t].rows);
		free(s.scratch[t].cols);
		free(s.scratch[t].sum);
		free(s.scratch[t].near);
		free(s.scratch[t].have);
	}
	free(s.scratch);
	free(s.inverse);
}

/* ---- votes */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* sorted [k] is scratch. */
static int64_t vote(const int64_t *label, const uint32_t *neighbour, size_t k, int64_t *sorted)
{
	size_t best = 0;
	int64_t winner = 0;

	for (size_t i = 0; i < k; i++)
		sorted[i] = label[neighbour[i]];
	qsort(sorted, k, sizeof *sorted, by_value);
	for (size_t i = 0, j; i < k; i = j) {
		for (j = i; j < k && sorted[j] == sorted[i]; j++)
			;
		if (j - i > best) {
			best = j - i;
			winner = sorted[i];
		}
	}
	return winner;
}

int64_t knn_vote(const int64_t *label, const uint32_t *neighbour, size_t k)
{
	int64_t *sorted = xrealloc_array(NULL, k, sizeof *sorted), winner = vote(label, neighbour, k, sorted);

	free(sorted);
	return winner;
}

struct judged {
	int64_t label;
	bool right;
};

static int by_label(const void *a, const void *b)
{
	const struct judged *x = a, *y = b;

	return (x->label > y->label) - (x->label < y->label);
}

struct knn_score knn_score(const int64_t *label, size_t n, const uint32_t *neighbour, size_t k)
{
	struct knn_score s = { .n = n };
	struct judged *judged = xrealloc_array(NULL, n + 1, sizeof *judged);
	int64_t *sorted = xrealloc_array(NULL, k + 1, sizeof *sorted);
	size_t right = 0;
	double shares = 0, variance = 0;

	for (size_t i = 0; i < n; i++) {
		judged[i] = (struct judged){ label[i], vote(label, neighbour + i * k, k, sorted) == label[i] };
		right += judged[i].right;
	}
	qsort(judged, n, sizeof *judged, by_label);
	for (size_t i = 0, j; i < n; i = j) {
		double share, hits = 0;

		for (j = i; j < n && judged[j].label == judged[i].label; j++)
			hits += judged[j].right;
		share = hits / (double)(j - i);
		shares += share;
		variance += share * (1 - share) / (double)(j - i);
		s.classes++;
	}
	s.accuracy = (double)right / (double)n;
	s.error = sqrt(s.accuracy * (1 - s.accuracy) / (double)n);
	s.balanced = shares / (double)s.classes;
	s.balanced_error = sqrt(variance) / (double)s.classes;
	free(sorted);
	free(judged);
	return s;
}

struct knn_score knn_leave_one_out(const float *x, size_t n, size_t dim, const int64_t *label, size_t k, int threads)
{
	struct knn_score s = { .accuracy = NAN, .error = NAN, .balanced = NAN, .balanced_error = NAN };
	float *kept = NULL;
	int64_t *labels = xrealloc_array(NULL, n + 1, sizeof *labels);
	uint32_t *neighbour;
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (label[i] >= 0)
			labels[m++] = label[i];
	if (m < 2 || k < 1)
		goto out;
	if (m < n) {
		kept = xrealloc_array(NULL, m * dim + 1, sizeof *kept);
		for (size_t i = 0, j = 0; i < n; i++)
			if (label[i] >= 0)
				memcpy(kept + j++ * dim, x + i * dim, dim * sizeof *kept);
	}
	k = at_most(k, m - 1);
	neighbour = xrealloc_array(NULL, m * k, sizeof *neighbour);
	knn_neighbours(kept ? kept : x, m, dim, k, threads, neighbour, NULL);
	s = knn_score(labels, m, neighbour, k);
	free(neighbour);
out:
	free(kept);
	free(labels);
	return s;
}
