/* test_heads.c - losses and targets of the downstream heads against PyTorch and NumPy (tests/golden/make_heads.py) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/affect_loss.h"
#include "common/model/landmarks.h"
#include "tests/unit/support_golden.h"

enum { SAMPLES = 12, CLASSES = 8, WIDTH = 2 + CLASSES };

static FILE *golden(void)
{
	char *path = golden_path("heads.tsv");
	FILE *f = fopen(path, "r");

	free(path);
	assert_non_null(f);
	return f;
}

static void near(double got, double want, const char *what)
{
	if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want))))
		fail_msg("%s: %.17g, not %.17g", what, got, want);
}

/* ---- affect */

struct affect_case {
	int n;
	double out[SAMPLES * WIDTH], d[SAMPLES * WIDTH], part[3];
	struct affect_truth truth[SAMPLES];
};

/* One more case; false at the end. */
static int read_case(FILE *f, struct affect_case *c)
{
	char line[4000], *at;

	memset(c, 0, sizeof *c);
	while (fgets(line, sizeof line, f)) {
		if (!strncmp(line, "sample\t", 7)) {
			at = line + 7;
			for (int k = 0; k < WIDTH; k++)
				c->out[c->n * WIDTH + k] = strtod(at, &at);
			for (int k = 0; k < 2; k++)
				c->truth[c->n].value[k] = strtod(at, &at);
			c->truth[c->n].expression = (int32_t)strtol(at, &at, 10);
			for (int k = 0; k < WIDTH; k++)
				c->d[c->n * WIDTH + k] = strtod(at, &at);
			c->n++;
		} else if (!strncmp(line, "parts\t", 6)) {
			at = line + 6;
			for (int k = 0; k < 3; k++)
				c->part[k] = strtod(at, &at);
			return 1;
		}
	}
	return 0;
}

/* The batch cut in two, as two ranks would have it. */
static void check_case(const struct affect_case *c, int cut)
{
	double value[2], ce[2] = { 0 }, d[SAMPLES * WIDTH];
	struct affect_batch b = { 0 };

	affect_sums(&b, c->out, c->truth, cut, CLASSES);
	affect_sums(&b, c->out + cut * WIDTH, c->truth + cut, c->n - cut, CLASSES);
	affect_loss(&b, c->out, c->truth, cut, CLASSES, value, &ce[0], d);
	affect_loss(&b, c->out + cut * WIDTH, c->truth + cut, c->n - cut, CLASSES, value, &ce[1], d + cut * WIDTH);
	near(value[0], c->part[0], "valence");
	near(value[1], c->part[1], "arousal");
	near(ce[0] + ce[1], c->part[2], "cross-entropy");
	for (int i = 0; i < c->n * WIDTH; i++)
		near(d[i], c->d[i], "gradient");
}

static void affect(void **unused)
{
	struct affect_case c;
	FILE *f = golden();
	int n = 0;

	(void)unused;
	for (; read_case(f, &c); n++)
		for (int cut = 0; cut <= c.n; cut += 5)
			check_case(&c, cut);
	assert_int_equal(n, 5);
	fclose(f);
}

/* ---- landmarks */

static void mirrors(void **unused)
{
	static const int sizes[] = { 5, 19, 29, 68, 98 };
	/* What stays where it is in each set, by the published lists. */
	static const int fixed[] = { 1, 3, 7, 10, 10 };

	(void)unused;
	for (int s = 0; s < 5; s++) {
		const int *m = landmarks_mirror(sizes[s]);
		int same = 0;

		assert_non_null(m);
		for (int i = 0; i < sizes[s]; i++) {
			assert_in_range(m[i], 0, sizes[s] - 1);
			assert_int_equal(m[m[i]], i);
			same += m[i] == i;
		}
		assert_int_equal(same, fixed[s]);
	}
	assert_null(landmarks_mirror(67));
	assert_int_equal(landmarks_mirror(68)[36], 45);
	assert_int_equal(landmarks_mirror(98)[60], 72);
	assert_int_equal(landmarks_mirror(98)[87], 83);
}

static void as_hrnet(void **unused)
{
	char line[4000], *at;
	FILE *f = golden();
	float map[120];
	int drawn = 0, peaks = 0;

	(void)unused;
	while (fgets(line, sizeof line, f)) {
		double v[3], got[2];

		at = strchr(line, '\t');
		if (!strncmp(line, "draw\t", 5)) {
			for (int k = 0; k < 3; k++)
				v[k] = strtod(at, &at);
			landmarks_draw(map, 12, 10, v[0], v[1], v[2], LANDMARKS_HRNET);
			for (int i = 0; i < 120; i++)
				assert_true(fabs((double)map[i] - strtod(at, &at)) <= 1e-7);
			drawn++;
		} else if (!strncmp(line, "peak\t", 5)) {
			for (int k = 0; k < 2; k++)
				v[k] = strtod(at, &at);
			for (int i = 0; i < 30; i++)
				map[i] = strtof(at, &at);
			landmarks_peak(map, 6, 5, LANDMARKS_HRNET, got);
			assert_true(got[0] == v[0] && got[1] == v[1]);
			peaks++;
		}
	}
	assert_int_equal(drawn, 16);
	assert_int_equal(peaks, 6);
	fclose(f);
}

static void subpixel(void **unused)
{
	float map[64 * 48];
	double at[2];

	(void)unused;
	for (double x = 4.05; x < 60; x += 1.37)
		for (double y = 5.1; y < 44; y += 3.21) {
			double sigma = x < 30 ? 1 : 1.5;

			landmarks_draw(map, 64, 48, x, y, sigma, LANDMARKS_SUBPIXEL);
			assert_true(landmarks_peak(map, 64, 48, LANDMARKS_SUBPIXEL, at) > .75);
			assert_true(fabs(at[0] - x) < 1e-4 && fabs(at[1] - y) < 1e-4);
		}
	/* On and beyond the border. */
	landmarks_draw(map, 64, 48, .2, 47.9, 1, LANDMARKS_SUBPIXEL);
	landmarks_peak(map, 64, 48, LANDMARKS_SUBPIXEL, at);
	assert_true(at[0] == .5 && at[1] == 47.5);
	landmarks_draw(map, 64, 48, -7, 20, 1, LANDMARKS_SUBPIXEL);
	assert_true(landmarks_peak(map, 64, 48, LANDMARKS_SUBPIXEL, at) == 0);
	landmarks_draw(map, 64, 48, NAN, 20, 1, LANDMARKS_SUBPIXEL);
	assert_true(landmarks_peak(map, 64, 48, LANDMARKS_SUBPIXEL, at) == 0);
	landmarks_draw(map, 64, 48, 1e30, 20, 1, LANDMARKS_SUBPIXEL);
	assert_true(landmarks_peak(map, 64, 48, LANDMARKS_SUBPIXEL, at) == 0);
	/* The highest value is the centre's, not the one of the pixel beside. */
	landmarks_draw(map, 64, 48, 10.5, 20.5, 1, LANDMARKS_SUBPIXEL);
	assert_true(map[20 * 64 + 10] == 1 && map[20 * 64 + 11] == map[20 * 64 + 9]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(affect),
		cmocka_unit_test(mirrors),
		cmocka_unit_test(as_hrnet),
		cmocka_unit_test(subpixel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
