/*
 * train_heads.c - rows: L2 normalisation, softmax cross-entropy, and what meshes need
 */
#include <math.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/train_internal.h"
#include "common/nn/train_vec.h"

static void check_rows(const struct nn_batch *x, const char *op)
{
	if (x->h != 1 || x->w != 1 || x->plain)
		BUG("%s: rows of [%d,%d,%d,%d]", op, x->n, x->c, x->h, x->w);
}

static void clear(const struct nn_train *b, const struct nn_batch *v, bool accumulate)
{
	if (!accumulate)
		memset(v->data, 0, train_numbers(b, v) * sizeof(float));
}

/* ---- L2 normalisation */

static const double least_norm = 1e-12;

static double dot(const float *a, const float *c, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += (double)a[i] * (double)c[i];
	return sum;
}

void train_l2norm(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm)
{
	check_rows(x, "l2norm");
	train_same_shape(x, y, "l2norm");
	for (int n = 0; n < x->n; n++) {
		const float *s = train_row(b, x, n);
		float *d = train_row(b, y, n);
		double length = sqrt(dot(s, s, x->c));

		norm[n] = length < least_norm ? least_norm : length;
		for (int i = 0; i < x->c; i++)
			d[i] = (float)((double)s[i] / norm[n]);
	}
	train_zero_pad(b, y);
}

void train_l2norm_backward(const struct nn_train *b, const struct nn_batch *y, const double *norm,
			   const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate)
{
	train_same_shape(y, dy, "l2norm_backward");
	train_same_shape(y, dx, "l2norm_backward");
	for (int n = 0; n < y->n; n++) {
		const float *v = train_row(b, y, n), *g = train_row(b, dy, n);
		float *d = train_row(b, dx, n);
		double along = norm[n] > least_norm ? dot(v, g, y->c) : 0;

		for (int i = 0; i < y->c; i++) {
			double gradient = ((double)g[i] - (double)v[i] * along) / norm[n];

			d[i] = (float)(accumulate ? (double)d[i] + gradient : gradient);
		}
	}
	if (!accumulate)
		train_zero_pad(b, dx);
}

/* ---- softmax cross-entropy */

struct softmax {
	double largest, log_sum;
};

/* The score i of row n. */
static double score(const float *x, const struct nn_targets *t, int n, int i, double sharpness)
{
	double margin = t->labels && t->labels[n] == i ? t->margin : 0;

	return sharpness * ((double)x[i] - margin);
}

static struct softmax softmax_of(const float *x, const struct nn_targets *t, int n, int classes, double sharpness)
{
	struct softmax s = { score(x, t, n, 0, sharpness), 0 };

	for (int i = 1; i < classes; i++)
		s.largest = fmax(s.largest, score(x, t, n, i, sharpness));
	for (int i = 0; i < classes; i++)
		s.log_sum += exp(score(x, t, n, i, sharpness) - s.largest);
	s.log_sum = log(s.log_sum);
	return s;
}

static double target_at(const struct nn_train *b, const struct nn_targets *t, int n, int i)
{
	return t->soft ? (double)train_row(b, t->soft, n)[i] : t->labels[n] == i;
}

/* One row's loss; d (may be NULL): the row of dx. */
static double row_ce(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t, int n,
		     double sharpness, double scale, float *d, bool accumulate)
{
	const float *v = train_row(b, x, n);
	struct softmax s = softmax_of(v, t, n, x->c, sharpness);
	double loss = 0, weight = 0;

	for (int i = 0; i < x->c; i++) {
		double target = target_at(b, t, n, i);

		weight += target;
		if (target != 0)
			loss -= target * (score(v, t, n, i, sharpness) - s.largest - s.log_sum);
	}
	for (int i = 0; d && i < x->c; i++) {
		double p = exp(score(v, t, n, i, sharpness) - s.largest - s.log_sum);
		double gradient = scale * sharpness * (p * weight - target_at(b, t, n, i));

		d[i] = (float)(accumulate ? (double)d[i] + gradient : gradient);
	}
	return loss;
}

double train_softmax_ce(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			double sharpness, double scale, const struct nn_batch *dx, bool accumulate)
{
	double sum = 0;

	check_rows(x, "softmax_ce");
	if (!t->soft == !t->labels)
		BUG("softmax_ce: labels or soft targets, one of them");
	if (dx)
		train_same_shape(x, dx, "softmax_ce");
	if (t->soft)
		train_same_shape(x, t->soft, "softmax_ce's targets");
	if (dx)
		clear(b, dx, accumulate);
	for (int n = 0; n < x->n; n++) {
		if (t->labels && t->labels[n] >= x->c)
			BUG("label %d of %d classes", t->labels[n], x->c);
		if (t->soft || t->labels[n] >= 0)
			sum += row_ce(b, x, t, n, sharpness, scale, dx ? train_row(b, dx, n) : NULL, accumulate);
	}
	return scale * sum;
}

/* ---- meshes */

static void check_gather(const struct nn_spiral *s, const struct nn_batch *x, const struct nn_batch *y)
{
	check_rows(x, "gather");
	check_rows(y, "gather");
	if (x->n % s->from || y->n != x->n / s->from * s->rows || y->c != s->length * x->c)
		BUG("gather: [%d,%d] to [%d,%d] by %d of %d vertices", x->n, x->c, y->n, y->c, s->rows, s->from);
}

/* Numbers from a row of rows to the next. */
static size_t row_pitch(const struct nn_train *b, const struct nn_batch *x)
{
	return (size_t)train_blocks(b, x->c) * (size_t)b->block;
}

static size_t vertex_of(const struct nn_spiral *s, int row, int at)
{
	int v = s->vertex[(size_t)row * (size_t)s->length + (size_t)at];

	if (v < 0 || v >= s->from)
		BUG("vertex %d of %d", v, s->from);
	return (size_t)v;
}

void train_gather(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		  const struct nn_batch *y)
{
	size_t px = row_pitch(b, x), py = row_pitch(b, y), c = (size_t)x->c;

	check_gather(s, x, y);
	train_zero_pad(b, y);
	for (int sample = 0; sample < x->n / s->from; sample++) {
		const float *from = train_row(b, x, sample * s->from);
		float *to = train_row(b, y, sample * s->rows);

		for (int r = 0; r < s->rows; r++, to += py)
			for (int l = 0; l < s->length; l++)
				memcpy(to + (size_t)l * c, from + vertex_of(s, r, l) * px, c * sizeof *to);
	}
}

void train_gather_backward(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate)
{
	size_t px = row_pitch(b, dx), py = row_pitch(b, dy), c = (size_t)dx->c;
	const struct train_vec *vec = train_vec_best();

	check_gather(s, dx, dy);
	clear(b, dx, accumulate);
	for (int sample = 0; sample < dx->n / s->from; sample++) {
		float *to = train_row(b, dx, sample * s->from);
		const float *from = train_row(b, dy, sample * s->rows);

		for (int r = 0; r < s->rows; r++, from += py)
			for (int l = 0; l < s->length; l++)
				vec->add(from + (size_t)l * c, to + vertex_of(s, r, l) * px, c);
	}
}

/* to += a from, row by row: forwards y's rows from x's, backwards dx's from dy's. */
static void spmm_rows(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x,
		      const struct nn_batch *y, bool backward)
{
	const float *value = m->value;

	check_rows(x, "spmm");
	check_rows(y, "spmm");
	if (x->n % m->cols || y->n != x->n / m->cols * m->rows || x->c != y->c)
		BUG("spmm: [%d,%d] to [%d,%d] by [%d,%d]", x->n, x->c, y->n, y->c, m->rows, m->cols);
	for (int n = 0; n < y->n; n++)
		for (int32_t i = m->begin[n % m->rows]; i < m->begin[n % m->rows + 1]; i++) {
			float *p = train_row(b, x, n / m->rows * m->cols + m->col[i]), *q = train_row(b, y, n);
			const float *from = backward ? q : p;
			float *to = backward ? p : q;

			for (int c = 0; c < x->c; c++)
				to[c] += value[i] * from[c];
		}
}

void train_spmm(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x, const struct nn_batch *y)
{
	clear(b, y, false);
	spmm_rows(b, m, x, y, false);
}

void train_spmm_backward(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			 const struct nn_batch *dx, bool accumulate)
{
	clear(b, dx, accumulate);
	spmm_rows(b, m, dx, dy, true);
}
