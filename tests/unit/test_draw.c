/* Drawing: what is inside is drawn, what is outside does no harm. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/draw.h"
#include "support_image.h"

static const struct colour white = { 255, 255, 255 };

static void black(struct image *m, int w, int h)
{
	image_init(m, w, h);
	memset(m->data, 0, m->stride * (size_t)h);
}

static int count(const struct image *m)
{
	int n = 0;
	for (int y = 0; y < m->h; y++)
		for (int x = 0; x < m->w; x++)
			n += image_at(m, x, y)[1] == 255;
	return n;
}

static void test_rect(void **state)
{
	struct image m;
	(void)state;
	black(&m, 20, 16);
	draw_rect(&m, 2.3, 3.9, 11.2, 9, 2, white);
	/* columns 2..11, rows 3..9, two pixels thick */
	assert_int_equal(count(&m), 10 * 7 - 6 * 3);
	assert_int_equal(image_at(&m, 2, 3)[0], 255);
	assert_int_equal(image_at(&m, 11, 9)[2], 255);
	assert_int_equal(image_at(&m, 4, 5)[0], 0);
	assert_int_equal(image_at(&m, 12, 9)[0], 0);
	image_release(&m);
}

static void test_outside(void **state)
{
	struct image m;
	(void)state;
	black(&m, 9, 7);
	draw_rect(&m, -50, -50, -40, -40, 3, white);
	draw_rect(&m, NAN, 1, 5, 5, 1, white);
	draw_rect(&m, 5, 5, 1, 1, 1, white);
	draw_rect(&m, -1e300, -1e300, 1e300, 1e300, 1, white);
	draw_disc(&m, 1e9, 1e9, 5, white);
	draw_disc(&m, NAN, 2, 3, white);
	draw_fill(&m, 0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff, white);
	draw_text(&m, -1000, 3, 2, "abc", white);
	assert_int_equal(count(&m), 0);
	draw_disc(&m, 0, 0, 1e9, white);
	assert_int_equal(count(&m), 63);
	image_release(&m);
}

static void test_disc(void **state)
{
	struct image m;
	(void)state;
	black(&m, 41, 41);
	draw_disc(&m, 20.5, 20.5, 15, white);
	assert_true(abs(count(&m) - (int)(M_PI * 15 * 15)) < 20);
	for (int y = 0; y < 41; y++)
		for (int x = 0; x < 41; x++)
			assert_memory_equal(image_at(&m, x, y), image_at(&m, 40 - y, x), 3);
	image_release(&m);
}

static void test_text(void **state)
{
	struct image m, one;
	(void)state;
	black(&m, 200, 20);
	assert_int_equal(draw_text(&m, 1, 1, 1, "I", white), 6);
	/* two serifs of three dots and a stem of five */
	assert_int_equal(count(&m), 11);
	assert_int_equal(image_at(&m, 3, 4)[0], 255);
	image_release(&m);
	black(&m, 200, 20);
	assert_int_equal(draw_text(&m, 0, 0, 2, "\xc3", white), 12);
	black(&one, 200, 20);
	draw_text(&one, 0, 0, 2, "?", white);
	assert_int_equal(support_difference(&m, &one), 0);
	image_release(&m);
	image_release(&one);
	/* Every glyph but the space shows, and no two are alike. */
	uint32_t crc[95];
	for (int i = 0; i < 95; i++) {
		char s[2] = { (char)(' ' + i), 0 };
		black(&m, 6, 8);
		draw_text(&m, 0, 0, 1, s, white);
		assert_true((count(&m) > 0) == (i > 0));
		crc[i] = support_crc(&m);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(crc[i], crc[j]);
		image_release(&m);
	}
}

static void test_image(void **state)
{
	struct image m, src;
	(void)state;
	support_pattern(&src, 8, 6);
	black(&m, 10, 10);
	draw_image(&m, &src, 4, 7);
	assert_memory_equal(image_at(&m, 4, 9), image_at(&src, 0, 2), 18);
	draw_image(&m, &src, -5, -4);
	assert_memory_equal(image_at(&m, 0, 1), image_at(&src, 5, 5), 9);
	draw_image(&m, &src, 100, 0);
	draw_image(&m, &src, -100, 0);
	image_release(&m);
	image_release(&src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rect), cmocka_unit_test(test_outside), cmocka_unit_test(test_disc),
		cmocka_unit_test(test_text), cmocka_unit_test(test_image),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
