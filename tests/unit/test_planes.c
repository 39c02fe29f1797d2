/* The loops on planes: every possible input against Pillow's own arithmetic; all instruction sets alike. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/data/planes.h"
#include "common/err.h"
#include "common/nn/kern/kern.h"

enum { N = 1 << 16 };

static const struct planes_ops *sets[3];
static int n_sets;
static uint8_t red[N], green[N], blue[N];
static uint8_t *const planes[3] = { red, green, blue };

static int find_sets(void **state)
{
	(void)state;
	sets[n_sets++] = &planes_generic;
#if defined(__x86_64__)
	if (kern_by_name("avx2"))
		sets[n_sets++] = &planes_avx2;
	if (kern_by_name("avx512"))
		sets[n_sets++] = &planes_avx512;
#endif
	return 0;
}

/* All colours that have this red. */
static void fill(int r)
{
	for (int i = 0; i < N; i++) {
		red[i] = (uint8_t)r;
		green[i] = (uint8_t)(i >> 8);
		blue[i] = (uint8_t)i;
	}
}

/* ---- Pillow's conversions (after colorsys), float and double where it has them */

static void to_hsv(const uint8_t in[3], uint8_t out[3])
{
	int r = in[0], g = in[1], b = in[2];
	int most = r > g ? r : g, least = r < g ? r : g;
	most = most > b ? most : b;
	least = least < b ? least : b;
	out[0] = out[1] = 0;
	out[2] = (uint8_t)most;
	if (most == least)
		return;
	float range = (float)(most - least), s = range / (float)most, h;
	float rc = (float)(most - r) / range, gc = (float)(most - g) / range, bc = (float)(most - b) / range;
	if (r == most)
		h = bc - gc;
	else if (g == most)
		h = (float)(2.0 + (double)rc - (double)bc);
	else
		h = (float)(4.0 + (double)gc - (double)rc);
	h = (float)fmod((double)h / 6.0 + 1.0, 1.0);
	out[0] = (uint8_t)((double)h * 255.0);
	out[1] = (uint8_t)((double)s * 255.0);
}

static void from_hsv(const uint8_t in[3], uint8_t out[3])
{
	int h = in[0], v = in[2], i = (int)floor(h * 6.0 / 255.0);
	float f = (float)(h * 6.0 / 255.0 - i), fs = (float)(in[1] / 255.0);
	uint8_t p = (uint8_t)round(v * (1.0 - (double)fs));
	uint8_t q = (uint8_t)round(v * (1.0 - (double)(fs * f)));
	uint8_t t = (uint8_t)round(v * (1.0 - (double)fs * (1.0 - (double)f)));
	uint8_t full = (uint8_t)v;
	const uint8_t all[6][3] = { { full, t, p }, { q, full, p }, { p, full, t },
				    { p, q, full }, { t, p, full }, { full, p, q } };
	if (in[1] == 0)
		memset(out, full, 3);
	else
		memcpy(out, all[i % 6], 3);
}

/* Pillow's bytes for the colours that have this red, their hue moved by `shift`. */
static uint8_t want[N][3];

static void fill_want(int r, uint8_t shift)
{
	for (int i = 0; i < N; i++) {
		const uint8_t in[3] = { (uint8_t)r, (uint8_t)(i >> 8), (uint8_t)i };
		uint8_t hsv[3];
		to_hsv(in, hsv);
		hsv[0] = (uint8_t)(hsv[0] + shift);
		from_hsv(hsv, want[i]);
	}
}

static void check_hue(int r, uint8_t shift)
{
	fill_want(r, shift);
	for (int k = 0; k < n_sets; k++) {
		fill(r);
		sets[k]->hue(planes, N, shift);
		for (int i = 0; i < N; i++)
			if (red[i] != want[i][0] || green[i] != want[i][1] || blue[i] != want[i][2])
				fail_msg("%s: %d %d %d by %d: %d %d %d, not %d %d %d", sets[k]->name, r, i >> 8,
					 i & 255, shift, red[i], green[i], blue[i], want[i][0], want[i][1], want[i][2]);
	}
}

/* FRL_SLOW: all colours; else every third red. */
static void test_hue(void **state)
{
	(void)state;
	for (int r = 0; r < 256; r += getenv("FRL_SLOW") ? 1 : 3)
		check_hue(r, (uint8_t)(r * 73));
}

/* Back from HSV: every hue, saturation and value is reached in this many colours, so shifts of 0..255 cover the rest. */
static void test_hue_shifts(void **state)
{
	(void)state;
	for (int shift = 0; shift < 256; shift += getenv("FRL_SLOW") ? 1 : 3)
		check_hue(255, (uint8_t)shift);
}

static uint8_t pillow_blend(int to, int v, float alpha)
{
	float f = (float)to + alpha * (float)(v - to);
	return f <= 0 ? 0 : f >= 255 ? 255 : (uint8_t)f;
}

static int pillow_luma(const uint8_t c[3])
{
	return (c[0] * 19595 + c[1] * 38470 + c[2] * 7471 + 0x8000) >> 16;
}

static void test_blends(void **state)
{
	static const float alphas[] = { 0, .2f, .61f, 1, 1.37f, 1.8f };
	(void)state;
	for (int k = 0; k < n_sets; k++)
		for (int r = 0; r < 256; r += 5) {
			float alpha = alphas[r % 6];
			uint32_t sum = 0;
			fill(r);
			sets[k]->blend(blue, N, r, alpha);
			for (int i = 0; i < N; i++)
				assert_int_equal(blue[i], pillow_blend(r, i & 255, alpha));
			fill(r);
			sets[k]->saturate(planes, N, alpha);
			for (int i = 0; i < N; i++) {
				uint8_t in[3] = { (uint8_t)r, (uint8_t)(i >> 8), (uint8_t)i };
				int l = pillow_luma(in);
				sum += (uint32_t)l;
				for (int c = 0; c < 3; c++)
					assert_int_equal(planes[c][i], pillow_blend(l, in[c], alpha));
			}
			fill(r);
			assert_int_equal(sets[k]->luma_sum(planes, N), sum);
			sets[k]->grey(planes, N);
			for (int i = 0; i < N; i++) {
				uint8_t in[3] = { (uint8_t)r, (uint8_t)(i >> 8), (uint8_t)i };
				assert_true(red[i] == pillow_luma(in) && green[i] == red[i] && blue[i] == red[i]);
			}
		}
}

/* All bytes: what each of the three operations rounds to, whatever mean and deviation. */
static void test_normalise(void **state)
{
	static const float means[] = { .485f, .406f, 0, .9f, -3 }, stds[] = { .228f, .224f, 1, 1e-3f, 77 };
	static float out[N];
	(void)state;
	fill(0);
	for (int k = 0; k < n_sets; k++)
		for (int m = 0; m < 25; m++) {
			float mean = means[m % 5], std = stds[m / 5];
			sets[k]->normalise(blue, 300 + (size_t)m, mean, std, out);
			for (int i = 0; i < 300 + m; i++) {
				volatile float share = (float)(i & 255) / 255, less = share - mean,
					       want_float = less / std;
				assert_true(out[i] == want_float);
			}
		}
}

/* No pixel but the n that were asked for is touched, wherever they begin. */
static void test_edges(void **state)
{
	static const uint8_t guard[70] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	uint8_t rgb[3 * 70], p[3][70];
	float normal[70];
	uint8_t *c[3];
	(void)state;
	for (size_t i = 0; i < sizeof rgb; i++)
		rgb[i] = (uint8_t)(i * 31);
	for (int k = 0; k < n_sets; k++)
		for (size_t n = 0; n < 66; n++)
			for (size_t from = 0; from < 3; from++) {
				for (int j = 0; j < 3; j++) {
					memcpy(p[j], guard, sizeof guard);
					c[j] = p[j] + from;
				}
				sets[k]->split(rgb, n, c);
				for (size_t i = 0; i < 3 * n; i++)
					assert_int_equal(c[i % 3][i / 3], rgb[i]);
				sets[k]->mirror(c[0], n, c[1]);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(c[1][i], c[0][n - 1 - i]);
				sets[k]->hue(c, n, 9);
				sets[k]->saturate(c, n, .5f);
				sets[k]->grey(c, n);
				sets[k]->blend(c[0], n, 4, 1.5f);
				for (size_t i = 0; i < 70; i++)
					normal[i] = 55;
				sets[k]->normalise(c[0], n, 0, 1, normal + from);
				for (size_t i = 0; i < 70; i++)
					assert_true((normal[i] == 55) == (i < from || i >= from + n));
				for (int j = 0; j < 3; j++) {
					assert_memory_equal(p[j], guard, from);
					assert_memory_equal(c[j] + n, guard + from + n, sizeof guard - from - n);
				}
			}
}

static void test_kernel(void **state)
{
	struct blur b;
	(void)state;
	for (int taps = 1; taps <= BLUR_TAPS; taps += 2)
		for (double sigma = .05; sigma < 200; sigma *= 1.13) {
			int sum = 0;
			blur_set(&b, sigma, taps);
			assert_true(b.reach <= taps / 2);
			for (int i = 0; i <= b.reach; i++)
				sum += (i ? 2 : 1) * b.w[i];
			assert_int_equal(sum, 256);
		}
	blur_set(&b, .1, 23);
	assert_int_equal(b.reach, 0);
	assert_int_equal(b.w[0], 256);
}

/* A constant stays what it is, up to the border; sets agree; pictures smaller than the kernel. */
static void test_blur(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 2, 5 }, { 7, 3 }, { 33, 40 }, { 150, 31 } };
	(void)state;
	for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++) {
		int w = sizes[z][0], h = sizes[z][1];
		size_t n = (size_t)w * (size_t)h;
		float *room = xmalloc(blur_room(w, h) * sizeof *room);
		struct blur b;
		for (int k = 0; k < n_sets; k++)
			for (double sigma = .2; sigma < 9; sigma *= 1.9) {
				blur_set(&b, sigma, 31);
				for (size_t i = 0; i < n; i++) {
					red[i] = 255;
					green[i] = blue[i] = (uint8_t)(i * i * 7 + i * 101);
				}
				planes_blur(sets[k], &b, red, w, h, room);
				for (size_t i = 0; i < n; i++)
					assert_int_equal(red[i], 255);
				planes_blur(sets[k], &b, green, w, h, room);
				planes_blur(sets[0], &b, blue, w, h, room);
				assert_memory_equal(green, blue, n);
			}
		free(room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hue),   cmocka_unit_test(test_hue_shifts), cmocka_unit_test(test_blends),
		cmocka_unit_test(test_edges), cmocka_unit_test(test_normalise),	 cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_blur),
	};
	return cmocka_run_group_tests(tests, find_sets, NULL);
}
