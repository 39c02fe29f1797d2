/* Views against torchvision, Pillow and OpenCV (tests/golden/make_augment.py); the distributions of what is drawn. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/data/augment.h"
#include "common/thread.h"
#include "support_image.h"

static const struct augment swav = AUGMENT_SWAV(224, .14, 1);

/* ---- goldens */

/* Operations that are not named come last, and their factors leave them out. */
static void parse_order(struct augment_draws *d, const char *order)
{
	static const char names[] = "bcsh";
	int n = 0;
	d->jitter = strcmp(order, "-") != 0;
	for (int i = 0; d->jitter && order[i]; i++)
		d->order[n++] = (uint8_t)(strchr(names, order[i]) - names);
	for (int i = 0; i < AUGMENT_COLOURS; i++)
		if (!strchr(order, names[i]))
			d->order[n++] = (uint8_t)i;
	assert_int_equal(n, AUGMENT_COLOURS);
}

static void parse_case(const char *line, struct augment *a, struct augment_draws *d)
{
	char order[8];
	int grey, flip;
	memset(d, 0, sizeof *d);
	assert_int_equal(sscanf(line, "%d %d %d %d %d %7s %lf %lf %lf %lf %d %lf %d", &a->size, &d->x, &d->y, &d->w,
				&d->h, order, &d->factor[0], &d->factor[1], &d->factor[2], &d->factor[3], &grey,
				&d->sigma, &flip),
			 13);
	parse_order(d, order);
	d->grey = grey;
	d->blur = d->sigma > 0;
	d->flip = flip;
}

/* Pillow takes the vertical pass first for a crop that is much taller than wide: there, levels may differ. */
static bool same_passes(const struct augment_draws *d)
{
	return d->h < 1.3 * d->w;
}

static void test_golden(void **state)
{
	struct augment a = swav;
	struct augment_draws d;
	struct augment_scratch s = { 0 };
	struct buf table = { 0 }, bytes = { 0 };
	struct image src;
	size_t at = 0;
	int cases = 0;
	(void)state;
	support_pattern(&src, 150, 120);
	support_slurp(&table, "tests/golden/augment.tsv");
	support_slurp(&bytes, "tests/golden/augment.bin");
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n'), cases++) {
		parse_case(line + 1, &a, &d);
		size_t n = 3 * (size_t)a.size * (size_t)a.size;
		uint8_t *got = malloc(n);
		const uint8_t *want = (const uint8_t *)bytes.data + at;
		double off = 0;
		assert_true((at += n) <= bytes.len);
		augment_apply(&a, &d, &src, &s, AUGMENT_BYTES, got);
		for (size_t i = 0; i < n; i++)
			off += abs(got[i] - want[i]);
		if (off / (double)n >= (same_passes(&d) ? 1e-12 : 1))
			fail_msg("off by %g on average: %.90s", off / (double)n, line + 1);
		free(got);
	}
	assert_true(cases > 40);
	/* normalised: a picture of one pixel in each of its 256 levels */
	assert_int_equal(bytes.len - at, 3 * 256 * sizeof(float));
	a.size = 1;
	d = (struct augment_draws){ .w = 1, .h = 1 };
	for (int v = 0; v < 256; v++) {
		float got[3], want;
		memset(src.data, v, 3);
		augment_apply(&a, &d, &src, &s, AUGMENT_PLANES, got);
		for (size_t c = 0; c < 3; c++) {
			memcpy(&want, bytes.data + at + (c * 256 + (size_t)v) * sizeof want, sizeof want);
			assert_true(got[c] == want);
		}
	}
	augment_scratch_release(&s);
	image_release(&src);
	buf_release(&table);
	buf_release(&bytes);
}

/* The four forms hold the same view, and what surrounds them is not written. */
static void test_forms(void **state)
{
	enum { SIZE = 37, N = SIZE * SIZE };
	struct augment a = swav;
	struct augment_draws d;
	struct augment_scratch s = { 0 };
	struct image src;
	static uint8_t bytes[3 * N + 1], flat[3 * N + 1];
	static float planes[3 * N + 1], pixels[3 * N + 1], later[3 * N + 1];
	(void)state;
	a.size = SIZE;
	support_pattern(&src, 150, 120);
	for (uint32_t view = 0; view < 12; view++) {
		augment_draw(&d, &a, src.w, src.h, 1, 0, 5, view);
		bytes[3 * N] = flat[3 * N] = 77;
		planes[3 * N] = pixels[3 * N] = later[3 * N] = 77;
		augment_apply(&a, &d, &src, &s, AUGMENT_BYTES, bytes);
		augment_apply(&a, &d, &src, &s, AUGMENT_PLANES, planes);
		augment_apply(&a, &d, &src, &s, AUGMENT_PIXELS, pixels);
		augment_apply(&a, &d, &src, &s, AUGMENT_BYTE_PLANES, flat);
		augment_normalise(&a, flat, later);
		assert_memory_equal(later, planes, sizeof planes);
		for (int i = 0; i < N; i++)
			for (int c = 0; c < 3; c++) {
				assert_int_equal(flat[c * N + i], bytes[3 * i + c]);
				float want = ((float)bytes[3 * i + c] / 255 - a.mean[c]) / a.std[c];
				assert_true(planes[c * N + i] == want && pixels[3 * i + c] == want);
			}
		assert_true(bytes[3 * N] == 77 && flat[3 * N] == 77 && planes[3 * N] == 77 && pixels[3 * N] == 77);
	}
	augment_scratch_release(&s);
	image_release(&src);
}

/* ---- draws */

/* The upper 1e-5 quantile of chi-square (Wilson and Hilferty 1931). */
static double chi_limit(int freedom)
{
	double k = freedom, t = 1 - 2 / (9 * k) + 4.265 * sqrt(2 / (9 * k));
	return k * t * t * t;
}

/* Counts against what was expected of them. */
static void check_counts(const char *what, const int *count, const double *expected, int cells)
{
	double chi = 0;
	for (int i = 0; i < cells; i++)
		chi += (count[i] - expected[i]) * (count[i] - expected[i]) / expected[i];
	if (chi > chi_limit(cells - 1))
		fail_msg("%s: chi-square %g of %d cells", what, chi, cells);
}

enum { DRAWS = 40000, CELLS = 20 };

static void add_uniform(int *count, double v, double from, double to)
{
	int cell = (int)((v - from) / (to - from) * CELLS);
	assert_true(v >= from && v <= to);
	count[cell < CELLS ? cell : CELLS - 1]++;
}

static void test_uniform(void **state)
{
	int count[AUGMENT_COLOURS + 1][CELLS] = { 0 };
	double expected[CELLS];
	struct augment_draws d;
	(void)state;
	for (uint64_t i = 0; i < DRAWS; i++) {
		augment_draw(&d, &swav, 256, 256, 7, (uint32_t)(i % 10), i / 10, (uint32_t)(i % 8));
		for (int k = 0; k < AUGMENT_HUE; k++)
			add_uniform(count[k], d.factor[k], .2 - 1e-12, 1.8);
		add_uniform(count[AUGMENT_HUE], d.factor[AUGMENT_HUE], -.2, .2);
		add_uniform(count[AUGMENT_COLOURS], d.sigma, .1, 2);
	}
	for (int i = 0; i < CELLS; i++)
		expected[i] = (double)DRAWS / CELLS;
	for (int k = 0; k <= AUGMENT_COLOURS; k++)
		check_counts("factors and sigma", count[k], expected, CELLS);
}

/* The four yes and no together, so that they are seen not to depend on each other; the order of the operations. */
static void test_choices(void **state)
{
	int both[16] = { 0 }, order[256] = { 0 }, orders[24], n = 0;
	double expected[24];
	struct augment_draws d;
	(void)state;
	for (uint64_t i = 0; i < DRAWS; i++) {
		augment_draw(&d, &swav, 256, 256, 11, 3, i, 2);
		both[d.jitter + 2 * d.grey + 4 * d.blur + 8 * d.flip]++;
		order[d.order[0] + 4 * d.order[1] + 16 * d.order[2] + 64 * d.order[3]]++;
	}
	for (int i = 0; i < 16; i++)
		expected[i] = DRAWS * (i & 1 ? .8 : .2) * (i & 2 ? .2 : .8) * .25;
	check_counts("jitter, grey, blur, flip", both, expected, 16);
	for (int i = 0; i < 256; i++)
		if (order[i]) {
			assert_true(n < 24);
			expected[n] = DRAWS / 24.;
			orders[n++] = order[i];
		}
	assert_int_equal(n, 24);
	check_counts("order", orders, expected, 24);
}

/* Our counts against torchvision's, both random. */
static void check_both(const char *line, const int *ours, double n_ours, const int *theirs, double n_theirs)
{
	double chi = 0, up = sqrt(n_theirs / n_ours);
	int cells = 0;
	for (int i = 0; i < 16; i++) {
		if (ours[i] + theirs[i] == 0)
			continue;
		double off = ours[i] * up - theirs[i] / up;
		chi += off * off / (ours[i] + theirs[i]);
		cells++;
	}
	if (chi > chi_limit(cells > 1 ? cells - 1 : 1))
		fail_msg("chi-square %g of %d cells: %.40s", chi, cells, line);
}

static void count_crops(int count[4][16], const struct augment *a, int w, int h)
{
	struct augment_draws d;
	memset(count, 0, 4 * sizeof *count);
	for (uint64_t i = 0; i < DRAWS; i++) {
		augment_draw(&d, a, w, h, 20, 0, i, 1);
		assert_true(d.w >= 1 && d.h >= 1 && d.x >= 0 && d.y >= 0 && d.x + d.w <= w && d.y + d.h <= h);
		const int v[4] = { d.x, d.y, d.w, d.h }, side[4] = { w, h, w, h };
		for (int k = 0; k < 4; k++)
			count[k][v[k] * 16 / side[k] < 15 ? v[k] * 16 / side[k] : 15]++;
	}
}

static void test_crops(void **state)
{
	struct buf table = { 0 };
	int ours[4][16], lines = 0;
	(void)state;
	support_slurp(&table, "tests/golden/augment_crops.tsv");
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n'), lines++) {
		struct augment a = swav;
		int w, h, at, theirs[16], more;
		double n = 0;
		char what[4];
		assert_int_equal(sscanf(line + 1, "%d %d %lf %lf %3s%n", &w, &h, &a.area[0], &a.area[1], what, &at), 5);
		for (int i = 0; i < 16; i++, at += more) {
			assert_int_equal(sscanf(line + 1 + at, "%d%n", &theirs[i], &more), 1);
			n += theirs[i];
		}
		if (lines % 4 == 0)
			count_crops(ours, &a, w, h);
		check_both(line + 1, ours[lines % 4], DRAWS, theirs, n);
	}
	assert_int_equal(lines, 12);
	buf_release(&table);
}

/* Nothing but its arguments decides: the same again, something else for another seed, epoch, sample or view. */
static void test_pure(void **state)
{
	struct augment_draws d, again;
	(void)state;
	augment_draw(&d, &swav, 256, 256, 1, 2, 3, 4);
	augment_draw(&again, &swav, 256, 256, 1, 2, 3, 4);
	assert_memory_equal(&d, &again, sizeof d);
	for (int i = 0; i < 4; i++) {
		augment_draw(&again, &swav, 256, 256, 1 + (i == 0), 2 + (i == 1), 3 + (i == 2), 4 + (i == 3));
		assert_true(d.sigma != again.sigma);
	}
}

/* torchvision's fall-back, by its own rules: for these no draw can fit. */
static void test_middle(void **state)
{
	static const int cases[][6] = {
		/* picture, crop */
		{ 300, 60, 110, 0, 80, 60 },
		{ 60, 300, 0, 110, 60, 80 },
		{ 1, 1000, 0, 499, 1, 1 },
		{ 1000, 1, 499, 0, 1, 1 },
	};
	struct augment a = swav;
	struct augment_draws d;
	(void)state;
	a.area[0] = a.area[1] = 1;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		augment_draw(&d, &a, cases[i][0], cases[i][1], 1, 1, 1, 1);
		assert_int_equal(d.x, cases[i][2]);
		assert_int_equal(d.y, cases[i][3]);
		assert_int_equal(d.w, cases[i][4]);
		assert_int_equal(d.h, cases[i][5]);
	}
}

static void test_check(void **state)
{
	struct err e = { 0 };
	(void)state;
	assert_int_equal(augment_check(&swav, &e), 0);
#define WRONG(field, value) \
	do { \
		struct augment a = swav; \
		a.field = value; \
		assert_int_equal(augment_check(&a, &e), -1); \
	} while (0)
	WRONG(size, 0);
	WRONG(size, AUGMENT_LARGEST + 1);
	WRONG(area[0], 0);
	WRONG(area[0], NAN);
	WRONG(area[1], 1.01);
	WRONG(area[1], .1);
	WRONG(aspect[0], 2);
	WRONG(aspect[1], INFINITY);
	WRONG(jitter[AUGMENT_BRIGHTNESS], -.1);
	WRONG(jitter[AUGMENT_HUE], .51);
	WRONG(jitter_p, 1.5);
	WRONG(grey_p, -1);
	WRONG(blur_p, NAN);
	WRONG(flip_p, 2);
	WRONG(sigma[0], 0);
	WRONG(sigma[1], INFINITY);
	WRONG(blur_taps, 22);
	WRONG(blur_taps, BLUR_TAPS + 2);
	WRONG(mean[1], NAN);
	WRONG(std[2], 0);
#undef WRONG
}

/* ---- any number of threads */

struct job {
	const struct image *src;
	struct augment_scratch scratch[4];
	float out[40][3 * 32 * 32];
};

static void one_view(void *data, size_t i, int worker)
{
	struct job *j = data;
	struct augment a = swav;
	struct augment_draws d;
	a.size = 32;
	augment_draw(&d, &a, j->src->w, j->src->h, 9, 0, i, 0);
	augment_apply(&a, &d, j->src, &j->scratch[worker], AUGMENT_PLANES, j->out[i]);
}

static void test_threads(void **state)
{
	static struct job one, four;
	struct image src;
	(void)state;
	support_pattern(&src, 90, 110);
	one.src = four.src = &src;
	parallel_for(1, 40, one_view, &one);
	parallel_for(4, 40, one_view, &four);
	assert_memory_equal(one.out, four.out, sizeof one.out);
	for (int i = 0; i < 4; i++) {
		augment_scratch_release(&one.scratch[i]);
		augment_scratch_release(&four.scratch[i]);
	}
	image_release(&src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),	cmocka_unit_test(test_forms), cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_choices), cmocka_unit_test(test_crops), cmocka_unit_test(test_pure),
		cmocka_unit_test(test_middle),	cmocka_unit_test(test_check), cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
