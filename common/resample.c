/* resample.c - separable, antialiased resizing of boxes; affine.c has the warp */
#include "common/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/resample_rows.h"

/* ---- filters: weight at distance t, in units of the wider of source and destination pixel */

static double bilinear(double t)
{
	t = fabs(t);
	return t < 1 ? 1 - t : 0;
}

static double sinc(double t)
{
	return t == 0 ? 1 : sin(M_PI * t) / (M_PI * t);
}

static double lanczos(double t)
{
	return t > -3 && t < 3 ? sinc(t) * sinc(t / 3) : 0;
}

/* ---- one axis: which source positions make which output position */

struct axis {
	int n;		   /* output positions */
	int first, end;	   /* source positions used by any output position */
	struct taps *taps; /* [n] */
	int16_t *w;
};

/* One kernel over source positions first .. first + n - 1. */
struct kernel {
	int first, n;
	double *w;
};

/* The kernel about `centre`. As Pillow does, it is cut at the ends [lo, hi) and what is left of it is normalised. */
static void kernel_set(struct kernel *k, double centre, double reach, double scale, int lo, int hi,
		       double (*filter)(double))
{
	double sum = 0, inverse = 1 / scale;
	int begin = (int)floor(centre - reach + .5), end = (int)floor(centre + reach + .5);
	begin = begin < lo ? lo : begin;
	end = end > hi ? hi : end;
	for (int i = begin; i < end; i++)
		sum += k->w[i - begin] = filter((i - centre + .5) * inverse);
	for (int i = begin; i < end; i++)
		k->w[i - begin] /= sum;
	k->first = begin;
	k->n = end - begin;
}

static int32_t fixed(double w)
{
	return (int32_t)(w * (1 << RESAMPLE_BITS) + (w < 0 ? -.5 : .5));
}

/* Drops what lies outside [lo, hi) (it meets black), and zeros at both ends. */
static void kernel_trim(struct kernel *k, int lo, int hi)
{
	int skip = 0;
	while (skip < k->n && (k->first + skip < lo || fixed(k->w[skip]) == 0))
		skip++;
	k->n -= skip;
	k->first += skip;
	memmove(k->w, k->w + skip, (size_t)k->n * sizeof *k->w);
	while (k->n > 0 && (k->first + k->n > hi || fixed(k->w[k->n - 1]) == 0))
		k->n--;
}

/* The weights in the form of resample_rows.h; row is all zero before. */
static void kernel_store(const struct kernel *k, struct taps *t, int16_t *row)
{
	*t = (struct taps){ .first = k->first, .n = k->n, .w = row };
	for (int i = 0; i < k->n; i++) {
		int32_t w = fixed(k->w[i]), low = w & ((1 << RESAMPLE_HALF_BITS) - 1);
		row[4 * (i / 2) + i % 2] = (int16_t)((w - low) / (1 << RESAMPLE_HALF_BITS));
		row[4 * (i / 2) + i % 2 + 2] = (int16_t)low;
	}
}

/*
 * n output positions over the source interval [x0, x1); the source has `size` positions, and is padded by `fill` so far that
 * it includes the interval. The interval is rounded to float as Pillow's is.
 */
static void axis_init(struct axis *a, int n, double x0, double x1, int size, enum resample_filter filter,
		      enum resample_fill fill)
{
	float f0 = (float)x0, f1 = (float)x1;
	double step = (double)(f1 - f0) / n, scale = fmax(step, 1),
	       reach = scale * (filter == RESAMPLE_LANCZOS ? 3 : 1);
	int lo = f0 < 0 ? (int)floorf(f0) : 0, hi = f1 > (float)size ? (int)ceilf(f1) : size;
	bool black = fill == RESAMPLE_ZERO;
	size_t most = 2 * (size_t)ceil(reach) + 2, row = 2 * most + 2;
	struct kernel k = { .w = xcalloc(most, sizeof *k.w) };
	*a = (struct axis){ .n = n, .first = hi, .end = lo };
	a->taps = xcalloc((size_t)n, sizeof *a->taps);
	a->w = xcalloc(row * (size_t)n, sizeof *a->w);
	for (int i = 0; i < n; i++) {
		kernel_set(&k, f0 + (i + .5) * step, reach, scale, lo, hi,
			   filter == RESAMPLE_LANCZOS ? lanczos : bilinear);
		kernel_trim(&k, black ? 0 : lo, black ? size : hi);
		kernel_store(&k, &a->taps[i], a->w + (size_t)i * row);
		if (k.n > 0 && k.first < a->first)
			a->first = k.first;
		if (k.n > 0 && k.first + k.n > a->end)
			a->end = k.first + k.n;
	}
	free(k.w);
}

static void axis_release(struct axis *a)
{
	free(a->taps);
	free(a->w);
}

int resample_fill_index(int i, int n, enum resample_fill fill)
{
	if (i >= 0 && i < n)
		return i;
	if (fill == RESAMPLE_ZERO)
		return -1;
	if (fill == RESAMPLE_EDGE || n == 1)
		return i < 0 ? 0 : n - 1;
	int period = 2 * (n - 1);
	i = abs(i) % period;
	return i < n ? i : period - i;
}

/* ---- the two passes */

/* Source rows between, each resampled along x already; absent rows (never used) are not made. */
struct between {
	int first, n; /* rows first .. first + n - 1 of the source */
	size_t stride;
	uint8_t *data;
};

/* The row's part [x->first, x->end), padded by fill in scratch where it reaches beyond the picture. */
static const uint8_t *padded_row(uint8_t *scratch, const struct image *src, int y, const struct axis *x,
				 enum resample_fill fill)
{
	if (x->first >= 0 && x->end <= src->w)
		return image_at(src, x->first, y);
	for (int i = x->first; i < x->end; i++)
		memcpy(scratch + 3 * (size_t)(i - x->first), image_at(src, resample_fill_index(i, src->w, fill), y), 3);
	return scratch;
}

static void pass_along(struct between *b, const struct image *src, const struct axis *x, const struct axis *y,
		       enum resample_fill fill)
{
	int lo = src->h, hi = -1;
	for (int i = y->first; i < y->end; i++) {
		int at = resample_fill_index(i, src->h, fill);
		lo = at < lo ? at : lo;
		hi = at > hi ? at : hi;
	}
	b->first = lo;
	b->n = hi - lo + 1;
	b->stride = (3 * (size_t)x->n + 16) & ~(size_t)15;
	b->data = xaligned(b->stride * (size_t)b->n + 16);
	uint8_t *scratch = xmalloc(3 * (size_t)(x->end - x->first) + 16);
	for (int i = 0; i < b->n; i++)
		resample_along(b->data + (size_t)i * b->stride, padded_row(scratch, src, lo + i, x, fill), x->first,
			       x->taps, x->n);
	free(scratch);
}

static void pass_across(struct image *dst, const struct between *b, const struct axis *y, int src_h,
			enum resample_fill fill)
{
	size_t most = 0;
	for (int i = 0; i < y->n; i++)
		most = (size_t)y->taps[i].n > most ? (size_t)y->taps[i].n : most;
	const uint8_t **rows = xcalloc(most + 1, sizeof *rows);
	for (int i = 0; i < y->n; i++) {
		const struct taps *t = &y->taps[i];
		for (int k = 0; k < t->n; k++) {
			int at = resample_fill_index(t->first + k, src_h, fill);
			rows[k] = b->data + (size_t)(at - b->first) * b->stride;
		}
		if (t->n & 1)
			rows[t->n] = rows[t->n - 1];
		if (t->n == 1 && t->w[0] == 1 << RESAMPLE_HALF_BITS)
			memcpy(image_at(dst, 0, i), rows[0], 3 * (size_t)dst->w);
		else
			resample_across(image_at(dst, 0, i), rows, t->w, t->n, 3 * dst->w);
	}
	free(rows);
}

static void fill_black(struct image *dst)
{
	for (int y = 0; y < dst->h; y++)
		memset(image_at(dst, 0, y), 0, 3 * (size_t)dst->w);
}

static void box_nearest(struct image *dst, const struct image *src, double x0, double y0, double x1, double y1,
			enum resample_fill fill)
{
	double step_x = (x1 - x0) / dst->w, step_y = (y1 - y0) / dst->h;
	fill_black(dst);
	for (int y = 0; y < dst->h; y++) {
		int sy = resample_fill_index((int)floor(y0 + (y + .5) * step_y), src->h, fill);
		for (int x = 0; x < dst->w && sy >= 0; x++) {
			int sx = resample_fill_index((int)floor(x0 + (x + .5) * step_x), src->w, fill);
			if (sx >= 0)
				memcpy(image_at(dst, x, y), image_at(src, sx, sy), 3);
		}
	}
}

void resample_box(struct image *dst, const struct image *src, double x0, double y0, double x1, double y1,
		  enum resample_filter filter, enum resample_fill fill)
{
	struct axis x, y;
	struct between b = { 0 };
	if (!(x1 > x0 && y1 > y0) || fmax(fmax(-x0, -y0), fmax(x1, y1)) > RESAMPLE_FARTHEST)
		BUG("box %g %g %g %g", x0, y0, x1, y1);
	if (filter == RESAMPLE_NEAREST) {
		box_nearest(dst, src, x0, y0, x1, y1, fill);
		return;
	}
	axis_init(&x, dst->w, x0, x1, src->w, filter, fill);
	axis_init(&y, dst->h, y0, y1, src->h, filter, fill);
	if (x.first < x.end && y.first < y.end) {
		pass_along(&b, src, &x, &y, fill);
		pass_across(dst, &b, &y, src->h, fill);
		free(b.data);
	} else {
		fill_black(dst);
	}
	axis_release(&x);
	axis_release(&y);
}

void resample_resize(struct image *dst, const struct image *src, enum resample_filter filter)
{
	resample_box(dst, src, 0, 0, src->w, src->h, filter, RESAMPLE_EDGE);
}
