/* .mat files of our own making: what mat.h reads of both forms, the same bytes again, a disk that is full. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "common/mat.h"
#include "common/mat_out.h"

static const double f64[] = { 1, 2, 3, 4, .1, 1e300 };
static const float f32[] = { .1F, -2 };
static const int16_t i16[] = { -5, 300 };
static const int32_t i32[] = { 1 << 30, -7, 9 };
static const uint8_t u8[24] = { 0, 1, [10] = 99, [23] = 255 };
static const struct mat_out_array arrays[] = {
	{ "f64", MAT_OUT_F64, { 2, 3 }, f64 }, { "f32", MAT_OUT_F32, { 1, 2 }, f32 },
	{ "i16", MAT_OUT_I16, { 2, 1 }, i16 }, { "i32", MAT_OUT_I32, { 3, 1 }, i32 },
	{ "u8", MAT_OUT_U8, { 2, 3, 4 }, u8 }, { "text", MAT_OUT_TEXT, { 0 }, "0/image00002.jpg" },
};
enum { ARRAYS = sizeof arrays / sizeof *arrays };

static int write_all(enum mat_out_form form, const char *path, struct err *e)
{
	struct mat_out *m = mat_out_open(path, form);

	assert_non_null(m);
	for (int i = 0; i < ARRAYS; i++)
		assert_int_equal(mat_out_array(m, &arrays[i], e), 0);
	assert_int_equal(mat_out_cell(m, "cell", &arrays[4], 2, e), 0);
	assert_int_equal(mat_out_struct(m, "model", arrays, 2, e), 0);
	return mat_out_commit(m, e);
}

static void expect(const struct mat_file *f, const char *name, uint64_t rows, uint64_t cols)
{
	assert_true(mat_is_matrix(mat_find(f, name), rows, cols));
}

static void check_all(const char *path)
{
	static const char *const names[] = { "f64",  "f32",  "i16",	  "i32",       "u8",
					     "text", "cell", "model.f64", "model.f32", NULL };
	struct mat_file f;
	struct err e = { 0 };
	const struct mat *m;

	if (mat_read(&f, path, names, NULL, &e))
		fail_msg("%s", e.msg);
	expect(&f, "f64", 2, 3);
	for (int i = 0; i < 6; i++) {
		assert_true(mat_number(mat_find(&f, "f64"), (uint64_t)i) == f64[i]);
		assert_true(mat_number(mat_find(&f, "model.f64"), (uint64_t)i) == f64[i]);
	}
	expect(&f, "f32", 1, 2);
	expect(&f, "model.f32", 1, 2);
	assert_true(mat_number(mat_find(&f, "f32"), 0) == (double)f32[0]);
	expect(&f, "i16", 2, 1);
	assert_true(mat_number(mat_find(&f, "i16"), 1) == 300);
	expect(&f, "i32", 3, 1);
	assert_true(mat_number(mat_find(&f, "i32"), 0) == 1 << 30 && mat_number(mat_find(&f, "i32"), 1) == -7);
	m = mat_find(&f, "cell");
	assert_int_equal(m->kind, MAT_CELL);
	assert_true(m->dims[0] == 2 && m->dims[1] == 1);
	assert_string_equal(m->cell[1].text, "0/image00002.jpg");
	for (int k = 0; k < 2; k++) {
		const struct mat *p = k ? &m->cell[0] : mat_find(&f, "u8");

		assert_int_equal(p->kind, MAT_U8);
		assert_true(p->dims[0] == 2 && p->dims[1] == 3 && p->dims[2] == 4);
		assert_memory_equal(p->u8, u8, sizeof u8);
	}
	mat_release(&f);
}

static void test_both_forms(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (int form = 0; form < 2; form++) {
		char path[] = "/tmp/frl-mat-out-XXXXXX";

		close(mkstemp(path));
		if (write_all((enum mat_out_form)form, path, &e))
			fail_msg("%s", e.msg);
		check_all(path);
		unlink(path);
	}
}

static void test_same_bytes(void **state)
{
	struct buf b[2] = { { 0 }, { 0 } };
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		char path[] = "/tmp/frl-mat-out-XXXXXX";

		close(mkstemp(path));
		assert_int_equal(write_all(MAT_OUT_V5, path, &e), 0);
		assert_int_equal(io_slurp(path, 1 << 20, &b[i], &e), 0);
		unlink(path);
	}
	assert_int_equal(b[0].len, b[1].len);
	assert_memory_equal(b[0].data, b[1].data, b[0].len);
	buf_release(&b[0]);
	buf_release(&b[1]);
}

static int files_in(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* A file may not grow beyond 4 KiB: neither form leaves anything behind. */
static void test_no_room(void **state)
{
	static double many[8192];
	const struct mat_out_array large = { "many", MAT_OUT_F64, { 8192, 1 }, many };
	struct rlimit old, small;
	char folder[] = "/tmp/frl-mat-out-XXXXXX", path[64];

	(void)state;
	for (int i = 0; i < 8192; i++)
		many[i] = 1.0 / (i + 1);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.mat", folder);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	for (int form = 0; form < 2; form++) {
		struct err e = { 0 };
		struct mat_out *m;
		int rc = -1;

		setrlimit(RLIMIT_FSIZE, &small);
		m = mat_out_open(path, (enum mat_out_form)form);
		if (!mat_out_array(m, &large, &e))
			rc = mat_out_commit(m, &e);
		else
			mat_out_abort(m);
		setrlimit(RLIMIT_FSIZE, &old);
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, EXIT_CODE_FAILED);
		assert_non_null(strstr(e.msg, "x.mat"));
		assert_int_equal(files_in(folder), 0);
	}
	rmdir(folder);
	mat_out_abort(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_forms),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
