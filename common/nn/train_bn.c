/*
 * train_bn.c - batch norm in two phases, with activation and residual
 *
 * train_bn.h has the loops over a plane. A plane's squares are taken around its own mean, and planes
 * are merged as slices are: no cancellation, whatever the mean.
 */
#include <string.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"
#include "common/nn/moments.h"
#include "common/nn/train_bn.h"

static const struct bn_planes *planes_of(const struct nn_train *b)
{
	bool bf16 = b->elem == sizeof(uint16_t);
#if defined(__x86_64__)
	const char *isa = kern_best()->name; /* what FRL_ISA allows */

	if (b->block == 16 && strncmp(isa, "avx512", 6) == 0)
		return bf16 ? &bn_planes_avx512_bf16 : &bn_planes_avx512;
	if (b->block == 8 && strncmp(isa, "avx", 3) == 0)
		return bf16 ? &bn_planes_avx2_bf16 : &bn_planes_avx2;
#endif
	if (b->block == 16)
		return bf16 ? &bn_planes_generic16_bf16 : &bn_planes_generic16;
	return bf16 ? &bn_planes_generic8_bf16 : &bn_planes_generic8;
}

/* ---- statistics */

static void plane_moments(const struct bn_planes *planes, const void *x, size_t pixels, int width, double *mean,
			  double *m2)
{
	float shift[LANES] = { 0 };
	double n = (double)pixels, sum[LANES], squares[LANES];

	for (int pass = 0; pass < 2; pass++) {
		memset(sum, 0, sizeof sum);
		memset(squares, 0, sizeof squares);
		planes->shifted_sums(x, pixels, shift, sum, squares);
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

/* Rows: the values of a channel are one a sample, a row apart. */
static void row_moments(const struct nn_train *b, const struct nn_batch *x, int cb, double *mean, double *m2)
{
	size_t width = (size_t)b->block, pitch = width * (size_t)train_blocks(b, x->c);
	const void *p = train_plane_at(b, x, 0, cb);
	double sum[LANES] = { 0 }, squares[LANES] = { 0 };
	bool bf16 = train_is_bf16(b);

	for (size_t n = 0; n < (size_t)x->n; n++)
		for (size_t k = 0; k < width; k++)
			sum[k] += (double)train_get(bf16, p, n * pitch + k);
	for (size_t k = 0; k < width; k++)
		mean[k] = sum[k] / x->n;
	for (size_t n = 0; n < (size_t)x->n; n++)
		for (size_t k = 0; k < width; k++) {
			double d = (double)train_get(bf16, p, n * pitch + k) - mean[k];

			squares[k] += d * d;
		}
	memcpy(m2, squares, width * sizeof *m2);
}

void train_bn_stats(const struct nn_train *b, const struct nn_batch *x, double *mean, double *m2)
{
	const struct bn_planes *planes = planes_of(b);
	size_t pixels = (size_t)x->h * (size_t)x->w;

	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		double count = 0, m[LANES] = { 0 }, q[LANES] = { 0 }, pm[LANES], pq[LANES];
		size_t lanes = (size_t)train_lanes(b, x->c, cb), at = (size_t)cb * (size_t)b->block;

		if (pixels == 1)
			row_moments(b, x, cb, m, q);
		for (int n = 0; pixels > 1 && n < x->n; n++) {
			plane_moments(planes, train_plane_at(b, x, n, cb), pixels, b->block, pm, pq);
			nn_moments_merge(b->block, &count, m, q, (double)pixels, pm, pq);
		}
		memcpy(mean + at, m, lanes * sizeof *mean);
		memcpy(m2 + at, q, lanes * sizeof *m2);
	}
}

/* ---- apply */

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

void train_bn_apply(const struct nn_train *b, const struct nn_batch *x, const struct nn_bn *bn,
		    const struct nn_batch *res, double slope, const struct nn_batch *y)
{
	const struct bn_planes *planes = planes_of(b);
	size_t pixels = (size_t)x->h * (size_t)x->w;

	train_same_shape(x, y, "bn_apply");
	if (res)
		train_same_shape(x, res, "bn_apply's residual");
	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		struct lanes l = lanes_of(b, bn, x->c, cb);

		for (int n = 0; n < x->n; n++) {
			const void *r = res ? train_plane_at(b, res, n, cb) : NULL;

			planes->apply(train_plane_at(b, x, n, cb), r, pixels, &l, (float)slope,
				      train_plane_at(b, y, n, cb));
		}
	}
}

/* ---- backward */

void train_bn_backward_sums(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
			    const struct nn_batch *y, const struct nn_bn *bn, double slope, double *sum_g,
			    double *sum_gx)
{
	const struct bn_planes *planes = planes_of(b);
	size_t pixels = (size_t)x->h * (size_t)x->w;

	train_same_shape(dy, x, "bn_backward_sums");
	for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
		struct lanes l = lanes_of(b, bn, x->c, cb);
		double s[LANES] = { 0 }, q[LANES] = { 0 };
		size_t lanes = (size_t)train_lanes(b, x->c, cb), at = (size_t)cb * (size_t)b->block;

		for (int n = 0; n < x->n; n++) {
			const void *pg = train_plane_at(b, dy, n, cb), *px = train_plane_at(b, x, n, cb);
			const void *py = y ? train_plane_at(b, y, n, cb) : NULL;

			planes->gradient_sums(pg, px, py, pixels, &l, (float)slope, s, q);
		}
		memcpy(sum_g + at, s, lanes * sizeof *sum_g);
		memcpy(sum_gx + at, q, lanes * sizeof *sum_gx);
	}
}

static struct target target_of(const struct nn_train *b, const struct nn_batch *v, int n, int cb, bool accumulate)
{
	return (struct target){ v ? train_plane_at(b, v, n, cb) : NULL, accumulate };
}

void train_bn_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
		       const struct nn_batch *y, const struct nn_bn *bn, double slope, const double *sum_g,
		       const double *sum_gx, double count, const struct nn_batch *dx, bool accumulate,
		       const struct nn_batch *dres, bool accumulate_res)
{
	const struct bn_planes *planes = planes_of(b);
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
			const void *pg = train_plane_at(b, dy, n, cb), *px = train_plane_at(b, x, n, cb);
			const void *py = y ? train_plane_at(b, y, n, cb) : NULL;
			struct target tx = target_of(b, dx, n, cb, accumulate);
			struct target tr = target_of(b, dres, n, cb, accumulate_res);

			planes->gradient(pg, px, py, pixels, &l, &m, (float)slope, &tx, &tr);
		}
	}
}
