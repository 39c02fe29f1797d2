/* Nearest neighbours: scikit-learn's values, ties, what is left out, and the same bits everywhere. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/io.h"
#include "common/metrics/knn.h"
#include "common/metrics/knn_tile.h"
#include "common/num.h"
#include "common/rng.h"
#include "tests/unit/support_golden.h"

enum { N = 83, DIM = 21, NEAREST = 9 };

/* tests/golden/knn.tsv */
static struct {
	float x[N * DIM];
	int64_t label[N];
	uint32_t number[N * NEAREST];
	double cosine[N * NEAREST];
	struct {
		size_t k;
		int64_t vote[N];
		double accuracy, balanced;
	} by_k[4];
} want;

static double number(char **rest)
{
	double v;

	assert_int_equal(num_parse_f64(strsep(rest, "\t"), &v), 0);
	return v;
}

static int read_golden(void **state)
{
	char *path = golden_path("knn.tsv"), *rest, *line;
	size_t v = 0, n = 0, c = 0, p = 0, s = 0;
	struct buf text = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(io_slurp(path, 1 << 20, &text, &e), 0);
	for (rest = text.data; (line = strsep(&rest, "\n")) != NULL;) {
		char kind = *line;

		if (!strchr("vncps", kind) || kind == '\0')
			continue;
		line += 2;
		if (kind == 'v') {
			want.label[v] = (int64_t)number(&line);
			for (size_t d = 0; d < DIM; d++)
				want.x[v * DIM + d] = (float)number(&line);
			v++;
		} else if (kind == 'n') {
			for (int k = 0; k < NEAREST; k++)
				want.number[n++] = (uint32_t)number(&line);
		} else if (kind == 'c') {
			for (int k = 0; k < NEAREST; k++)
				want.cosine[c++] = number(&line);
		} else if (kind == 'p') {
			want.by_k[p].k = (size_t)number(&line);
			for (int i = 0; i < N; i++)
				want.by_k[p].vote[i] = (int64_t)number(&line);
			p++;
		} else {
			number(&line);
			want.by_k[s].accuracy = number(&line);
			want.by_k[s++].balanced = number(&line);
		}
	}
	assert_true(v == N && n == N * NEAREST && c == n && p == 4 && s == 4);
	buf_release(&text);
	free(path);
	return 0;
}

static void test_neighbours(void **state)
{
	uint32_t got[N * NEAREST];
	double cosine[N * NEAREST];

	(void)state;
	knn_neighbours(want.x, N, DIM, NEAREST, 2, got, cosine);
	assert_memory_equal(got, want.number, sizeof got);
	for (int i = 0; i < N * NEAREST; i++) /* sums of 21 products in double, in another order */
		assert_true(fabs(cosine[i] - want.cosine[i]) < 1e-14);
}

static void test_votes(void **state)
{
	uint32_t got[N * NEAREST];

	(void)state;
	for (int t = 0; t < 4; t++) {
		size_t k = want.by_k[t].k;
		struct knn_score s = knn_leave_one_out(want.x, N, DIM, want.label, k, 3), again;

		knn_neighbours(want.x, N, DIM, k, 1, got, NULL);
		for (size_t i = 0; i < N; i++)
			assert_true(knn_vote(want.label, got + i * k, k) == want.by_k[t].vote[i]);
		again = knn_score(want.label, N, got, k);
		assert_memory_equal(&s, &again, sizeof s);
		assert_true(s.n == N && s.classes == 5);
		assert_true(fabs(s.accuracy - want.by_k[t].accuracy) < 1e-15);
		assert_true(fabs(s.balanced - want.by_k[t].balanced) < 1e-15);
		assert_true(fabs(s.error - sqrt(s.accuracy * (1 - s.accuracy) / N)) < 1e-15);
	}
}

/* Equal cosines: the lower number first; equal votes: the smaller label. */
static void test_ties(void **state)
{
	static const float x[] = { 1, 0, 2, 0, 3, 0, 0, 1, 0, 5, 0, 0 };
	static const int64_t label[] = { 7, 5, 5, 7, 9, 9 };
	static const uint32_t nearest[] = { 1, 2, 3, 4, 5, 0, 2, 3, 4, 5, 0, 1, 3, 4, 5,
					    4, 0, 1, 2, 5, 3, 0, 1, 2, 5, 0, 1, 2, 3, 4 };
	uint32_t got[30];
	double cosine[30];

	(void)state;
	knn_neighbours(x, 6, 2, 5, 1, got, cosine);
	assert_memory_equal(got, nearest, sizeof got);
	assert_true(cosine[0] == 1 && cosine[1] == 1 && cosine[2] == 0 && cosine[25] == 0);
	/* 5 5 7 9 9 of number 0: two and two, the smaller one; 7 5 7 9 9 of number 1: 7. */
	assert_true(knn_vote(label, got, 5) == 5);
	assert_true(knn_vote(label, got + 5, 5) == 7);
	/* 7 alone; 9 7 of number 3: one and one. */
	assert_true(knn_vote(label, got + 5, 1) == 7 && knn_vote(label, got + 15, 2) == 7);
}

/* Classes of 4, 1 and 2, of which 3, 1 and 0 are judged rightly. */
static void test_errors(void **state)
{
	static const int64_t label[] = { 1, 1, 1, 1, 2, 3, 3, 2 };
	static const uint32_t neighbour[] = { 1, 0, 0, 4, 7, 0, 0, 0 };
	struct knn_score s = knn_score(label, 7, neighbour, 1);

	(void)state;
	assert_true(s.n == 7 && s.classes == 3);
	assert_true(fabs(s.accuracy - 4. / 7) < 1e-15 && fabs(s.error - sqrt(4. * 3 / 343)) < 1e-15);
	assert_true(fabs(s.balanced - 1.75 / 3) < 1e-15);
	assert_true(fabs(s.balanced_error - sqrt(.75 * .25 / 4) / 3) < 1e-15);
}

/* Vectors that cannot be compared stand at cosine 0, and spoil nothing. */
static void test_not_finite(void **state)
{
	const float x[] = { NAN, 1, 1, 1, INFINITY, 2, 1, 2, -1, -1 };
	uint32_t got[20];
	double cosine[20];

	(void)state;
	knn_neighbours(x, 5, 2, 4, 1, got, cosine);
	assert_memory_equal(got, ((uint32_t[]){ 1, 2, 3, 4, 3, 0, 2, 4, 0, 1, 3, 4, 1, 0, 2, 4, 0, 2, 3, 1 }),
			    sizeof got);
	for (int i = 0; i < 20; i++)
		assert_true(fabs(cosine[i]) <= 1 + 1e-15);
}

/* A negative label: as if the vector were not there. */
static void test_left_out(void **state)
{
	float x[6 * DIM];
	int64_t label[6], few[4];
	struct knn_score all, kept;

	(void)state;
	memcpy(x, want.x, sizeof x);
	for (int i = 0; i < 6; i++)
		label[i] = i % 3 == 1 ? -1 : i & 1;
	for (int i = 0, k = 0; i < 6; i++) {
		if (label[i] < 0)
			continue;
		few[k] = label[i];
		memmove(x + k++ * DIM, want.x + i * DIM, DIM * sizeof *x);
	}
	all = knn_leave_one_out(want.x, 6, DIM, label, 2, 1);
	kept = knn_leave_one_out(x, 4, DIM, few, 2, 1);
	assert_memory_equal(&all, &kept, sizeof all);
	assert_int_equal(all.n, 4);
	/* More neighbours than there are: all three others. */
	all = knn_leave_one_out(x, 4, DIM, few, 20, 1);
	kept = knn_leave_one_out(x, 4, DIM, few, 3, 1);
	assert_memory_equal(&all, &kept, sizeof all);
	all = knn_leave_one_out(x, 1, DIM, few, 2, 1);
	assert_true(all.n == 0 && isnan(all.accuracy) && isnan(all.error) && isnan(all.balanced));
}

/* Blocks and tiles that end anywhere, any number of threads: against sums one by one. */
static void test_shapes(void **state)
{
	static const struct {
		size_t n, dim, k;
	} shapes[] = { { 2, 1, 1 }, { 15, 3, 14 }, { 64, 128, 5 }, { 65, 129, 3 }, { 200, 257, 7 }, { 130, 300, 129 } };

	(void)state;
	for (size_t t = 0; t < sizeof shapes / sizeof *shapes; t++) {
		size_t n = shapes[t].n, dim = shapes[t].dim, k = shapes[t].k, bytes = n * k * sizeof(uint32_t);
		float *x = malloc(n * dim * sizeof *x);
		uint32_t *got = malloc(bytes), *again = malloc(bytes);
		double *cosine = malloc(n * k * sizeof *cosine), *norm = calloc(n, sizeof *norm);
		struct rng r;

		rng_init(&r, 11, 0, t, 0);
		for (size_t i = 0; i < n * dim; i++)
			x[i] = (float)rng_normal(&r);
		knn_neighbours(x, n, dim, k, 1, got, cosine);
		knn_neighbours(x, n, dim, k, 4, again, NULL);
		assert_memory_equal(got, again, bytes);
		for (size_t i = 0; i < n; i++) {
			for (size_t d = 0; d < dim; d++)
				norm[i] += (double)x[i * dim + d] * (double)x[i * dim + d];
			norm[i] = 1 / sqrt(norm[i]);
		}
		for (size_t i = 0; i < n; i++) {
			size_t nearer = 0;

			for (size_t j = 0; j < n; j++) {
				double sum = 0, c;
				bool listed = false;

				for (size_t d = 0; d < dim; d++)
					sum += (double)x[i * dim + d] * (double)x[j * dim + d];
				c = sum * norm[i] * norm[j];
				for (size_t a = 0; a < k; a++)
					if (got[i * k + a] == j) {
						listed = true;
						assert_true(cosine[i * k + a] == c);
					}
				nearer += i != j && !listed && c > cosine[i * k + k - 1];
				assert_false(listed && i == j);
			}
			assert_int_equal(nearer, 0);
			for (size_t a = 1; a < k; a++)
				assert_true(cosine[i * k + a] <= cosine[i * k + a - 1]);
		}
		free(x);
		free(got);
		free(again);
		free(cosine);
		free(norm);
	}
}

static void test_same_bits(void **state)
{
	_Alignas(64) double rows[40 * KNN_ROWS], cols[40 * KNN_COLS], sum[3][KNN_ROWS * KNN_COLS];
	struct rng r;

	(void)state;
	rng_init(&r, 12, 0, 0, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		rows[i] = (double)(float)rng_normal(&r);
	for (size_t i = 0; i < sizeof cols / sizeof *cols; i++)
		cols[i] = (double)(float)rng_normal(&r);
	for (int i = 0; i < KNN_ROWS * KNN_COLS; i++)
		sum[0][i] = sum[1][i] = sum[2][i] = rng_normal(&r);
	knn_tile_loop(rows, cols, 40, sum[0]);
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
		knn_tile_avx2(rows, cols, 40, sum[1]);
		assert_memory_equal(sum[0], sum[1], sizeof sum[0]);
	}
	if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
		knn_tile_avx512(rows, cols, 40, sum[2]);
		assert_memory_equal(sum[0], sum[2], sizeof sum[0]);
	}
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours), cmocka_unit_test(test_votes),      cmocka_unit_test(test_ties),
		cmocka_unit_test(test_errors),	   cmocka_unit_test(test_not_finite), cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_shapes),	   cmocka_unit_test(test_same_bits),
	};

	return cmocka_run_group_tests(tests, read_golden, NULL);
}
