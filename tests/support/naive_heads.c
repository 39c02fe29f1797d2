/* naive_heads.c - elementwise ops, resizing, rows and losses in double */
#include <math.h>

#include "common/rng.h"
#include "tests/support/naive.h"

static double *numbers(const struct nn_batch *v)
{
	return v->data;
}

static double *row(const struct nn_batch *v, int n)
{
	return naive_at(v, n, 0, 0, 0);
}

void naive_add(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c, const struct nn_batch *y)
{
	(void)b;
	for (size_t i = 0; i < naive_count(y); i++)
		numbers(y)[i] = numbers(a)[i] + numbers(c)[i];
}

void naive_act(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y)
{
	(void)b;
	for (size_t i = 0; i < naive_count(x); i++) {
		double v = numbers(x)[i];

		numbers(y)[i] = act == NN_RELU	? fmax(v, 0)
				: act == NN_ELU ? (v > 0 ? v : exp(v) - 1)
						: 1 / (1 + exp(-v));
	}
}

void naive_act_backward(const struct nn_train *b, enum nn_act act, const struct nn_batch *y, const struct nn_batch *dy,
			const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	for (size_t i = 0; i < naive_count(y); i++) {
		double v = numbers(y)[i];
		double slope = act == NN_SIGMOID ? v * (1 - v) : v > 0 ? 1 : act == NN_RELU ? 0 : v + 1;

		numbers(dx)[i] += numbers(dy)[i] * slope;
	}
}

void naive_dropout(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
		   const struct nn_batch *y, bool accumulate)
{
	size_t per = naive_count(x) / (size_t)x->n;
	struct rng r;

	(void)b;
	naive_clear(y, accumulate);
	for (size_t i = 0; i < naive_count(x); i++) {
		if (i % per == 0)
			rng_init(&r, d->seed, d->epoch, d->sample + i / per, d->view);
		if ((double)rng_f32(&r) >= d->p)
			numbers(y)[i] += numbers(x)[i] / (1 - d->p);
	}
}

/* How much output i of `out` takes from input k of `in`: PyTorch's interpolate without align_corners. */
static double share(enum nn_resize kind, int i, int out, int k, int in)
{
	double at = fmax((i + .5) * in / out - .5, 0), low = floor(at);
	int high = (int)low + 1 < in ? (int)low + 1 : in - 1;

	if (kind == NN_NEAREST)
		return i * in / out == k;
	return (k == (int)low ? 1 - (at - low) : 0) + (k == high ? at - low : 0);
}

static void resize(enum nn_resize kind, const struct nn_batch *x, const struct nn_batch *y, bool backward)
{
	for (int n = 0; n < y->n * y->c; n++)
		for (int i = 0; i < y->h * y->w; i++)
			for (int k = 0; k < x->h * x->w; k++) {
				double s = share(kind, i / y->w, y->h, k / x->w, x->h) *
					   share(kind, i % y->w, y->w, k % x->w, x->w);
				double *p = numbers(x) + n * x->h * x->w + k, *q = numbers(y) + n * y->h * y->w + i;

				if (backward)
					*p += s * *q;
				else
					*q += s * *p;
			}
}

void naive_resize(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x, const struct nn_batch *y,
		  bool accumulate)
{
	(void)b;
	naive_clear(y, accumulate);
	resize(kind, x, y, false);
}

void naive_resize_backward(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	resize(kind, dx, dy, true);
}

void naive_concat(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y)
{
	int per = x->c * x->h * x->w;

	(void)b;
	for (int n = 0; n < x->n; n++)
		for (int i = 0; i < per; i++)
			naive_at(y, n, c0, 0, 0)[i] = row(x, n)[i];
}

void naive_concat_backward(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
			   bool accumulate)
{
	int per = dx->c * dx->h * dx->w;

	(void)b;
	naive_clear(dx, accumulate);
	for (int n = 0; n < dx->n; n++)
		for (int i = 0; i < per; i++)
			row(dx, n)[i] += naive_at(dy, n, c0, 0, 0)[i];
}

/* ---- rows */

void naive_l2norm(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm)
{
	(void)b;
	for (int n = 0; n < x->n; n++) {
		double sum = 0;

		for (int i = 0; i < x->c; i++)
			sum += row(x, n)[i] * row(x, n)[i];
		norm[n] = fmax(sqrt(sum), 1e-12);
		for (int i = 0; i < x->c; i++)
			row(y, n)[i] = row(x, n)[i] / norm[n];
	}
}

void naive_l2norm_backward(const struct nn_train *b, const struct nn_batch *y, const double *norm,
			   const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	for (int n = 0; n < y->n; n++)
		for (int i = 0; i < y->c; i++)
			for (int k = 0; k < y->c; k++) /* d y_k / d x_i */
				row(dx, n)[i] += row(dy, n)[k] *
						 ((i == k) - (norm[n] > 1e-12) * row(y, n)[i] * row(y, n)[k]) / norm[n];
}

static double logit(const struct nn_batch *x, const struct nn_targets *t, int n, int i, double sharpness)
{
	return sharpness * (row(x, n)[i] - (t->labels && t->labels[n] == i ? t->margin : 0));
}

double naive_softmax_ce(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			double sharpness, double scale, const struct nn_batch *dx, bool accumulate)
{
	double loss = 0;

	(void)b;
	if (dx)
		naive_clear(dx, accumulate);
	for (int n = 0; n < x->n; n++) {
		double sum = 0;

		for (int i = 0; i < x->c; i++)
			sum += exp(logit(x, t, n, i, sharpness));
		for (int k = 0; k < x->c; k++) {
			double target = t->soft ? row(t->soft, n)[k] : t->labels[n] == k;

			loss -= scale * target * log(exp(logit(x, t, n, k, sharpness)) / sum);
			for (int i = 0; dx && i < x->c; i++)
				row(dx, n)[i] += scale * target * sharpness *
						 (exp(logit(x, t, n, i, sharpness)) / sum - (i == k));
		}
	}
	return loss;
}

double naive_loss(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x, const struct nn_batch *target,
		  const struct nn_batch *mask, double beta, double scale, const struct nn_batch *dx, bool accumulate)
{
	double loss = 0;

	(void)b;
	if (dx)
		naive_clear(dx, accumulate);
	for (size_t i = 0; i < naive_count(x); i++) {
		double d = numbers(x)[i] - numbers(target)[i], m = scale * (mask ? numbers(mask)[i] : 1);
		double sign = (d > 0) - (d < 0);
		bool square = kind == NN_MSE || (kind == NN_SMOOTH_L1 && fabs(d) < beta);
		double weight = kind == NN_MSE ? 1 : 1 / (2 * beta);

		loss += m * (square ? weight * d * d : fabs(d) - (kind == NN_L1 ? 0 : beta / 2));
		if (dx)
			numbers(dx)[i] += m * (square ? 2 * weight * d : sign);
	}
	return loss;
}

/* ---- meshes */

void naive_gather(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		  const struct nn_batch *y)
{
	(void)b;
	for (int n = 0; n < y->n; n++)
		for (int i = 0; i < y->c; i++)
			row(y, n)[i] = row(x, n / s->rows * s->from +
						      s->vertex[n % s->rows * s->length + i / x->c])[i % x->c];
}

void naive_gather_backward(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	for (int n = 0; n < dy->n; n++)
		for (int i = 0; i < dy->c; i++)
			row(dx, n / s->rows * s->from +
					s->vertex[n % s->rows * s->length + i / dx->c])[i % dx->c] += row(dy, n)[i];
}

static void spmm(const struct nn_csr *m, const struct nn_batch *x, const struct nn_batch *y, bool backward)
{
	for (int n = 0; n < y->n; n++)
		for (int i = m->begin[n % m->rows]; i < m->begin[n % m->rows + 1]; i++)
			for (int c = 0; c < y->c; c++) {
				double *p = row(x, n / m->rows * m->cols + m->col[i]) + c, *q = row(y, n) + c;
				double a = ((const double *)m->value)[i];

				if (backward)
					*p += a * *q;
				else
					*q += a * *p;
			}
}

void naive_spmm(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x, const struct nn_batch *y)
{
	(void)b;
	naive_clear(y, false);
	spmm(m, x, y, false);
}

void naive_spmm_backward(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			 const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	spmm(m, dx, dy, true);
}
