/* test_warp.c - pictures and labels go the same way: dots painted at the labels are found where the moved labels say */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/warp.h"
#include "common/resample.h"

enum { DOTS = 9 };

static const struct warp plain = { .size = 128, .scale = { 1, 1 }, .std = { 1, 1, 1 } };

/* Dots on black, each a channel of its own in turn, at places that are no pixels' centres. */
static void paint(struct image *m, double (*at)[2])
{
	for (int i = 0; i < DOTS; i++) {
		at[i][0] = m->w * (.25 + .25 * (i % 3)) + .37 * i;
		at[i][1] = m->h * (.25 + .25 * (i / 3)) - .21 * i;
	}
	memset(m->data, 0, (size_t)m->h * m->stride);
	for (int i = 0; i < DOTS; i++)
		for (int y = 0; y < m->h; y++)
			for (int x = 0; x < m->w; x++) {
				double dx = x + .5 - at[i][0], dy = y + .5 - at[i][1];
				double v = 250 * exp(-(dx * dx + dy * dy) / (2 * 3.5 * 3.5));

				if (v > 1)
					image_at(m, x, y)[i % 3] = (uint8_t)rint(v);
			}
}

/* The centroid of a channel near a place; false where the dot is not wholly inside. */
static bool centroid(const float *plane, int size, const double near[2], double got[2])
{
	double sum = 0, sx = 0, sy = 0;
	const double reach = 14;

	if (near[0] < reach || near[1] < reach || near[0] > size - reach || near[1] > size - reach)
		return false;
	for (int y = 0; y < size; y++)
		for (int x = 0; x < size; x++) {
			double v = (double)plane[y * size + x];

			if (hypot(x + .5 - near[0], y + .5 - near[1]) > reach)
				continue;
			sum += v;
			sx += v * (x + .5);
			sy += v * (y + .5);
		}
	got[0] = sx / sum;
	got[1] = sy / sum;
	return true;
}

/* The largest distance of a dot from where the label says it is, all labels moved by `off` first. */
static double worst(const struct warp *p, int w, int h, uint64_t sample, double off, int *found)
{
	float *out = malloc(3 * (size_t)p->size * (size_t)p->size * sizeof *out);
	struct augment_scratch s = { 0 };
	struct warp_draws d;
	struct image m;
	double at[DOTS][2], far = 0;

	image_init(&m, w, h);
	paint(&m, at);
	warp_draw(&d, p, w, h, 5, 0, sample, 0);
	warp_apply(p, &d, &m, &s, out);
	for (int i = 0; i < DOTS; i++) {
		double want[2], got[2];

		warp_point(d.a, at[i][0] + off, at[i][1], want);
		if (!centroid(out + (size_t)(i % 3) * (size_t)p->size * (size_t)p->size, p->size, want, got))
			continue;
		far = fmax(far, hypot(got[0] - want[0], got[1] - want[1]));
		++*found;
	}
	image_release(&m);
	augment_scratch_release(&s);
	free(out);
	return far;
}

static void dots(void **unused)
{
	static const int sides[][2] = { { 128, 128 }, { 157, 143 }, { 131, 171 }, { 256, 256 } };
	struct warp p[5] = { plain, plain, plain, plain, plain };
	int found = 0;

	(void)unused;
	p[0].rotation = 45;
	p[1].scale[0] = .85;
	p[1].scale[1] = 1.15;
	p[2].flip_p = 1;
	p[3].translation = .1;
	p[4] = (struct warp){
		.size = 127, .rotation = 30, .scale = { .85, 1.15 }, .translation = .1, .flip_p = .5, .std = { 1, 1, 1 }
	};
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 4; k++)
			for (uint64_t sample = 0; sample < 4; sample++) {
				double far = worst(&p[i], sides[k][0], sides[k][1], sample, 0, &found);

				if (!(far < .05))
					fail_msg("policy %d, %dx%d: a dot %g off", i, sides[k][0], sides[k][1], far);
				/* half a pixel of the input would be seen */
				double half = .5 * (sides[k][0] > sides[k][1] ? sides[k][0] : sides[k][1]) / 128;
				int more = 0;

				far = worst(&p[i], sides[k][0], sides[k][1], sample, half, &more);
				assert_true(!more || far > .3);
			}
	assert_true(found > 400);
}

static void same_size_is_a_copy(void **unused)
{
	float out[3 * 40 * 40];
	struct warp p = plain;
	struct augment_scratch s = { 0 };
	struct warp_draws d;
	struct image m;

	(void)unused;
	p.size = 40;
	p.mean[1] = .25f;
	p.std[2] = 2;
	image_init(&m, 40, 40);
	for (size_t i = 0; i < 40 * m.stride; i++)
		m.data[i] = (uint8_t)(i * 37 % 251);
	warp_none(&d, &p, 40, 40);
	for (int bgr = 0; bgr < 2; bgr++) {
		p.bgr = bgr;
		warp_apply(&p, &d, &m, &s, out);
		for (int k = 0; k < 3; k++)
			for (int i = 0; i < 1600; i++) {
				float v = (float)image_at(&m, i % 40, i / 40)[bgr ? 2 - k : k] / 255;

				assert_true(out[k * 1600 + i] == (v - p.mean[k]) / p.std[k]);
			}
	}
	image_release(&m);
	augment_scratch_release(&s);
}

static void draws(void **unused)
{
	struct warp p = { .size = 64,
			  .rotation = 30,
			  .scale = { .85, 1.15 },
			  .translation = .1,
			  .flip_p = .5,
			  .blur_p = .4,
			  .jitter = { .4, .4, .4, .1 },
			  .blur_taps = { 5, 10 },
			  .std = { 1, 1, 1 } };
	int flips = 0, blurs = 0, taps[12] = { 0 };
	double least = 9, most = 0;
	struct err e = { 0 };

	(void)unused;
	assert_int_equal(warp_check(&p, &e), 0);
	for (uint64_t i = 0; i < 4000; i++) {
		struct warp_draws d, again;
		double back[6], there[2], here[2];

		warp_draw(&d, &p, 64, 64, 1, 2, i, 0);
		warp_draw(&again, &p, 64, 64, 1, 2, i, 0);
		assert_memory_equal(&d, &again, sizeof d);
		flips += d.flip;
		blurs += d.blur;
		assert_in_range(d.taps, 5, 11);
		taps[d.taps]++;
		assert_true(fabs(hypot(d.a[0], d.a[3]) - d.scale) < 1e-12);
		assert_true((d.a[0] * d.a[4] - d.a[1] * d.a[3] < 0) == d.flip);
		least = fmin(least, d.scale);
		most = fmax(most, d.scale);
		assert_int_equal(affine_invert(back, d.a), 0);
		warp_point(d.a, 12.5, 50.25, there);
		warp_point(back, there[0], there[1], here);
		assert_true(fabs(here[0] - 12.5) < 1e-9 && fabs(here[1] - 50.25) < 1e-9);
	}
	/* five standard deviations: 158 of 2000, 155 of 1600; 5, 6 7, 8 9, 10 in the ratio 1 2 2 1: 118 and 149 */
	assert_in_range(flips, 1842, 2158);
	assert_in_range(blurs, 1445, 1755);
	assert_in_range(taps[5], 667 - 118, 667 + 118);
	assert_in_range(taps[7], 1333 - 149, 1333 + 149);
	assert_in_range(taps[9], 1333 - 149, 1333 + 149);
	assert_in_range(taps[11], 667 - 118, 667 + 118);
	assert_true(least > .85 && least < .86 && most < 1.15 && most > 1.14);
}

static void bad_policies(void **unused)
{
	struct err e = { 0 };
	struct warp p;

	(void)unused;
	assert_int_equal(warp_check(&plain, &e), 0);
#define REFUSED(field, value) \
	do { \
		p = plain; \
		p.field = value; \
		assert_int_equal(warp_check(&p, &e), -1); \
	} while (0)
	REFUSED(size, 0);
	REFUSED(rotation, -1);
	REFUSED(rotation, NAN);
	REFUSED(scale[0], 0);
	REFUSED(scale[1], .5);
	REFUSED(translation, 2);
	REFUSED(flip_p, 1.5);
	REFUSED(blur_p, .4);
	REFUSED(jitter[3], .6);
	REFUSED(std[1], 0);
	REFUSED(mean[0], NAN);
#undef REFUSED
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dots),
		cmocka_unit_test(same_size_is_a_copy),
		cmocka_unit_test(draws),
		cmocka_unit_test(bad_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
