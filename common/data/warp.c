/* warp.c - see warp.h */
#include "common/data/warp.h"

#include <math.h>
#include <string.h>

#include "common/data/colour.h"
#include "common/resample.h"
#include "common/rng.h"

static bool within(double v, double least, double most)
{
	return v >= least && v <= most;
}

static int check_colours(const struct warp *p, struct err *e)
{
	for (int i = 0; i < AUGMENT_COLOURS; i++)
		if (!within(p->jitter[i], 0, i == AUGMENT_HUE ? .5 : 100))
			return err_set(e, "jitter of %g: 0 to %g", p->jitter[i], i == AUGMENT_HUE ? .5 : 100);
	for (int c = 0; c < 3; c++)
		if (!isfinite(p->mean[c]) || !isfinite(p->std[c]) || p->std[c] <= 0)
			return err_set(e, "mean %g, deviation %g", (double)p->mean[c], (double)p->std[c]);
	return 0;
}

int warp_check(const struct warp *p, struct err *e)
{
	if (p->size < 1 || p->size > AUGMENT_LARGEST)
		return err_set(e, "an input of %d pixels: 1 to %d", p->size, AUGMENT_LARGEST);
	if (!within(p->rotation, 0, 180))
		return err_set(e, "a rotation of %g degrees: 0 to 180", p->rotation);
	if (!within(p->scale[0], .01, 100) || !within(p->scale[1], p->scale[0], 100))
		return err_set(e, "scales %g to %g: .01 to 100", p->scale[0], p->scale[1]);
	if (!within(p->translation, 0, 1))
		return err_set(e, "a translation of %g: 0 to 1", p->translation);
	if (!within(p->flip_p, 0, 1) || !within(p->blur_p, 0, 1))
		return err_set(e, "a probability of %g, %g", p->flip_p, p->blur_p);
	if (p->blur_p > 0 && (p->blur_taps[0] < 1 || p->blur_taps[1] < p->blur_taps[0] || p->blur_taps[1] >= BLUR_TAPS))
		return err_set(e, "a blur of %d to %d taps: 1 to %d", p->blur_taps[0], p->blur_taps[1], BLUR_TAPS - 1);
	return check_colours(p, e);
}

/* ---- the draws */

/* Fit, mirror, turn and scale about the middle, move. */
static void compose(double a[6], int size, int w, int h, bool flip, double degrees, double scale, double tx, double ty)
{
	double fit = (double)size / (w > h ? w : h), angle = degrees * M_PI / 180;
	double c = fit * scale * cos(angle), s = fit * scale * sin(angle), mirror = flip ? -1 : 1;

	a[0] = c * mirror;
	a[1] = -s;
	a[3] = s * mirror;
	a[4] = c;
	a[2] = size * (.5 + tx) - a[0] * w / 2 - a[1] * h / 2;
	a[5] = size * (.5 + ty) - a[3] * w / 2 - a[4] * h / 2;
}

static double uniform(struct rng *r, double from, double to)
{
	return from + (to - from) * rng_f64(r);
}

/* Everything is drawn, wanted or not. */
void warp_draw(struct warp_draws *d, const struct warp *p, int w, int h, uint64_t seed, uint32_t epoch, uint64_t sample,
	       uint32_t view)
{
	struct rng r;

	memset(d, 0, sizeof *d);
	rng_init(&r, seed, epoch, sample, view);
	d->flip = rng_f64(&r) < p->flip_p;
	d->blur = rng_f64(&r) < p->blur_p;
	double degrees = uniform(&r, -p->rotation, p->rotation);
	double scale = uniform(&r, p->scale[0], p->scale[1]);
	double tx = uniform(&r, -p->translation, p->translation), ty = uniform(&r, -p->translation, p->translation);
	int span = p->blur_p > 0 ? p->blur_taps[1] - p->blur_taps[0] : 0;
	d->taps = (p->blur_p > 0 ? p->blur_taps[0] : 1) + (int)rng_below(&r, (uint32_t)span + 1);
	d->taps += d->taps % 2 == 0;
	d->sigma = .3 * ((d->taps - 1) / 2. - 1) + .8;
	colour_draw(&r, p->jitter, d->factor, d->order);
	compose(d->a, p->size, w, h, d->flip, degrees, scale, tx, ty);
	d->scale = scale * p->size / (w > h ? w : h);
}

void warp_none(struct warp_draws *d, const struct warp *p, int w, int h)
{
	memset(d, 0, sizeof *d);
	for (int i = 0; i < AUGMENT_COLOURS; i++) {
		d->factor[i] = i == AUGMENT_HUE ? 0 : 1;
		d->order[i] = (uint8_t)i;
	}
	d->taps = 1;
	d->scale = (double)p->size / (w > h ? w : h);
	compose(d->a, p->size, w, h, false, 0, 1, 0, 0);
}

/* ---- what is done with them */

static void normalise(const struct warp *p, uint8_t *const c[3], float *out)
{
	size_t n = (size_t)p->size * (size_t)p->size;

	for (int k = 0; k < 3; k++, out += n) {
		const uint8_t *src = c[p->bgr ? 2 - k : k];
		float value[256];

		for (int v = 0; v < 256; v++)
			value[v] = ((float)v / 255 - p->mean[k]) / p->std[k];
		for (size_t i = 0; i < n; i++)
			out[i] = value[src[i]];
	}
}

void warp_apply(const struct warp *p, const struct warp_draws *d, const struct image *src, struct augment_scratch *s,
		float *out)
{
	const struct planes_ops *ops = planes_ops();
	size_t size = (size_t)p->size, n = size * size;

	augment_scratch_grow(s, p->size);
	uint8_t *const c[3] = { s->planes, s->planes + n, s->planes + 2 * n };
	resample_affine(&s->crop, src, d->a, RESAMPLE_ZERO);
	for (int y = 0; y < p->size; y++) {
		uint8_t *const row[3] = { c[0] + (size_t)y * size, c[1] + (size_t)y * size, c[2] + (size_t)y * size };

		ops->split(image_at(&s->crop, 0, y), size, row);
	}
	colour_apply(ops, c, n, d->factor, d->order);
	if (d->blur) {
		struct blur b;

		blur_set(&b, d->sigma, d->taps);
		for (int k = 0; k < 3; k++)
			planes_blur(ops, &b, c[k], p->size, p->size, s->blur);
	}
	normalise(p, c, out);
}
