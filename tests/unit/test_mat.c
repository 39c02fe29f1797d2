/* .mat files through the child process: SciPy's files read right, damage is an error value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "common/mat.h"
#include "common/mat_child.h"
#include "tests/unit/support_golden.h"

static void test_kinds(void **state)
{
	char *path = golden_path("mat/kinds.mat");
	struct mat_file f;
	struct err e = { 0 };
	const struct mat *m, *inner;

	(void)state;
	assert_int_equal(mat_read(&f, path, NULL, NULL, &e), 0);
	assert_int_equal(f.n, 11);
	m = mat_find(&f, "f64");
	assert_int_equal(m->kind, MAT_F64);
	assert_int_equal(m->dims[0], 2);
	assert_int_equal(m->dims[1], 3);
	assert_int_equal(m->count, 6);
	/* Column-major: (1, 2) of [[.5 1.5 2.5] [3.5 4.5 5.5]]. */
	assert_true(mat_number(m, 1 + 2 * 2) == 5.5);
	m = mat_find(&f, "f32");
	assert_true(mat_number(m, 0) == (double)0.1f && mat_number(m, 1) == -2);
	m = mat_find(&f, "u8");
	assert_int_equal(m->kind, MAT_U8);
	assert_int_equal(m->dims[2], 4);
	assert_true(mat_number(m, 1 + 2 * 2 + 3 * 6) == 23);
	m = mat_find(&f, "i16");
	assert_true(mat_number(m, 0) == -5 && mat_number(m, 1) == 300);
	assert_true(mat_number(mat_find(&f, "u32"), 0) == 4000000000.0);
	m = mat_find(&f, "flag");
	assert_int_equal(m->kind, MAT_U8);
	assert_int_equal(m->u8[0], 1);
	assert_string_equal(mat_find(&f, "text")->text, "caf\xc3\xa9 \xe4\xb8\xad");
	m = mat_find(&f, "empty");
	assert_int_equal(m->kind, MAT_F64);
	assert_int_equal(m->count, 0);
	assert_int_equal(m->dims[1], 4);
	m = mat_find(&f, "nested");
	assert_int_equal(m->kind, MAT_CELL);
	assert_int_equal(m->count, 3);
	assert_string_equal(m->cell[0].text, "a/b");
	inner = &m->cell[1];
	assert_int_equal(inner->kind, MAT_CELL);
	assert_true(mat_number(&inner->cell[0], 1) == 2);
	assert_string_equal(inner->cell[1].text, "x");
	assert_int_equal(m->cell[2].count, 0);
	assert_int_equal(mat_find(&f, "record")->kind, MAT_OTHER);
	assert_int_equal(mat_find(&f, "complex")->kind, MAT_OTHER);
	assert_null(mat_find(&f, "absent"));
	mat_release(&f);
	free(path);
}

/* Version 7.3, as COFW's colour files: HDF5, transposed, pictures in a cell. */
static void test_hdf5(void **state)
{
	static const char *const want[] = { "phisT", "IsT", "name", NULL };
	char *path = golden_path("mat/v73.mat");
	struct mat_file f;
	struct err e = { 0 };
	const struct mat *m;

	(void)state;
	if (mat_read(&f, path, want, NULL, &e))
		fail_msg("%s", e.msg);
	m = mat_find(&f, "phisT");
	assert_int_equal(m->dims[0], 3);
	assert_int_equal(m->dims[1], 4);
	assert_true(mat_number(m, 1 + 2 * 3) == 1.5); /* row 1, column 2 */
	m = mat_find(&f, "IsT");
	assert_int_equal(m->kind, MAT_CELL);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->cell[0].kind, MAT_U8);
	assert_int_equal(m->cell[0].dims[0], 2);
	assert_int_equal(m->cell[0].dims[1], 4);
	assert_int_equal(m->cell[0].dims[2], 3);
	assert_int_equal(m->cell[0].u8[1 + 3 * 2 + 2 * 8], 23); /* row 1, column 3, blue */
	assert_int_equal(m->cell[1].dims[2], 1);
	assert_int_equal(m->cell[1].u8[1 + 2 * 2], 105);
	assert_string_equal(mat_find(&f, "name")->text, "caf\xc3\xa9");
	mat_release(&f);
	free(path);
}

static void test_names(void **state)
{
	static const char *const want[] = { "text", "f64", NULL };
	static const char *const absent[] = { "f64", "nothing", NULL };
	char *path = golden_path("mat/kinds.mat");
	struct mat_file f;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(mat_read(&f, path, want, NULL, &e), 0);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.var[0].name, "text");
	mat_release(&f);
	assert_int_equal(mat_read(&f, path, absent, NULL, &e), -1);
	assert_non_null(strstr(e.msg, "kinds.mat': no variable 'nothing'"));
	mat_release(&f);
	free(path);
}

static void fails(const char *path, const char *what)
{
	struct mat_file f;
	struct err e = { 0 };

	assert_int_equal(mat_read(&f, path, NULL, NULL, &e), -1);
	if (!strstr(e.msg, what))
		fail_msg("'%s' does not say '%s'", e.msg, what);
	mat_release(&f);
}

static void test_not_files(void **state)
{
	(void)state;
	fails("/nonexistent.mat", "cannot open '/nonexistent.mat'");
	fails("/tmp", "not a regular file");
	fails("/dev/zero", "not a regular file");
}

/* Every truncation of a real file: an error or fewer variables, and this process lives. */
static void test_truncated(void **state)
{
	char *path = golden_path("mat/kinds.mat");
	char cut[] = "/tmp/frl-test-mat-XXXXXX";
	struct buf whole = { 0 };
	struct err e = { 0 };
	int fd = mkstemp(cut);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(io_slurp(path, 1 << 20, &whole, &e), 0);
	for (size_t len = 0; len < whole.len; len += 13) {
		struct mat_file f;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_true(pwrite(fd, whole.data, len, 0) == (ssize_t)len);
		if (mat_read(&f, cut, NULL, NULL, &e) == 0)
			assert_true(f.n < (len < whole.len / 2 ? 11 : 12));
		mat_release(&f);
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(pwrite(fd, "<html>", 6, 0) == 6);
	fails(cut, "not a MATLAB file");
	close(fd);
	unlink(cut);
	buf_release(&whole);
	free(path);
}

static void test_limits(void **state)
{
	char *path = golden_path("mat/kinds.mat");
	struct mat_limits limits = { .bytes = 64 };
	struct mat_file f;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(mat_read(&f, path, NULL, &limits, &e), -1);
	assert_non_null(strstr(e.msg, "larger than 64 bytes"));
	mat_release(&f);
	free(path);
}

/* What a child gone wrong could send: counts that are not there, deep nesting, kinds that do not exist. */
static void test_decode_nonsense(void **state)
{
	static const uint64_t bad[][8] = {
		{ 0 },						    /* a name of no bytes */
		{ MAT_F64, 1, 1, 1, 1, 1, 5, 0 },		    /* count and dims differ */
		{ MAT_F64, 1, 1ull << 61, 1, 1, 1, 1ull << 61, 0 }, /* bytes overflow */
		{ MAT_U8, 1, 9, 1, 1, 1, 9, 0 },		    /* more than there is */
		{ MAT_TEXT, 1, 1, 1, 1, 1, UINT64_MAX, 0 },
		{ MAT_CELL, 1, 1ull << 32, 1ull << 32, 1, 1, 0, 0 },
		{ MAT_CELL, 1, 1000, 1, 1, 1, 1000, 0 },
		{ MAT_KINDS, 1, 0, 0, 0, 0, 0, 0 },
		{ MAT_OTHER, 9, 0, 0, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mat_file f = { 0 };
		struct err e = { 0 };

		buf_add(&f.bytes, bad[i], sizeof bad[i]);
		assert_int_equal(mat_decode(&f, &e), -1);
		assert_true(e.msg[0]);
		mat_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),		cmocka_unit_test(test_hdf5),	  cmocka_unit_test(test_names),
		cmocka_unit_test(test_not_files),	cmocka_unit_test(test_truncated), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_decode_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
