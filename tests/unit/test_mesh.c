/* 3D faces: alignment, nearest neighbours, and AFLW2000-3D as published. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/mat.h"
#include "common/metrics/align.h"
#include "common/metrics/mesh.h"
#include "common/rng.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_npy.h"

enum { N = 500, FACES = 2000, POINTS = 68 };

static void cloud(double (*p)[3], size_t n, uint64_t seed)
{
	struct rng r;

	rng_init(&r, seed, 0, 0, 0);
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			p[i][k] = rng_normal(&r) * (30 + 10 * k);
}

static double largest_gap(const double (*a)[3], const double (*b)[3], size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			most = fmax(most, fabs(a[i][k] - b[i][k]));
	return most;
}

static double determinant(const double m[3][3])
{
	return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
	       m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* A known similarity is found again: a third of a turn about (1, 1, 1), which permutes the axes. */
static void test_align_finds(void **state)
{
	const struct align want = { 1.7, { { 0, 0, 1 }, { 1, 0, 0 }, { 0, 1, 0 } }, { 5, -70, 300 } };
	double from[N][3], to[N][3], back[N][3];
	struct align a;

	(void)state;
	cloud(from, N, 1);
	align_apply(&want, (const double(*)[3])from, N, to);
	align_points((const double(*)[3])from, (const double(*)[3])to, N, 0, &a);
	assert_true(fabs(a.scale - want.scale) < 1e-12);
	align_apply(&a, (const double(*)[3])from, N, back);
	assert_true(largest_gap((const double(*)[3])to, (const double(*)[3])back, N) < 1e-9);
	align_points((const double(*)[3])from, (const double(*)[3])to, N, 1, &a);
	assert_true(a.scale == 1);
	assert_true(fabs(a.rotation[0][2] - 1) < 1e-12);
}

/* A mirrored cloud is not mirrored back, and degenerate ones do no harm. */
static void test_align_never_reflects(void **state)
{
	double from[N][3], to[N][3];
	struct align a;

	(void)state;
	cloud(from, N, 2);
	for (int i = 0; i < N; i++) {
		memcpy(to[i], from[i], sizeof *to);
		to[i][0] = -to[i][0];
	}
	align_points((const double(*)[3])from, (const double(*)[3])to, N, 0, &a);
	assert_true(fabs(determinant(a.rotation) - 1) < 1e-9);
	for (int i = 0; i < N; i++)
		from[i][0] = from[i][1] = from[i][2] = 3;
	align_points((const double(*)[3])from, (const double(*)[3])to, N, 0, &a);
	assert_true(a.scale == 1 && fabs(determinant(a.rotation) - 1) < 1e-9);
	align_points((const double(*)[3])from, (const double(*)[3])to, 0, 0, &a);
	assert_true(a.scale == 1);
}

static void test_nearest(void **state)
{
	double p[N][3], x[3];
	struct rng r;

	(void)state;
	rng_init(&r, 3, 0, 0, 0);
	for (size_t n = 1; n <= N; n += 83) {
		struct kdtree *t;

		/* Whole numbers: many points are the same, many distances are equal. */
		for (size_t i = 0; i < n; i++)
			for (int k = 0; k < 3; k++)
				p[i][k] = rng_below(&r, 6);
		t = kdtree_new((const double(*)[3])p, n);
		for (int q = 0; q < 200; q++) {
			double square, best = INFINITY;
			size_t at;

			for (int k = 0; k < 3; k++)
				x[k] = 8 * rng_f64(&r) - 1;
			at = kdtree_nearest(t, x, &square);
			for (size_t i = 0; i < n; i++) {
				double d = 0;
				for (int k = 0; k < 3; k++)
					d += (p[i][k] - x[k]) * (p[i][k] - x[k]);
				best = fmin(best, d);
			}
			assert_true(at < n && fabs(square - best) < 1e-12);
		}
		kdtree_free(t);
	}
}

/* A small turn is undone by ICP without knowing which point is which. */
static void test_icp(void **state)
{
	const double c = cos(.005), s = sin(.005);
	const struct align turn = { 1, { { c, -s, 0 }, { s, c, 0 }, { 0, 0, 1 } }, { .1, 0, -.1 } };
	double from[N][3], to[N][3];
	size_t nearest[N];

	(void)state;
	cloud(from, N, 4);
	align_apply(&turn, (const double(*)[3])from, N, to);
	assert_true(align_icp(from, N, (const double(*)[3])to, N, 100, nearest) < 1e-6);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(nearest[i], i);
}

static void test_definitions(void **state)
{
	static const double truth[][3] = { { 0, 0, 5 }, { 4, 9, 1 } }, pred[][3] = { { 3, 4, 105 }, { 4, 9, 101 } };
	static const double flat[][3] = { { 0, 0, 0 }, { 1, 0, 0 } };

	(void)state;
	assert_true(mesh_box(truth, 2) == 6);
	assert_true(isnan(mesh_box(truth, 0)));
	assert_true(fabs(mesh_nme_2d(pred, truth, 2) - 2.5 / 6) < 1e-15);
	/* z is shifted as a whole: 100 too deep is no error. */
	assert_true(fabs(mesh_nme_3d(pred, truth, 2) - 2.5 / 6) < 1e-12);
	assert_true(isinf(mesh_nme_2d(pred, flat, 2)));
	assert_int_equal(mesh_yaw_bin(-30), 0);
	assert_int_equal(mesh_yaw_bin(30.0001), 1);
	assert_int_equal(mesh_yaw_bin(-60), 1);
	assert_int_equal(mesh_yaw_bin(351), 2);
	assert_int_equal(mesh_yaw_bin(NAN), -1);
}

/* ---- AFLW2000-3D */

static float *published(const char *name, size_t want)
{
	char *path = shared_path(name);
	size_t n;
	float *v;

	if (!path)
		return NULL;
	v = support_npy(path, &n);
	assert_non_null(v);
	assert_int_equal(n, want);
	free(path);
	return v;
}

static const char points_file[] = "aflw2000-truth/test.configs/AFLW2000-3D.pts68.npy";
static const char yaw_file[] = "aflw2000-truth/test.configs/AFLW2000-3D.pose.npy";

/* Bins of 1312, 383 and 305; and what NumPy gives for the truth moved by a formula (tests/golden/make_mesh.py). */
static void test_aflw2000(void **state)
{
	static const double want[2][5] = {
		{ 3.9840586501593895, 3.761987139965765, 4.3806044121042795, 4.441372730648378, 4.194654760906141 },
		{ 5.070636419759507, 4.788332316443026, 5.574201149613005, 5.652661639488463, 5.338398368514832 },
	};
	float *points = published(points_file, (size_t)FACES * POINTS * 3), *yaw = published(yaw_file, FACES);
	double all[2] = { 0 }, sum[2][3] = { { 0 } };
	int count[3] = { 0 };

	(void)state;
	if (!points || !yaw)
		skip();
	for (size_t f = 0; f < FACES; f++) {
		double truth[POINTS][3], pred[POINTS][3], e[2];
		int bin = mesh_yaw_bin((double)yaw[f]);

		for (size_t i = 0; i < POINTS; i++)
			for (size_t k = 0; k < 3; k++) {
				uint64_t at = (f * POINTS + i) * 3 + k;
				truth[i][k] = (double)points[(f * 3 + k) * POINTS + i];
				pred[i][k] = truth[i][k] + ((double)(at * 7919 % 1009) / 1009 - .5) * 20;
			}
		e[0] = mesh_nme_2d((const double(*)[3])pred, (const double(*)[3])truth, POINTS);
		e[1] = mesh_nme_3d((const double(*)[3])pred, (const double(*)[3])truth, POINTS);
		count[bin]++;
		for (int d = 0; d < 2; d++) {
			all[d] += 100 * e[d] / FACES;
			sum[d][bin] += 100 * e[d];
		}
	}
	assert_int_equal(count[0], 1312);
	assert_int_equal(count[1], 383);
	assert_int_equal(count[2], 305);
	for (int d = 0; d < 2; d++) {
		double mean = 0;
		assert_true(fabs(all[d] - want[d][0]) < 1e-9);
		for (int b = 0; b < 3; b++) {
			assert_true(fabs(sum[d][b] / count[b] - want[d][1 + b]) < 1e-9);
			mean += sum[d][b] / count[b] / 3;
		}
		assert_true(fabs(mean - want[d][4]) < 1e-9);
	}
	free(points);
	free(yaw);
}

/* The eight pictures' own files: each is one row, to the last bit, and in the order of the names. */
static void test_aflw2000_files(void **state)
{
	static const char *const name[] = { "00050", "00081", "00251", "00430", "00475", "00514", "00516", "01038" };
	static const char *const want[] = { "pt3d_68", "Pose_Para", NULL };
	float *points = published(points_file, (size_t)FACES * POINTS * 3), *yaw = published(yaw_file, FACES);
	size_t row = 0;

	(void)state;
	if (!points || !yaw)
		skip();
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char file[60];
		struct mat_file f;
		struct err e = { 0 };
		const struct mat *m;
		char *path;

		snprintf(file, sizeof file, "aflw2000/AFLW2000/image%s.mat", name[i]);
		path = shared_path(file);
		if (!path)
			skip();
		assert_int_equal(mat_read(&f, path, want, NULL, &e), 0);
		m = mat_find(&f, "pt3d_68");
		assert_int_equal(m->count, 3 * POINTS);
		for (; row < FACES; row++) {
			size_t same = 0;
			for (size_t k = 0; k < 3 * POINTS; k++)
				same += mat_number(m, k / POINTS + 3 * (k % POINTS)) ==
					(double)points[row * 3 * POINTS + k];
			if (same == 3 * POINTS)
				break;
		}
		assert_true(row < FACES);
		assert_true(fabs(mat_number(mat_find(&f, "Pose_Para"), 1) * 57.29577951308232 - (double)yaw[row]) <
			    1e-4);
		row++;
		mat_release(&f);
		free(path);
	}
	free(points);
	free(yaw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align_finds),    cmocka_unit_test(test_align_never_reflects),
		cmocka_unit_test(test_nearest),	       cmocka_unit_test(test_icp),
		cmocka_unit_test(test_definitions),    cmocka_unit_test(test_aflw2000),
		cmocka_unit_test(test_aflw2000_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
