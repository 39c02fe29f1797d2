/* test_curate_inside.c - pictures inside COFW's .mat files, written out: the pixels that h5py and SciPy put there */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_image.h"
#include "tools/curate/inside.h"

static char dir[] = "/tmp/inside.XXXXXX";

/* The PNG dir/path has the size and pixels of the PPM, whose header is "P6\nW H\n255\n". */
static void same_pixels(const char *path, const char *ppm)
{
	char *png = xasprintf("%s/%s", dir, path), *name = golden_path(ppm), head[64];
	const struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct err e = { 0 };
	struct image m = { 0 };
	struct buf b = { 0 };
	size_t at;

	assert_int_equal(image_read(&m, NULL, png, &limits, &e), 0);
	support_slurp(&b, name);
	at = (size_t)snprintf(head, sizeof head, "P6\n%d %d\n255\n", m.w, m.h);
	assert_int_equal(b.len, at + 3 * (size_t)m.w * (size_t)m.h);
	assert_memory_equal(b.data, head, at);
	for (int y = 0; y < m.h; y++)
		assert_memory_equal(image_at(&m, 0, y), b.data + at + 3 * (size_t)y * (size_t)m.w, 3 * (size_t)m.w);
	assert_int_equal(unlink(png), 0);
	buf_release(&b);
	image_release(&m);
	free(png);
	free(name);
}

static void form(const char *mat, const char *kind)
{
	static const char *const names[] = { "IsTr", NULL };
	const struct curate c = { .pictures = dir };
	char *path = golden_path(mat);
	struct mat_file f;
	struct err e = { 0 };
	const struct mat *cell;

	assert_int_equal(mat_read(&f, path, names, NULL, &e), 0);
	cell = mat_find(&f, names[0]);
	assert_int_equal(cell->count, 3);
	for (unsigned i = 0; i < 3; i++) {
		char *png = xasprintf("a/%u.png", i + 1);
		char *ppm = xasprintf("curate/cofw/%s/train-%u.ppm", kind, i + 1);

		assert_int_equal(inside_write(&c, &cell->cell[i], png, &e), 0);
		same_pixels(png, ppm);
		free(png);
		free(ppm);
	}
	mat_release(&f);
	free(path);
}

static void test_colour(void **state)
{
	(void)state;
	form("curate/cofw/colour/COFW_train_color.mat", "colour");
}

static void test_grey(void **state)
{
	(void)state;
	form("curate/cofw/grey/COFW_train.mat", "grey");
}

static void test_no_picture(void **state)
{
	static const uint8_t bytes[8];
	static const double number;
	const struct curate c = { .pictures = dir }, none = { 0 };
	const struct mat bad[] = {
		{ .kind = MAT_F64, .dims = { 1, 1, 1, 1 }, .count = 1, .f64 = &number },
		{ .kind = MAT_U8, .dims = { 0, 4, 1, 1 }, .u8 = bytes },
		{ .kind = MAT_U8, .dims = { 2, 2, 2, 1 }, .count = 8, .u8 = bytes },
		{ .kind = MAT_U8, .dims = { 1, 1, 3, 2 }, .count = 6, .u8 = bytes },
		{ .kind = MAT_U8, .dims = { 1u << 31, 1, 1, 1 }, .count = 1u << 31, .u8 = bytes },
		{ .kind = MAT_TEXT, .dims = { 1, 1, 1, 1 }, .text = "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = { 0 };

		assert_int_equal(inside_write(&c, &bad[i], "a/1.png", &e), 1);
		assert_memory_equal(e.msg, "picture: ", 9);
		assert_int_equal(inside_write(&none, &bad[i], "a/1.png", &e), 0);
	}
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char *sub = xasprintf("%s/a", dir);
	int rc = rmdir(sub) || rmdir(dir);

	(void)state;
	free(sub);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_grey),
		cmocka_unit_test(test_no_picture),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
