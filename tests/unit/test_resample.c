/* Resampling against Pillow (tests/golden/image.py), the warp against exact cases, the fit against its definition. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/resample.h"
#include "common/resample_rows.h"
#include "support_image.h"

static enum resample_filter filter_by_name(const char *s)
{
	return !strcmp(s, "lanczos") ? RESAMPLE_LANCZOS : RESAMPLE_BILINEAR;
}

static enum resample_fill fill_by_name(const char *s)
{
	return !strcmp(s, "zero") ? RESAMPLE_ZERO : !strcmp(s, "edge") ? RESAMPLE_EDGE : RESAMPLE_REFLECT;
}

static void test_pillow(void **state)
{
	struct buf table = { 0 }, bytes = { 0 };
	struct image src, dst, want = { 0 };
	size_t at = 0, differ = 0;
	int cases = 0;
	char filter[16], fill[16];
	(void)state;
	support_pattern(&src, 61, 47);
	support_slurp(&table, "tests/golden/resample.tsv");
	support_slurp(&bytes, "tests/golden/resample.bin");
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n'), cases++) {
		int w, h;
		double b[4];
		assert_int_equal(sscanf(line, "%d %d %lf %lf %lf %lf %15s %15s", &w, &h, &b[0], &b[1], &b[2], &b[3],
					filter, fill),
				 8);
		image_init(&dst, w, h);
		resample_box(&dst, &src, b[0], b[1], b[2], b[3], filter_by_name(filter), fill_by_name(fill));
		want = (struct image){ .w = w, .h = h, .stride = 3 * (size_t)w, .data = (uint8_t *)bytes.data + at };
		at += want.stride * (size_t)h;
		assert_true(at <= bytes.len);
		if (support_difference(&dst, &want) > 1)
			fail_msg("case %d differs by %d:%.60s", cases, support_difference(&dst, &want), line + 1);
		for (size_t i = 0; i < want.stride * (size_t)h; i++)
			differ += dst.data[i] != want.data[i];
		image_release(&dst);
	}
	assert_int_equal(at, bytes.len);
	assert_true(cases > 20);
	/* The same integers, the same order of the two passes: the same bytes. */
	assert_int_equal(differ, 0);
	image_release(&src);
	buf_release(&table);
	buf_release(&bytes);
}

/* Scale 1 on whole pixels is a copy, whatever the filter; beyond the picture, what numpy.pad would put there. */
static void test_window(void **state)
{
	struct image src, dst;
	(void)state;
	support_pattern(&src, 40, 30);
	image_init(&dst, 16, 16);
	for (int f = RESAMPLE_NEAREST; f <= RESAMPLE_LANCZOS; f++)
		for (int fill = RESAMPLE_ZERO; fill <= RESAMPLE_REFLECT; fill++) {
			resample_box(&dst, &src, -5, 20, 11, 36, (enum resample_filter)f, (enum resample_fill)fill);
			for (int y = 0; y < 16; y++)
				for (int x = 0; x < 16; x++) {
					int sx = resample_fill_index(x - 5, 40, (enum resample_fill)fill);
					int sy = resample_fill_index(y + 20, 30, (enum resample_fill)fill);
					const uint8_t black[3] = { 0 };
					const uint8_t *s = sx < 0 || sy < 0 ? black : image_at(&src, sx, sy);
					assert_memory_equal(image_at(&dst, x, y), s, 3);
				}
		}
	image_release(&dst);
	image_release(&src);
}

static void test_fill_index(void **state)
{
	(void)state;
	assert_int_equal(resample_fill_index(-1, 5, RESAMPLE_ZERO), -1);
	assert_int_equal(resample_fill_index(-1, 5, RESAMPLE_EDGE), 0);
	assert_int_equal(resample_fill_index(9, 5, RESAMPLE_EDGE), 4);
	/* numpy.pad(range(5), 6, "reflect"): 2 3 4 3 2 1 | 0 1 2 3 4 | 3 2 1 0 1 2 */
	static const int want[] = { 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2 };
	for (int i = -6; i < 11; i++)
		assert_int_equal(resample_fill_index(i, 5, RESAMPLE_REFLECT), want[i + 6]);
	assert_int_equal(resample_fill_index(-7, 1, RESAMPLE_REFLECT), 0);
}

static void test_far_outside(void **state)
{
	struct image src, dst;
	(void)state;
	support_pattern(&src, 7, 5);
	image_init(&dst, 9, 9);
	memset(dst.data, 77, dst.stride * 9);
	resample_box(&dst, &src, 100, 100, 150, 150, RESAMPLE_LANCZOS, RESAMPLE_ZERO);
	for (size_t i = 0; i < dst.stride * 9; i++)
		assert_int_equal(dst.data[i], 0);
	resample_box(&dst, &src, -1000, 2, -900, 3, RESAMPLE_BILINEAR, RESAMPLE_EDGE);
	for (int x = 0; x < 9; x++)
		assert_memory_equal(image_at(&dst, x, 4), image_at(&src, 0, 2), 3);
	image_release(&dst);
	image_release(&src);
}

/* The form for this machine gives the bytes of the plain one, for weights of any sign. */
static void test_rows(void **state)
{
	enum { N = 53, TAPS = 9 };
	uint8_t src[3 * (N + TAPS) + 16], a[3 * N + 16] = { 0 }, b[3 * N + 16] = { 0 };
	int16_t w[N][2 * (TAPS + 1)] = { 0 };
	struct taps taps[N];
	const uint8_t *rows[TAPS + 1];
	uint32_t seed = 1;
	(void)state;
	for (size_t i = 0; i < sizeof src; i++)
		src[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
	for (int i = 0; i < N; i++) {
		taps[i] = (struct taps){ .first = i + 3, .n = i % (TAPS + 1), .w = w[i] };
		for (int k = 0; k < taps[i].n; k++) {
			int32_t v = (int32_t)((seed = seed * 1664525u + 1013904223u) >> 12) - (1 << 19) + (1 << 17);
			w[i][4 * (k / 2) + k % 2] = (int16_t)(v >> 11);
			w[i][4 * (k / 2) + k % 2 + 2] = (int16_t)(v & 2047);
		}
	}
	resample_along_plain(a, src, 3, taps, N);
	resample_along(b, src, 3, taps, N);
	assert_memory_equal(a, b, 3 * N);
	for (int k = 0; k <= TAPS; k++)
		rows[k] = src + 2 * k;
	for (int n = 0; n <= TAPS; n++) {
		resample_across_plain(a, rows, w[40 + n], n, 3 * N);
		resample_across(b, rows, w[40 + n], n, 3 * N);
		assert_memory_equal(a, b, 3 * N);
	}
}

static void test_affine_copies(void **state)
{
	static const double shift[6] = { 1, 0, -7, 0, 1, -4 };
	/* X = y, Y = 30 - x: a quarter turn. */
	static const double turn[6] = { 0, 1, 0, -1, 0, 30 };
	struct image src, dst;
	(void)state;
	support_pattern(&src, 30, 20);
	image_init(&dst, 12, 10);
	resample_affine(&dst, &src, shift, RESAMPLE_ZERO);
	for (int y = 0; y < 10; y++)
		assert_memory_equal(image_at(&dst, 0, y), image_at(&src, 7, y + 4), 3 * 12);
	image_release(&dst);
	image_init(&dst, 20, 30);
	resample_affine(&dst, &src, turn, RESAMPLE_ZERO);
	for (int y = 0; y < 30; y++)
		for (int x = 0; x < 20; x++)
			assert_memory_equal(image_at(&dst, x, y), image_at(&src, 29 - y, x), 3);
	image_release(&dst);
	image_release(&src);
}

/* Without rotation the warp is the separable filter, reducing or enlarging, inside the picture. */
static void test_affine_is_box(void **state)
{
	struct image src, a, b;
	(void)state;
	support_pattern(&src, 80, 80);
	image_init(&a, 20, 20);
	image_init(&b, 20, 20);
	for (double side = 8; side < 60; side += 7.3) {
		double s = 20 / side, map[6] = { s, 0, -s * 15.2, 0, s, -s * 14.7 };
		resample_box(&a, &src, 15.2, 14.7, 15.2 + side, 14.7 + side, RESAMPLE_BILINEAR, RESAMPLE_EDGE);
		resample_affine(&b, &src, map, RESAMPLE_EDGE);
		assert_true(support_difference(&a, &b) <= 1);
	}
	image_release(&a);
	image_release(&b);
	image_release(&src);
}

static void test_similarity(void **state)
{
	/* skimage.transform.SimilarityTransform().estimate(src, dst).params, scikit-image 0.25, first two rows */
	static const double src[5][2] = { { 30, 51 }, { 65, 50 }, { 48, 70 }, { 33, 90 }, { 62, 91 } };
	static const double dst[5][2] = { { 38.2946, 51.6963 },
					  { 73.5318, 51.5014 },
					  { 56.0252, 71.7366 },
					  { 41.5493, 92.3655 },
					  { 70.7299, 92.2041 } };
	double a[6], sum[2][2] = { 0 }, b[5][2];
	(void)state;
	assert_int_equal(similarity_fit(a, dst, dst, 5), 0);
	for (int i = 0; i < 6; i++)
		assert_true(fabs(a[i] - (i == 0 || i == 4)) < 1e-12);
	assert_int_equal(similarity_fit(a, src, dst, 5), 0);
	assert_true(a[0] == a[4] && a[1] == -a[3]);
	/* The least-squares residual is orthogonal to what a similarity can still change: shift, scale, turn. */
	for (int i = 0; i < 5; i++) {
		double rx = dst[i][0] - (a[0] * src[i][0] + a[1] * src[i][1] + a[2]);
		double ry = dst[i][1] - (a[3] * src[i][0] + a[4] * src[i][1] + a[5]);
		sum[0][0] += rx;
		sum[0][1] += ry;
		sum[1][0] += rx * src[i][0] + ry * src[i][1];
		sum[1][1] += ry * src[i][0] - rx * src[i][1];
	}
	for (int i = 0; i < 4; i++)
		assert_true(fabs(sum[i / 2][i % 2]) < 1e-9);
	/* A known map comes back, and a mirror image does not become a reflection. */
	for (int i = 0; i < 5; i++) {
		b[i][0] = 2 * src[i][0] - 3 * src[i][1] + 5;
		b[i][1] = 3 * src[i][0] + 2 * src[i][1] - 7;
	}
	assert_int_equal(similarity_fit(a, src, b, 5), 0);
	const double want[6] = { 2, -3, 5, 3, 2, -7 };
	for (int i = 0; i < 6; i++)
		assert_true(fabs(a[i] - want[i]) < 1e-10);
	for (int i = 0; i < 5; i++)
		b[i][0] = 100 - dst[i][0], b[i][1] = dst[i][1];
	if (similarity_fit(a, dst, b, 5) == 0)
		assert_true(a[0] * a[4] - a[1] * a[3] > 0);
}

static void test_similarity_fails(void **state)
{
	static const double same[3][2] = { { 5, 5 }, { 5, 5 }, { 5, 5 } },
			    other[3][2] = { { 1, 2 }, { 3, 4 }, { 5, 7 } };
	static const double nan_points[3][2] = { { NAN, 5 }, { 5, 5 }, { 5, 5 } };
	double a[6];
	(void)state;
	assert_int_equal(similarity_fit(a, same, other, 3), -1);
	assert_int_equal(similarity_fit(a, other, same, 3), -1);
	assert_int_equal(similarity_fit(a, nan_points, other, 3), -1);
	assert_int_equal(similarity_fit(a, other, nan_points, 3), -1);
	assert_int_equal(similarity_fit(a, other, other, 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pillow),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_fill_index),
		cmocka_unit_test(test_far_outside),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_affine_copies),
		cmocka_unit_test(test_affine_is_box),
		cmocka_unit_test(test_similarity),
		cmocka_unit_test(test_similarity_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
