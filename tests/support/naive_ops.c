/* naive_ops.c - batch norm and pooling in double */
#include <math.h>

#include "tests/support/naive.h"

/* for every n, c, i (pixel) of v */
#define EACH(v, n, c, i) \
	for (int n = 0; n < (v)->n; n++) \
		for (int c = 0; c < (v)->c; c++) \
			for (int i = 0; i < (v)->h * (v)->w; i++)

static double *at(const struct nn_batch *v, int n, int c, int i)
{
	return naive_at(v, n, c, 0, 0) + i;
}

void naive_bn_stats(const struct nn_train *b, const struct nn_batch *x, double *mean, double *m2)
{
	double count = (double)x->n * x->h * x->w;

	(void)b;
	for (int c = 0; c < x->c; c++)
		mean[c] = m2[c] = 0;
	EACH(x, n, c, i)
	mean[c] += *at(x, n, c, i) / count;
	EACH(x, n, c, i)
	m2[c] += (*at(x, n, c, i) - mean[c]) * (*at(x, n, c, i) - mean[c]);
}

void naive_bn_apply(const struct nn_train *b, const struct nn_batch *x, const struct nn_bn *bn,
		    const struct nn_batch *res, double slope, const struct nn_batch *y)
{
	const double *gamma = bn->gamma, *beta = bn->beta;

	(void)b;
	EACH(x, n, c, i)
	{
		double v = (*at(x, n, c, i) - bn->mean[c]) * bn->inverse[c] * gamma[c] + beta[c];

		if (res)
			v += *at(res, n, c, i);
		*at(y, n, c, i) = v > 0 ? v : slope * v;
	}
}

static double through(const struct nn_batch *dy, const struct nn_batch *y, double slope, int n, int c, int i)
{
	return *at(dy, n, c, i) * (y && *at(y, n, c, i) <= 0 ? slope : 1);
}

void naive_bn_backward_sums(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
			    const struct nn_batch *y, const struct nn_bn *bn, double slope, double *sum_g,
			    double *sum_gx)
{
	(void)b;
	for (int c = 0; c < x->c; c++)
		sum_g[c] = sum_gx[c] = 0;
	EACH(x, n, c, i)
	{
		double g = through(dy, y, slope, n, c, i);

		sum_g[c] += g;
		sum_gx[c] += g * (*at(x, n, c, i) - bn->mean[c]) * bn->inverse[c];
	}
}

void naive_bn_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
		       const struct nn_batch *y, const struct nn_bn *bn, double slope, const double *sum_g,
		       const double *sum_gx, double count, const struct nn_batch *dx, bool accumulate,
		       const struct nn_batch *dres, bool accumulate_res)
{
	const double *gamma = bn->gamma;

	(void)b;
	if (dx)
		naive_clear(dx, accumulate);
	if (dres)
		naive_clear(dres, accumulate_res);
	EACH(x, n, c, i)
	{
		double g = through(dy, y, slope, n, c, i);
		double xhat = (*at(x, n, c, i) - bn->mean[c]) * bn->inverse[c];

		if (dres)
			*at(dres, n, c, i) += g;
		if (dx)
			*at(dx, n, c, i) += gamma[c] * bn->inverse[c] *
					    (g - sum_g[c] / count - xhat * sum_gx[c] / count);
	}
}

/* ---- pooling */

void naive_maxpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y, uint8_t *which)
{
	(void)b;
	EACH(y, n, c, i)
	{
		double best = -INFINITY;
		int place = -1;

		for (int k = 0; k < p->k * p->k; k++) {
			int r = i / y->w * p->stride - p->pad + k / p->k, q = i % y->w * p->stride - p->pad + k % p->k;

			if (r < 0 || r >= x->h || q < 0 || q >= x->w)
				continue;
			if (place < 0 || *naive_at(x, n, c, r, q) > best) {
				best = *naive_at(x, n, c, r, q);
				place = k;
			}
		}
		*at(y, n, c, i) = best;
		which[at(y, n, c, i) - (double *)y->data] = (uint8_t)place;
	}
}

void naive_maxpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const uint8_t *which, const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	EACH(dy, n, c, i)
	{
		int k = which[at(dy, n, c, i) - (double *)dy->data];

		*naive_at(dx, n, c, i / dy->w * p->stride - p->pad + k / p->k,
			  i % dy->w * p->stride - p->pad + k % p->k) += *at(dy, n, c, i);
	}
}

/* What the window of y at (i, j) gives to or takes from x, a place at a time: f(y's number, x's number). */
static void each_place(const struct nn_pool *p, const struct nn_batch *x, const struct nn_batch *y,
		       void (*f)(double *y, double *x, double count))
{
	for (int n = 0; n < y->n; n++)
		for (int c = 0; c < y->c; c++)
			for (int i = 0; i < y->h; i++)
				for (int j = 0; j < y->w; j++)
					for (int k = 0; k < p->k * p->k; k++) {
						int iy = i * p->stride - p->pad + k / p->k;
						int ix = j * p->stride - p->pad + k % p->k;

						if (iy >= 0 && iy < x->h && ix >= 0 && ix < x->w)
							f(naive_at(y, n, c, i, j), naive_at(x, n, c, iy, ix),
							  p->k * p->k);
					}
}

static void take(double *y, double *x, double count)
{
	*y += *x / count;
}

static void give(double *y, double *x, double count)
{
	*x += *y / count;
}

void naive_avgpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y)
{
	(void)b;
	naive_clear(y, false);
	each_place(p, x, y, take);
}

void naive_avgpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	each_place(p, dx, dy, give);
}

void naive_global_avgpool(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y)
{
	(void)b;
	naive_clear(y, false);
	EACH(x, n, c, i)
	*at(y, n, c, 0) += *at(x, n, c, i) / (x->h * x->w);
}

void naive_global_avgpool_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *dx,
				   bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	EACH(dx, n, c, i)
	*at(dx, n, c, i) += *at(dy, n, c, 0) / (dx->h * dx->w);
}
