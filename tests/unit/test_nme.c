/* Landmark errors: the published table of COFW-68 to its last digit, normalisers, the curve's edges. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/io.h"
#include "common/mat.h"
#include "common/metrics/nme.h"
#include "tests/unit/support_golden.h"

enum { FACES = 507, POINTS = 68 };

/* n_points.mat, n = 1 .. 507: Points 68 x 2. */
static void read_truth(double (*truth)[POINTS][2])
{
	static const char *const want[] = { "Points", NULL };

	for (int i = 0; i < FACES; i++) {
		char name[100];
		struct mat_file f;
		struct err e = { 0 };
		char *path;
		const struct mat *m;

		snprintf(name, sizeof name, "cofw68/COFW68_Data/test_annotations/%d_points.mat", i + 1);
		path = shared_path(name);
		assert_non_null(path);
		assert_int_equal(mat_read(&f, path, want, NULL, &e), 0);
		m = mat_find(&f, "Points");
		assert_int_equal(m->dims[0], POINTS);
		assert_int_equal(m->dims[1], 2);
		for (size_t k = 0; k < POINTS; k++) {
			truth[i][k][0] = mat_number(m, k);
			truth[i][k][1] = mat_number(m, k + POINTS);
		}
		mat_release(&f);
		free(path);
	}
}

/* Four lines a face: its number, 68 x, 68 y, 68 flags. */
static void read_result(const char *name, double (*pred)[POINTS][2])
{
	char *path = shared_path(name), *s;
	struct buf b = { 0 };

	assert_int_equal(io_slurp(path, 4 << 20, &b, NULL), 0);
	s = b.data;
	for (int n = 0; n < FACES; n++) {
		long i = strtol(s, &s, 10) - 1;

		assert_in_range(i, 0, FACES - 1);
		for (int c = 0; c < 2; c++)
			for (int k = 0; k < POINTS; k++)
				pred[i][k][c] = strtod(s, &s);
		for (int k = 0; k < POINTS; k++)
			(void)strtod(s, &s);
	}
	buf_release(&b);
	free(path);
}

static void test_cofw68(void **state)
{
	static const struct {
		const char *file, *nme, *fr;
	} method[] = { { "cofw68/Results/CFSS_CFOW68.txt", "6.28", "9.07" },
		       { "cofw68/Results/SAPM_COFW68.txt", "6.64", "5.72" },
		       { "cofw68/Results/TCDCN_CFOW68.txt", "7.66", "16.17" } };
	static double truth[FACES][POINTS][2], pred[FACES][POINTS][2], error[FACES];
	char *there = shared_path("cofw68/Results");

	(void)state;
	if (!there)
		skip();
	free(there);
	read_truth(truth);
	for (size_t m = 0; m < 3; m++) {
		char text[16];
		double sum = 0;

		read_result(method[m].file, pred);
		for (int i = 0; i < FACES; i++) {
			double d = nme_divisor(NME_OUTER_EYE_CORNERS, truth[i][0], POINTS, NULL);
			sum += error[i] = nme_distance(pred[i][0], truth[i][0], POINTS, 2) / d;
		}
		assert_int_equal(nme_sort(error, FACES), 0);
		snprintf(text, sizeof text, "%.2f", 100 * sum / FACES);
		assert_string_equal(text, method[m].nme);
		snprintf(text, sizeof text, "%.2f", 100 * (1 - nme_ced(error, FACES, .1)));
		assert_string_equal(text, method[m].fr);
	}
}

static void test_divisors(void **state)
{
	static const size_t known[] = { 5, 19, 29, 68, 98 };
	double p[98][2], box[4] = { 10, 20, 13, 24 };

	(void)state;
	for (int i = 0; i < 98; i++) {
		p[i][0] = i;
		p[i][1] = 0;
	}
	assert_true(nme_divisor(NME_BOX, p[0], 68, box) == sqrt(12));
	assert_true(nme_divisor(NME_DIAGONAL, p[0], 68, box) == 5);
	assert_true(nme_divisor(NME_POINTS_BOX, p[0], 68, NULL) == 0);
	assert_true(nme_divisor(NME_POINTS_DIAGONAL, p[0], 68, NULL) == 67);
	assert_true(nme_divisor(NME_OUTER_EYE_CORNERS, p[0], 68, NULL) == 9);
	assert_true(fabs(nme_divisor(NME_EYE_CENTRES, p[0], 68, NULL) - 6) < 1e-12);
	assert_true(nme_divisor(NME_OUTER_EYE_CORNERS, p[0], 98, NULL) == 12);
	assert_true(nme_divisor(NME_EYE_CENTRES, p[0], 98, NULL) == 1);
	assert_true(nme_divisor(NME_OUTER_EYE_CORNERS, p[0], 29, NULL) == 1);
	assert_true(isnan(nme_divisor(NME_EYE_CENTRES, p[0], 29, NULL)));
	assert_true(nme_divisor(NME_OUTER_EYE_CORNERS, p[0], 19, NULL) == 5);
	assert_true(nme_divisor(NME_EYE_CENTRES, p[0], 19, NULL) == 3);
	for (size_t n = 1; n < 98; n++) {
		int is_known = 0;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			is_known |= known[i] == n;
		assert_int_equal(isnan(nme_divisor(NME_OUTER_EYE_CORNERS, p[0], n, NULL)), !is_known);
	}
}

static void test_curve(void **state)
{
	double ties[] = { .05, NAN, .05, .05, .2 }, zero[] = { 0, 0 }, far[] = { 1 };

	(void)state;
	assert_int_equal(nme_sort(ties, 5), 1);
	assert_true(isnan(ties[4]));
	assert_true(nme_ced(ties, 4, .05) == .75); /* <= */
	assert_true(nme_ced(ties, 4, nextafter(.05, 0)) == 0);
	assert_true(isnan(nme_ced(ties, 0, 1)));
	assert_true(fabs(nme_auc(zero, 2, .1) - 1) < 1e-12);
	assert_true(nme_auc(far, 1, .1) == 0);
	/* A step at half of tau: half the area, to within one step of the grid. */
	assert_true(fabs(nme_auc(ties, 3, .1) - .5) < 1e-3);
}

static void test_thresholds(void **state)
{
	static const double good[] = { .1, .08, .07, .05, .0002, 1 },
			    bad[] = { 0, -.1, .1001, .00015, NAN, INFINITY, 1e9 };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(nme_threshold_ok(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(nme_threshold_ok(bad[i]));
}

static void test_distance(void **state)
{
	static const double a[] = { 0, 0, 0, 1, 1, 1 }, b[] = { 3, 4, 0, 1, 1, 2 };

	(void)state;
	assert_true(nme_distance(a, b, 2, 3) == 3);
	assert_true(isnan(nme_distance(a, b, 0, 2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cofw68),	   cmocka_unit_test(test_divisors), cmocka_unit_test(test_curve),
		cmocka_unit_test(test_thresholds), cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
