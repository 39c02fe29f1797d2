/*
 * train_bn.c - batch norm in two phases, with activation and residual
 *
 * Sums run in f32 over RUN pixels and in double from there on. A plane's squares are taken around its own mean, and planes
 * are merged as slices are: no cancellation, whatever the mean.
 */
#include <string.h>

#include "common/err.h"
#include "common/nn/moments.h"
#include "common/nn/train_internal.h"

enum { RUN = 64, LANES = TRAIN_MAX_BLOCK };

/* ---- statistics */

/* Sums of x - shift and of its square over the plane, lane by lane. `width` is a constant where this is called. */
static inline __attribute__((always_inline)) void shifted_sums(const float *x, size_t pixels, int width,
							       const float *shift, double *sum, double *squares)
{
	for (size_t at = 0; at < pixels; at += RUN) {
		size_t end = at + RUN < pixels ? at + RUN : pixels;
		float s[LANES] = { 0 }, q[LANES] = { 0 };

		for (size_t i = at; i < end; i++)
			for (int k = 0; k < width; k++) {
				float d = x[i * (size_t)width + (size_t)k] - shift[k];

				s[k] += d;
				q[k] += d * d;
			}
		for (int k = 0; k < width; k++) {
			sum[k] += (double)s[k];
			squares[k] += (double)q[k];
		}
	}
}

static void plane_moments(const float *x, size_t pixels, int width, double *mean, double *m2)
{
	float shift[LANES] = { 0 };
	double n = (double)pixels, sum[LANES], squares[LANES];

	for (int pass = 0; pass < 2; pass++) {
		memset(sum, 0, sizeof sum);
		memset(squares, 0, sizeof squares);
		if (width == 16)
			shifted_sums(x, pixels, 16, shift, sum, squares);
		else
			shifted_sums(x, pixels, 8, shift, sum, squares);
		if (pass == 0)
			for (int k = 0; k < width; k++)
				shift[k] = (float)(sum[k] / n);
	}
	for (int k = 0; k < width; k++) {
		double off = sum[k] / n;

		mean[k] = (double)shift[k] + off;
		m2[k] = squares[k] - n * off * off;
		if (m2[k] < 0)
			m2[k] = 0;
	}
}

/* Rows: the values of a channel are one a sample; a run of samples is a plane whose pixels are a row apart. */
static void row_moments(const struct nn_train *b, const struct nn_batch *x, int cb, double *mean, double *m2)
{
	size_t width = (size_t)b->block, pitch = width * (size_t)train_blocks(b, x->c);
	double sum[LANES] = { 0 }, squares[LANES] = { 0 };
	const float *p = train_plane(b, x, 0, cb);

	for (size_t n = 0; n < (size_t)x->n; n++)
		for (size_t k = 0; k < width; k++)
			sum[k] += (double)p[n * pitch + k];
	for (size_t k = 0; k < width; k++)
		mean[k] = sum[k] / x->n;
	for (size_t n = 0; n < (size_t)x->n; n++)
		for (size_t k = 0; k < width; k++) {
			double d = (double)p[n * pitch + k] - mean[k];

			squares[k] += d * d;
		}
	memcpy(m2, squares, width * sizeof *m2);
}

void train_bn_stats(const struct nn_train *b, const struct nn_batch *x, double *mean, double *m2)
{
	size_t pixels = (size_t)x->h * (size_t)x->w;

	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		double count = 0, m[LANES] = { 0 }, q[LANES] = { 0 }, pm[LANES], pq[LANES];
		size_t lanes = (size_t)train_lanes(b, x->c, cb), at = (size_t)cb * (size_t)b->block;

		if (pixels == 1)
			row_moments(b, x, cb, m, q);
		for (int n = 0; pixels > 1 && n < x->n; n++) {
			plane_moments(train_plane(b, x, n, cb), pixels, b->block, pm, pq);
			nn_moments_merge(b->block, &count, m, q, (double)pixels, pm, pq);
		}
		memcpy(mean + at, m, lanes * sizeof *mean);
		memcpy(m2 + at, q, lanes * sizeof *m2);
	}
}

/* ---- apply */

/* A block's numbers, with zeros where there is no channel. */
struct lanes {
	float mean[LANES], inverse[LANES], scale[LANES], beta[LANES];
};

static struct lanes lanes_of(const struct nn_train *b, const struct nn_bn *bn, int c, int cb)
{
	const float *gamma = bn->gamma, *beta = bn->beta;
	struct lanes l = { 0 };
	int at = cb * b->block;

	for (int k = 0; k < train_lanes(b, c, cb); k++) {
		l.mean[k] = (float)bn->mean[at + k];
		l.inverse[k] = (float)bn->inverse[at + k];
		l.scale[k] = (float)((double)gamma[at + k] * bn->inverse[at + k]);
		l.beta[k] = beta[at + k];
	}
	return l;
}

static inline __attribute__((always_inline)) void apply_plane(const float *x, const float *res, size_t pixels,
							      int width, const struct lanes *l, float slope, float *y)
{
	for (size_t i = 0; i < pixels; i++)
		for (int k = 0; k < width; k++) {
			size_t at = i * (size_t)width + (size_t)k;
			float v = (x[at] - l->mean[k]) * l->scale[k] + l->beta[k] + (res ? res[at] : 0);

			y[at] = v > 0 ? v : slope * v;
		}
}

void train_bn_apply(const struct nn_train *b, const struct nn_batch *x, const struct nn_bn *bn,
		    const struct nn_batch *res, double slope, const struct nn_batch *y)
{
	size_t pixels = (size_t)x->h * (size_t)x->w;

	train_same_shape(x, y, "bn_apply");
	if (res)
		train_same_shape(x, res, "bn_apply's residual");
	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		struct lanes l = lanes_of(b, bn, x->c, cb);

		for (int n = 0; n < x->n; n++) {
			const float *r = res ? train_plane(b, res, n, cb) : NULL;

			if (b->block == 16)
				apply_plane(train_plane(b, x, n, cb), r, pixels, 16, &l, (float)slope,
					    train_plane(b, y, n, cb));
			else
				apply_plane(train_plane(b, x, n, cb), r, pixels, 8, &l, (float)slope,
					    train_plane(b, y, n, cb));
		}
	}
}

/* ---- backward */

static inline float through(const float *dy, const float *y, size_t at, float slope)
{
	return y && y[at] <= 0 ? slope * dy[at] : dy[at];
}

static inline __attribute__((always_inline)) void plane_gradient_sums(const float *dy, const float *x, const float *y,
								      size_t pixels, int width, const struct lanes *l,
								      float slope, double *sum_g, double *sum_gx)
{
	for (size_t from = 0; from < pixels; from += RUN) {
		size_t end = from + RUN < pixels ? from + RUN : pixels;
		float s[LANES] = { 0 }, q[LANES] = { 0 };

		for (size_t i = from; i < end; i++)
			for (int k = 0; k < width; k++) {
				size_t at = i * (size_t)width + (size_t)k;
				float g = through(dy, y, at, slope);

				s[k] += g;
				q[k] += g * ((x[at] - l->mean[k]) * l->inverse[k]);
			}
		for (int k = 0; k < width; k++) {
			sum_g[k] += (double)s[k];
			sum_gx[k] += (double)q[k];
		}
	}
}

void train_bn_backward_sums(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
			    const struct nn_batch *y, const struct nn_bn *bn, double slope, double *sum_g,
			    double *sum_gx)
{
	size_t pixels = (size_t)x->h * (size_t)x->w;

	train_same_shape(dy, x, "bn_backward_sums");
	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		struct lanes l = lanes_of(b, bn, x->c, cb);
		double s[LANES] = { 0 }, q[LANES] = { 0 };
		size_t lanes = (size_t)train_lanes(b, x->c, cb), at = (size_t)cb * (size_t)b->block;

		for (int n = 0; n < x->n; n++) {
			const float *pg = train_plane(b, dy, n, cb), *px = train_plane(b, x, n, cb);
			const float *py = y ? train_plane(b, y, n, cb) : NULL;

			if (b->block == 16)
				plane_gradient_sums(pg, px, py, pixels, 16, &l, (float)slope, s, q);
			else
				plane_gradient_sums(pg, px, py, pixels, 8, &l, (float)slope, s, q);
		}
		memcpy(sum_g + at, s, lanes * sizeof *sum_g);
		memcpy(sum_gx + at, q, lanes * sizeof *sum_gx);
	}
}

/* Where a gradient goes: NULL is nowhere. */
struct target {
	float *p;
	bool accumulate;
};

static inline void give(const struct target *t, size_t at, float v)
{
	if (t->p)
		t->p[at] = t->accumulate ? t->p[at] + v : v;
}

/* The batch's sums divided by its count. */
struct means {
	float g[LANES], gx[LANES];
};

static inline __attribute__((always_inline)) void plane_gradient(const float *dy, const float *x, const float *y,
								 size_t pixels, int width, const struct lanes *l,
								 const struct means *m, float slope,
								 const struct target *dx, const struct target *dres)
{
	for (size_t i = 0; i < pixels; i++)
		for (int k = 0; k < width; k++) {
			size_t at = i * (size_t)width + (size_t)k;
			float g = through(dy, y, at, slope), xhat = (x[at] - l->mean[k]) * l->inverse[k];

			give(dres, at, g);
			give(dx, at, l->scale[k] * (g - m->g[k] - xhat * m->gx[k]));
		}
}

static struct target target_of(const struct nn_train *b, const struct nn_batch *v, int n, int cb, bool accumulate)
{
	return (struct target){ v ? train_plane(b, v, n, cb) : NULL, accumulate };
}

void train_bn_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
		       const struct nn_batch *y, const struct nn_bn *bn, double slope, const double *sum_g,
		       const double *sum_gx, double count, const struct nn_batch *dx, bool accumulate,
		       const struct nn_batch *dres, bool accumulate_res)
{
	size_t pixels = (size_t)x->h * (size_t)x->w;

	train_same_shape(dy, x, "bn_backward");
	if (count < 1)
		BUG("bn_backward: %g values a channel", count);
	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		struct lanes l = lanes_of(b, bn, x->c, cb);
		struct means m = { 0 };

		for (int k = 0; k < train_lanes(b, x->c, cb); k++) {
			m.g[k] = (float)(sum_g[cb * b->block + k] / count);
			m.gx[k] = (float)(sum_gx[cb * b->block + k] / count);
		}
		for (int n = 0; n < x->n; n++) {
			const float *pg = train_plane(b, dy, n, cb), *px = train_plane(b, x, n, cb);
			const float *py = y ? train_plane(b, y, n, cb) : NULL;
			struct target tx = target_of(b, dx, n, cb, accumulate);
			struct target tr = target_of(b, dres, n, cb, accumulate_res);

			if (b->block == 16)
				plane_gradient(pg, px, py, pixels, 16, &l, &m, (float)slope, &tx, &tr);
			else
				plane_gradient(pg, px, py, pixels, 8, &l, &m, (float)slope, &tx, &tr);
		}
	}
}
