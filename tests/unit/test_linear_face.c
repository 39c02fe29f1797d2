/* test_linear_face.c - linear models of faces: files that are none; a pose by hand (its use on 300W-LP: tests/cli/curate.bats) */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/model/linear_face.h"
#include "common/nn/safetensors.h"

static char path[] = "/tmp/linear-face.XXXXXX";
static const float number[24] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

/* A model of two vertices whose tensor `which` has another shape; -1: sound. */
static void write_model(int which, const struct shape *other, enum dtype dtype)
{
	struct safetensor t[] = {
		{ .name = "mean", .dtype = DTYPE_F32, .shape = { 2, { 2, 3 } } },
		{ .name = "identity", .dtype = DTYPE_F32, .shape = { 3, { 2, 2, 3 } } },
		{ .name = "expression", .dtype = DTYPE_F32, .shape = { 3, { 1, 2, 3 } } },
	};
	struct out o;
	struct err e = { 0 };

	if (which >= 0) {
		t[which].shape = *other;
		t[which].dtype = dtype;
	}
	for (int i = 0; i < 3; i++) {
		t[i].data = number;
		t[i].bytes = (size_t)shape_bytes(&t[i].shape, t[i].dtype);
		assert_true(t[i].bytes <= sizeof number);
	}
	assert_int_equal(out_open(&o, path, true, &e), 0);
	assert_int_equal(safetensors_write(&o, t, 3, NULL, 0, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
}

static void test_shape(void **state)
{
	const float a[] = { 10, 100 }, b[] = { 1000 };
	struct linear_face m;
	struct err e = { 0 };
	float v[6];

	(void)state;
	write_model(-1, NULL, DTYPE_F32);
	assert_int_equal(linear_face_open(&m, path, &e), 0);
	assert_int_equal(m.vertices, 2);
	assert_int_equal(m.identities, 2);
	assert_int_equal(m.expressions, 1);
	linear_face_shape(&m, a, b, v);
	for (int i = 0; i < 6; i++)
		assert_true(v[i] == number[i] + 10 * number[i] + 100 * number[6 + i] + 1000 * number[i]);
	linear_face_release(&m);
}

static void test_bad(void **state)
{
	static const struct {
		int which;
		struct shape shape;
		enum dtype dtype;
	} bad[] = {
		{ 0, { 2, { 3, 2 } }, DTYPE_F32 },    { 0, { 1, { 6 } }, DTYPE_F32 },
		{ 0, { 2, { 0, 3 } }, DTYPE_F32 },    { 1, { 3, { 2, 1, 3 } }, DTYPE_F32 },
		{ 1, { 2, { 4, 3 } }, DTYPE_F32 },    { 2, { 3, { 0, 2, 3 } }, DTYPE_F32 },
		{ 2, { 3, { 1, 3, 2 } }, DTYPE_F32 }, { 2, { 3, { 1, 2, 3 } }, DTYPE_I32 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct linear_face m;
		struct err e = { 0 };

		write_model(bad[i].which, &bad[i].shape, bad[i].dtype);
		assert_int_equal(linear_face_open(&m, path, &e), -1);
		assert_non_null(strstr(e.msg, path));
		linear_face_release(&m);
	}
}

/* A quarter turn each: what 3DDFA's matrices do to (1, 2, 3). */
static void test_project(void **state)
{
	static const struct {
		float pose[LINEAR_FACE_POSE], want[3];
	} turn[] = {
		{ { 0, 0, 0, 10, 20, 30, 2 }, { 12, 451 - 24, 36 } },
		{ { (float)M_PI_2, 0, 0, 0, 0, 0, 1 }, { 1, 451 - 3, -2 } },
		{ { 0, (float)M_PI_2, 0, 0, 0, 0, 1 }, { -3, 451 - 2, 1 } },
		{ { 0, 0, (float)M_PI_2, 0, 0, 0, 1 }, { 2, 451 + 1, 3 } },
		/* roll first, then yaw, then pitch: (1 2 3) -> (2 -1 3) -> (-3 -1 2) -> (-3 2 1) */
		{ { (float)M_PI_2, (float)M_PI_2, (float)M_PI_2, 0, 0, 0, 1 }, { -3, 451 - 2, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof turn / sizeof *turn; i++) {
		float v[3] = { 1, 2, 3 };

		linear_face_project(v, 1, turn[i].pose, 451);
		for (int k = 0; k < 3; k++)
			assert_true(fabsf(v[k] - turn[i].want[k]) < 1e-4F);
	}
}

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_project),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
