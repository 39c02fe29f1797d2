/* augment.c - see augment.h */
#include "common/data/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/resample.h"
#include "common/rng.h"

/* ---- the draws */

static bool within(double v, double least, double most)
{
	return v >= least && v <= most;
}

static bool range_ok(const double r[2], double least, double most)
{
	return r[0] > least && r[0] <= r[1] && r[1] <= most;
}

int augment_check(const struct augment *a, struct err *e)
{
	const double p[] = { a->jitter_p, a->grey_p, a->blur_p, a->flip_p };
	if (a->size < 1 || a->size > AUGMENT_LARGEST)
		return err_set(e, "a view of %d pixels: 1 to %d", a->size, AUGMENT_LARGEST);
	if (!range_ok(a->area, 0, 1))
		return err_set(e, "areas %g to %g: above 0, up to 1", a->area[0], a->area[1]);
	if (!range_ok(a->aspect, 0, 1e3))
		return err_set(e, "aspects %g to %g: above 0, up to 1000", a->aspect[0], a->aspect[1]);
	for (int i = 0; i < AUGMENT_COLOURS; i++)
		if (!within(a->jitter[i], 0, i == AUGMENT_HUE ? .5 : 100))
			return err_set(e, "jitter of %g: 0 to %g", a->jitter[i], i == AUGMENT_HUE ? .5 : 100);
	for (int i = 0; i < 4; i++)
		if (!within(p[i], 0, 1))
			return err_set(e, "probability of %g", p[i]);
	if (!range_ok(a->sigma, 0, 1e3))
		return err_set(e, "sigma %g to %g: above 0, up to 1000", a->sigma[0], a->sigma[1]);
	if (a->blur_taps < 1 || a->blur_taps > BLUR_TAPS || a->blur_taps % 2 == 0)
		return err_set(e, "a blur of %d taps: odd, up to %d", a->blur_taps, BLUR_TAPS);
	for (int c = 0; c < 3; c++)
		if (!isfinite(a->mean[c]) || !isfinite(a->std[c]) || a->std[c] <= 0)
			return err_set(e, "mean %g, deviation %g", (double)a->mean[c], (double)a->std[c]);
	return 0;
}

static double uniform(struct rng *r, double from, double to)
{
	return from + (to - from) * rng_f64(r);
}

/* What torchvision falls back to: the middle, as much of it as the range of aspects allows. */
static void middle_crop(struct augment_draws *d, const struct augment *a, int w, int h)
{
	double aspect = (double)w / h;
	d->w = w;
	d->h = h;
	if (aspect < a->aspect[0])
		d->h = (int)fmax(1, rint(w / a->aspect[0]));
	else if (aspect > a->aspect[1])
		d->w = (int)fmax(1, rint(h * a->aspect[1]));
	d->x = (w - d->w) / 2;
	d->y = (h - d->h) / 2;
}

static void draw_crop(struct augment_draws *d, const struct augment *a, int w, int h, struct rng *r)
{
	double whole = (double)w * h, log_least = log(a->aspect[0]), log_most = log(a->aspect[1]);
	for (int i = 0; i < 10; i++) {
		double area = whole * uniform(r, a->area[0], a->area[1]);
		double aspect = exp(uniform(r, log_least, log_most));
		double cw = rint(sqrt(area * aspect)), ch = rint(sqrt(area / aspect));
		if (cw < 1 || ch < 1 || cw > w || ch > h)
			continue;
		d->w = (int)cw;
		d->h = (int)ch;
		d->y = (int)rng_below(r, (uint32_t)(h - d->h) + 1);
		d->x = (int)rng_below(r, (uint32_t)(w - d->w) + 1);
		return;
	}
	middle_crop(d, a, w, h);
}

/* Everything is drawn, wanted or not, and the crop last, which takes as many draws as it needs. */
void augment_draw(struct augment_draws *d, const struct augment *a, int w, int h, uint64_t seed, uint32_t epoch,
		  uint64_t sample, uint32_t view)
{
	struct rng r;
	memset(d, 0, sizeof *d);
	rng_init(&r, seed, epoch, sample, view);
	d->flip = rng_f64(&r) < a->flip_p;
	d->jitter = rng_f64(&r) < a->jitter_p;
	d->grey = rng_f64(&r) < a->grey_p;
	d->blur = rng_f64(&r) < a->blur_p;
	d->sigma = uniform(&r, a->sigma[0], a->sigma[1]);
	colour_draw(&r, a->jitter, d->factor, d->order);
	draw_crop(d, a, w, h, &r);
}

/* ---- what is done with them */

void augment_scratch_release(struct augment_scratch *s)
{
	image_release(&s->crop);
	free(s->planes);
	free(s->blur);
	memset(s, 0, sizeof *s);
}

void augment_scratch_grow(struct augment_scratch *s, int size)
{
	image_resize(&s->crop, size, size);
	if (size <= s->size)
		return;
	free(s->planes);
	free(s->blur);
	s->planes = xaligned(3 * (size_t)size * (size_t)size);
	s->blur = xaligned(blur_room(size, size) * sizeof *s->blur);
	s->size = size;
}

static void write_bytes(uint8_t *const c[3], int size, bool flip, uint8_t *out)
{
	for (size_t y = 0; y < (size_t)size; y++)
		for (size_t x = 0; x < (size_t)size; x++, out += 3) {
			size_t at = y * (size_t)size + (flip ? (size_t)size - 1 - x : x);
			for (int k = 0; k < 3; k++)
				out[k] = c[k][at];
		}
}

static void write_byte_planes(uint8_t *const c[3], int size, bool flip, uint8_t *out)
{
	const struct planes_ops *ops = planes_ops();
	size_t n = (size_t)size;
	for (int k = 0; k < 3; k++)
		for (size_t y = 0; y < n; y++, out += n)
			if (flip)
				ops->mirror(c[k] + y * n, n, out);
			else
				memcpy(out, c[k] + y * n, n);
}

static void write_planes(const struct augment *a, uint8_t *const c[3], bool flip, float *out)
{
	const struct planes_ops *ops = planes_ops();
	size_t n = (size_t)a->size;
	uint8_t row[AUGMENT_LARGEST];
	for (int k = 0; k < 3; k++)
		for (size_t y = 0; y < n; y++, out += n) {
			if (flip)
				ops->mirror(c[k] + y * n, n, row);
			ops->normalise(flip ? row : c[k] + y * n, n, a->mean[k], a->std[k], out);
		}
}

static void write_pixels(const struct augment *a, uint8_t *const c[3], bool flip, float *out)
{
	size_t n = (size_t)a->size;
	for (size_t y = 0; y < n; y++)
		for (size_t x = 0; x < n; x++)
			for (int k = 0; k < 3; k++)
				*out++ = ((float)c[k][y * n + (flip ? n - 1 - x : x)] / 255 - a->mean[k]) / a->std[k];
}

void augment_apply(const struct augment *a, const struct augment_draws *d, const struct image *src,
		   struct augment_scratch *s, enum augment_form form, void *out)
{
	const struct planes_ops *ops = planes_ops();
	size_t n = (size_t)a->size * (size_t)a->size;
	if (d->x < 0 || d->y < 0 || d->w < 1 || d->h < 1 || d->w > src->w - d->x || d->h > src->h - d->y)
		BUG("crop %dx%d at %d %d of a picture of %dx%d", d->w, d->h, d->x, d->y, src->w, src->h);
	augment_scratch_grow(s, a->size);
	uint8_t *const c[3] = { s->planes, s->planes + n, s->planes + 2 * n };
	/* The crop is a picture of its own: nothing outside of it is mixed in. */
	struct image part = { .w = d->w, .h = d->h, .stride = src->stride, .data = image_at(src, d->x, d->y) };
	resample_resize(&s->crop, &part, RESAMPLE_BILINEAR);
	for (int y = 0; y < a->size; y++) {
		size_t at = (size_t)y * (size_t)a->size;
		uint8_t *const row[3] = { c[0] + at, c[1] + at, c[2] + at };
		ops->split(image_at(&s->crop, 0, y), (size_t)a->size, row);
	}
	if (d->jitter)
		colour_apply(ops, c, n, d->factor, d->order);
	if (d->grey)
		ops->grey(c, n);
	if (d->blur) {
		struct blur b;
		blur_set(&b, d->sigma, a->blur_taps);
		for (int k = 0; k < 3; k++)
			planes_blur(ops, &b, c[k], a->size, a->size, s->blur);
	}
	/* Last, where it costs nothing: it commutes with all of the above. */
	switch (form) {
	case AUGMENT_PLANES:
		write_planes(a, c, d->flip, out);
		break;
	case AUGMENT_PIXELS:
		write_pixels(a, c, d->flip, out);
		break;
	case AUGMENT_BYTES:
		write_bytes(c, a->size, d->flip, out);
		break;
	case AUGMENT_BYTE_PLANES:
		write_byte_planes(c, a->size, d->flip, out);
		break;
	}
}

void augment_normalise(const struct augment *a, const uint8_t *planes, float *out)
{
	const struct planes_ops *ops = planes_ops();
	size_t n = (size_t)a->size * (size_t)a->size;
	for (int k = 0; k < 3; k++, planes += n, out += n)
		ops->normalise(planes, n, a->mean[k], a->std[k], out);
}
