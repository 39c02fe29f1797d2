/*
 * train_elem.c - elementwise ops, dropout, resizing, and losses over all numbers of a value
 */
#include <math.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/train_internal.h"
#include "common/rng.h"

void train_add(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c, const struct nn_batch *y)
{
	const float *p = a->data, *q = c->data;
	float *d = y->data;

	train_same_shape(a, c, "add");
	train_same_shape(a, y, "add");
	for (size_t i = 0, n = train_numbers(b, y); i < n; i++)
		d[i] = p[i] + q[i];
}

static float act_value(enum nn_act act, float x)
{
	switch (act) {
	case NN_RELU:
		return x > 0 ? x : 0 * x;
	case NN_ELU:
		return x > 0 ? x : expm1f(x);
	case NN_SIGMOID:
		return 1 / (1 + expf(-x));
	}
	BUG("activation %d", (int)act);
}

/* The derivative, from the value. */
static float act_slope(enum nn_act act, float y)
{
	switch (act) {
	case NN_RELU:
		return y > 0;
	case NN_ELU:
		return y > 0 ? 1 : y + 1;
	case NN_SIGMOID:
		return y * (1 - y);
	}
	BUG("activation %d", (int)act);
}

void train_act(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y)
{
	const float *s = x->data;
	float *d = y->data;

	train_same_shape(x, y, "act");
	for (size_t i = 0, n = train_numbers(b, y); i < n; i++)
		d[i] = act_value(act, s[i]);
	if (!y->plain)
		train_zero_pad(b, y);
}

void train_act_backward(const struct nn_train *b, enum nn_act act, const struct nn_batch *y, const struct nn_batch *dy,
			const struct nn_batch *dx, bool accumulate)
{
	const float *v = y->data, *g = dy->data;
	float *d = dx->data;

	train_same_shape(y, dy, "act_backward");
	train_same_shape(y, dx, "act_backward");
	for (size_t i = 0, n = train_numbers(b, y); i < n; i++)
		d[i] = (accumulate ? d[i] : 0) + g[i] * act_slope(act, v[i]);
}

void train_dropout(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
		   const struct nn_batch *y, bool accumulate)
{
	float keep = (float)(1 / (1 - d->p));
	size_t pixels = (size_t)x->h * (size_t)x->w, step;

	train_same_shape(x, y, "dropout");
	if (!(d->p >= 0 && d->p < 1))
		BUG("dropout with probability %g", d->p);
	for (int n = 0; n < x->n; n++) {
		struct rng r;

		rng_init(&r, d->seed, d->epoch, d->sample + (uint64_t)n, d->view);
		for (int c = 0; c < x->c; c++) {
			const float *s = train_channel(b, x, n, c, &step);
			float *out = train_channel(b, y, n, c, &step);

			for (size_t i = 0; i < pixels * step; i += step) {
				float v = (double)rng_f32(&r) < d->p ? 0 : s[i] * keep;

				out[i] = accumulate ? out[i] + v : v;
			}
		}
	}
	if (!accumulate && !y->plain)
		train_zero_pad(b, y);
}

/* ---- resizing: an output position reads two input positions */

struct tap {
	int at[2];
	float weight[2];
};

static struct tap tap_at(enum nn_resize kind, int i, int in, int out)
{
	double src = (i + .5) * in / out - .5, below = floor(src < 0 ? 0 : src);
	int first = (int)below, second = first + 1 < in ? first + 1 : in - 1;

	if (kind == NN_NEAREST) {
		first = (int)((int64_t)i * in / out);
		return (struct tap){ { first, first }, { 1, 0 } };
	}
	src = src < 0 ? 0 : src;
	return (struct tap){ { first, second }, { (float)(1 - (src - below)), (float)(src - below) } };
}

/* The four places of a plane w wide that output (i, j) reads, in blocks, and their weights. */
static void corners(const struct tap *y, const struct tap *x, int w, size_t block, size_t *at, float *weight)
{
	for (int k = 0; k < 4; k++) {
		at[k] = ((size_t)y->at[k / 2] * (size_t)w + (size_t)x->at[k % 2]) * block;
		weight[k] = y->weight[k / 2] * x->weight[k % 2];
	}
}

static void check_resize(const struct nn_batch *x, const struct nn_batch *y)
{
	if (x->n != y->n || x->c != y->c || x->plain || y->plain)
		BUG("resize: [%d,%d] to [%d,%d]", x->n, x->c, y->n, y->c);
}

/* One plane: y += resized x, or backwards x += what y's gradient gives it. */
static void resize_planes(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x,
			  const struct nn_batch *y, int n, int cb, bool backward)
{
	float *src = train_plane(b, x, n, cb), *d = train_plane(b, y, n, cb);
	size_t block = (size_t)b->block, at[4];
	float weight[4];

	for (int i = 0; i < y->h; i++) {
		struct tap ty = tap_at(kind, i, x->h, y->h);

		for (int j = 0; j < y->w; j++, d += block) {
			struct tap tx = tap_at(kind, j, x->w, y->w);

			corners(&ty, &tx, x->w, block, at, weight);
			for (int q = 0; q < 4; q++)
				for (size_t k = 0; weight[q] != 0 && k < block; k++)
					if (backward)
						src[at[q] + k] += weight[q] * d[k];
					else
						d[k] += weight[q] * src[at[q] + k];
		}
	}
}

static void resize_any(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x,
		       const struct nn_batch *y, bool backward, bool accumulate)
{
	const struct nn_batch *target = backward ? x : y;

	check_resize(x, y);
	if (!accumulate)
		memset(target->data, 0, train_numbers(b, target) * sizeof(float));
	for (int n = 0; n < x->n; n++)
		for (int cb = 0; cb < train_blocks(b, x->c); cb++)
			resize_planes(b, kind, x, y, n, cb, backward);
}

void train_resize(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x, const struct nn_batch *y,
		  bool accumulate)
{
	resize_any(b, kind, x, y, false, accumulate);
}

void train_resize_backward(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate)
{
	resize_any(b, kind, dx, dy, true, accumulate);
}

/* ---- concatenation */

static void check_concat(const struct nn_batch *part, int c0, const struct nn_batch *whole)
{
	if (part->n != whole->n || part->h != whole->h || part->w != whole->w || c0 < 0 || c0 + part->c > whole->c)
		BUG("concat: [%d,%d,%d,%d] at channel %d of [%d,%d,%d,%d]", part->n, part->c, part->h, part->w, c0,
		    whole->n, whole->c, whole->h, whole->w);
}

void train_concat(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y)
{
	size_t pixels = (size_t)x->h * (size_t)x->w, from, to;

	check_concat(x, c0, y);
	for (int n = 0; n < x->n; n++)
		for (int c = 0; c < x->c; c++) {
			const float *s = train_channel(b, x, n, c, &from);
			float *d = train_channel(b, y, n, c0 + c, &to);

			for (size_t i = 0; i < pixels; i++)
				d[i * to] = s[i * from];
		}
	if (!y->plain)
		train_zero_pad(b, y);
}

void train_concat_backward(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
			   bool accumulate)
{
	size_t pixels = (size_t)dx->h * (size_t)dx->w, from, to;

	check_concat(dx, c0, dy);
	for (int n = 0; n < dx->n; n++)
		for (int c = 0; c < dx->c; c++) {
			const float *s = train_channel(b, dy, n, c0 + c, &from);
			float *d = train_channel(b, dx, n, c, &to);

			for (size_t i = 0; i < pixels; i++)
				d[i * to] = s[i * from] + (accumulate ? d[i * to] : 0);
		}
	if (!accumulate && !dx->plain)
		train_zero_pad(b, dx);
}

/* ---- losses: absent channels are zero in x and target, and so are their loss and gradient */

static double loss_of(enum nn_loss kind, double d, double beta, double *gradient)
{
	double sign = d > 0 ? 1 : d < 0 ? -1 : 0;

	switch (kind) {
	case NN_MSE:
		*gradient = 2 * d;
		return d * d;
	case NN_L1:
		*gradient = isnan(d) ? d : sign;
		return fabs(d);
	case NN_SMOOTH_L1:
		if (fabs(d) < beta) {
			*gradient = d / beta;
			return d * d / (2 * beta);
		}
		*gradient = isnan(d) ? d : sign;
		return fabs(d) - beta / 2;
	}
	BUG("loss %d", (int)kind);
}

double train_loss(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x, const struct nn_batch *target,
		  const struct nn_batch *mask, double beta, double scale, const struct nn_batch *dx, bool accumulate)
{
	const float *v = x->data, *t = target->data, *m = mask ? mask->data : NULL;
	float *d = dx ? dx->data : NULL;
	double sum = 0;

	train_same_shape(x, target, "loss");
	for (size_t i = 0, n = train_numbers(b, x); i < n; i++) {
		double gradient, weight = m ? (double)m[i] : 1;
		double value = loss_of(kind, (double)v[i] - (double)t[i], beta, &gradient);

		/* What is masked may be anything, NaN included. */
		if (weight != 0)
			sum += weight * value;
		if (d)
			d[i] = (accumulate ? d[i] : 0) + (weight != 0 ? (float)(scale * weight * gradient) : 0);
	}
	return scale * sum;
}
