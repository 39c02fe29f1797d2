/* test_bfm.c - 3D face models in MATLAB files: the vertices that NumPy makes of them, and damaged ones */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/le.h"
#include "tests/unit/support_golden.h"
#include "tools/weights/bfm.h"

enum { V = 70, K = 5, E = 3, T = 40, KEYPOINTS = 68, NUMBERS = K + E + 3 * V + 3 * T + KEYPOINTS + K + E };

static double want[NUMBERS];

static int read_want(void **state)
{
	char *path = golden_path("weights/bfm/want.txt");
	FILE *f = fopen(path, "r");
	int n = 0;

	(void)state;
	while (f && n < NUMBERS && fscanf(f, "%lf", &want[n]) == 1)
		n++;
	if (f)
		fclose(f);
	free(path);
	return n == NUMBERS ? 0 : -1;
}

static double f32(const struct weights *w, const char *name, size_t i)
{
	const struct weight *t = weights_find(w, name);
	float v;

	assert_non_null(t);
	assert_int_equal(t->dtype, DTYPE_F32);
	assert_true((i + 1) * sizeof v <= t->bytes);
	memcpy(&v, t->data + i * sizeof v, sizeof v);
	return v;
}

static void check_i32(const struct weights *w, const char *name, const double *value, size_t n)
{
	const struct weight *t = weights_find(w, name);

	assert_non_null(t);
	assert_int_equal(t->dtype, DTYPE_I32);
	assert_int_equal(t->bytes, 4 * n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(le_get32(t->data + 4 * i), (uint32_t)value[i]);
}

/* Vertices of the golden coefficients, by the formula of bfm.h. */
static void check(const struct weights *w, bool with_sigma)
{
	const double *a = want, *b = a + K, *face = b + E, *tri = face + 3 * V, *kpt = tri + 3 * T,
		     *sigma = kpt + KEYPOINTS;

	for (size_t i = 0; i < 3 * V; i++) {
		double v = f32(w, "mean", i), room = fabs(v);

		for (size_t k = 0; k < K; k++) {
			v += a[k] * f32(w, "identity", k * 3 * V + i);
			room += fabs(a[k] * f32(w, "identity", k * 3 * V + i));
		}
		for (size_t k = 0; k < E; k++) {
			v += b[k] * f32(w, "expression", k * 3 * V + i);
			room += fabs(b[k] * f32(w, "expression", k * 3 * V + i));
		}
		/* Every number was rounded to f32 once, the coefficients to 12 digits. */
		assert_true(fabs(v - face[i]) <= 6e-8 * room);
	}
	check_i32(w, "triangles", tri, 3 * T);
	check_i32(w, "keypoints", kpt, KEYPOINTS);
	for (size_t k = 0; k < K; k++)
		assert_true(fabs(f32(w, "identity_sigma", k) / sigma[k] - 1) < 6e-8);
	for (size_t k = 0; k < E && with_sigma; k++)
		assert_true(fabs(f32(w, "expression_sigma", k) / sigma[K + k] - 1) < 6e-8);
	assert_int_equal(weights_find(w, "expression_sigma") != NULL, with_sigma);
}

static int load(struct weights *w, const char *shape, const char *expression, struct err *e)
{
	char *a = golden_path(shape), *b = expression ? golden_path(expression) : NULL;
	int rc = bfm_load(w, a, b, e);

	free(a);
	free(b);
	return rc;
}

static void test_face3d(void **state)
{
	struct weights w = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load(&w, "weights/bfm/BFM.mat", NULL, &e), 0);
	check(&w, true);
	weights_release(&w);
}

static void test_3ddfa(void **state)
{
	static const char *const expression[] = { "weights/bfm/Model_Exp.mat", "weights/bfm/Model_Exp-no-sigma.mat" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct weights w = { 0 };
		struct err e = { 0 };

		assert_int_equal(load(&w, "weights/bfm/Model_Shape.mat", expression[i], &e), 0);
		check(&w, i == 0);
		weights_release(&w);
	}
}

static void test_small(void **state)
{
	static const double tri[] = { 0, 1, 2, 1, 2, 3 }, zero[6];
	struct weights w = { 0 }, t = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(load(&w, "weights/bfm/sound.mat", NULL, &e), 0);
	check_i32(&w, "triangles", zero, 6);
	assert_int_equal(load(&t, "weights/bfm/transposed-triangles.mat", NULL, &e), 0);
	check_i32(&t, "triangles", tri, 6);
	weights_release(&w);
	weights_release(&t);
}

static void test_bad(void **state)
{
	static const struct {
		const char *name, *says;
	} bad[] = {
		{ "triangle-0", "model.tri is not numbers of vertices" },
		{ "triangle-5", "model.tri is not numbers of vertices" },
		{ "triangle-half", "model.tri is not numbers of vertices" },
		{ "keypoints-67", "model.kpt_ind is not 68 vertices" },
		{ "basis-of-3-vertices", "model.shapePC is not a column" },
		{ "expression-of-3-vertices", "model.expMU is not of as many vertices" },
		{ "deviations-3", "model.shapeEV is not a number for each component" },
		{ "nan", "model.shapePC is not finite" },
		{ "infinite-mean", "model.shapeMU is not finite" },
		{ "mean-10", "model.shapeMU is not x, y and z" },
		{ "no-basis", "no field 'model.shapePC'" },
		{ "no-struct", "no struct 'model'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *name = xasprintf("weights/bfm/bad-%s.mat", bad[i].name);
		struct weights w = { 0 };
		struct err e = { 0 };

		assert_int_equal(load(&w, name, NULL, &e), -1);
		if (!strstr(e.msg, bad[i].says))
			fail_msg("%s: '%s' does not say '%s'", name, e.msg, bad[i].says);
		weights_release(&w);
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_face3d),
		cmocka_unit_test(test_3ddfa),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, read_want, NULL);
}
