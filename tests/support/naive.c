/* naive.c - memory, convolution and linear in double; the table */
#include "tests/support/naive.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"

static size_t batch_bytes(const struct nn_train *b, const struct nn_batch *v)
{
	(void)b;
	return (naive_count(v) * sizeof(double) + 63) / 64 * 64;
}

static struct nn_batch samples(const struct nn_train *b, const struct nn_batch *v, int n0, int n)
{
	struct nn_batch s = *v;

	(void)b;
	s.n = n;
	s.data = naive_at(v, n0, 0, 0, 0);
	return s;
}

static void upload(const struct nn_train *b, const void *src, const struct nn_batch *v)
{
	(void)b;
	memcpy(v->data, src, naive_count(v) * sizeof(double));
}

static void download(const struct nn_train *b, const struct nn_batch *v, void *dst)
{
	(void)b;
	memcpy(dst, v->data, naive_count(v) * sizeof(double));
}

/* ---- convolution */

struct nn_conv_plan {
	struct nn_train_conv c;
	int ih, iw, oh, ow;
};

static size_t weights(const struct nn_train_conv *c)
{
	return (size_t)c->oc * (size_t)(c->ic / c->groups) * (size_t)c->kh * (size_t)c->kw;
}

static size_t packed_bytes(const struct nn_train *b, const struct nn_train_conv *c)
{
	(void)b;
	return (weights(c) + (size_t)c->oc) * sizeof(double);
}

static void pack(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias, void *packed)
{
	memset(packed, 0, packed_bytes(b, c));
	memcpy(packed, w, weights(c) * sizeof(double));
	if (c->bias)
		memcpy((double *)packed + weights(c), bias, (size_t)c->oc * sizeof(double));
}

static struct nn_conv_plan *plan(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih, int iw,
				 size_t *scratch)
{
	struct nn_conv_plan *p = xcalloc(1, sizeof *p);

	(void)b;
	(void)n;
	*p = (struct nn_conv_plan){ *c, ih, iw, nn_train_conv_out(ih, c->kh, c), nn_train_conv_out(iw, c->kw, c) };
	*scratch = 0;
	return p;
}

static void plan_free(struct nn_conv_plan *p)
{
	free(p);
}

/*
 * Every product of the convolution is x[n, ic, iy, ix] * w[at] -> y[n, oc, oy, ox]: `visit` is called for each, in order.
 * Inline, as a call for each takes most of the time that tests spend here.
 */
struct product {
	int n, ic, iy, ix, oc, oy, ox;
	size_t at;
};

__attribute__((always_inline)) static inline void each_tap(const struct nn_conv_plan *p, struct product q,
							   void (*visit)(void *data, const struct product *),
							   void *data)
{
	const struct nn_train_conv *c = &p->c;
	int per = c->ic / c->groups, first = q.oc / (c->oc / c->groups) * per;

	for (int i = 0; i < per; i++)
		for (int ky = 0; ky < c->kh; ky++)
			for (int kx = 0; kx < c->kw; kx++) {
				q.ic = first + i;
				q.iy = q.oy * c->stride - c->pad + ky * c->dilation;
				q.ix = q.ox * c->stride - c->pad + kx * c->dilation;
				q.at = ((size_t)q.oc * (size_t)per + (size_t)i) * (size_t)(c->kh * c->kw) +
				       (size_t)(ky * c->kw + kx);
				if (q.iy >= 0 && q.iy < p->ih && q.ix >= 0 && q.ix < p->iw)
					visit(data, &q);
			}
}

__attribute__((always_inline)) static inline void each_product(const struct nn_conv_plan *p, int n,
							       void (*visit)(void *data, const struct product *),
							       void *data)
{
	struct product q = { 0 };

	for (q.n = 0; q.n < n; q.n++)
		for (q.oc = 0; q.oc < p->c.oc; q.oc++)
			for (q.oy = 0; q.oy < p->oh; q.oy++)
				for (q.ox = 0; q.ox < p->ow; q.ox++)
					each_tap(p, q, visit, data);
}

struct operands {
	const struct nn_batch *x, *y;
	double *w;
};

static void visit_forward(void *data, const struct product *q)
{
	struct operands *o = data;

	*naive_at(o->y, q->n, q->oc, q->oy, q->ox) += *naive_at(o->x, q->n, q->ic, q->iy, q->ix) * o->w[q->at];
}

static void visit_data(void *data, const struct product *q)
{
	struct operands *o = data;

	*naive_at(o->x, q->n, q->ic, q->iy, q->ix) += *naive_at(o->y, q->n, q->oc, q->oy, q->ox) * o->w[q->at];
}

static void visit_weights(void *data, const struct product *q)
{
	struct operands *o = data;

	o->w[q->at] += *naive_at(o->y, q->n, q->oc, q->oy, q->ox) * *naive_at(o->x, q->n, q->ic, q->iy, q->ix);
}

static void conv(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x, const void *packed,
		 const struct nn_batch *y, void *scratch)
{
	struct operands o = { x, y, (double *)(uintptr_t)packed };

	(void)b;
	(void)scratch;
	for (int n = 0; n < y->n; n++)
		for (int c = 0; c < y->c; c++)
			for (int i = 0; i < y->h * y->w; i++)
				naive_at(y, n, c, 0, 0)[i] = o.w[weights(&p->c) + (size_t)c];
	each_product(p, y->n, visit_forward, &o);
}

static void conv_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			       const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch)
{
	struct operands o = { dx, dy, (double *)(uintptr_t)packed };

	(void)b;
	(void)scratch;
	naive_clear(dx, accumulate);
	each_product(p, dy->n, visit_data, &o);
}

static void conv_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				  const struct nn_batch *dy, void *partial, void *scratch)
{
	struct operands o = { x, dy, partial };
	double *db = o.w + weights(&p->c);

	(void)scratch;
	memset(partial, 0, packed_bytes(b, &p->c));
	each_product(p, dy->n, visit_weights, &o);
	for (int n = 0; n < dy->n; n++)
		for (int c = 0; c < dy->c; c++)
			for (int i = 0; i < dy->h * dy->w; i++)
				db[c] += naive_at(dy, n, c, 0, 0)[i];
}

static void add_partials(const struct nn_train *b, const struct nn_train_conv *c, const void *const *partial,
			 int slices, int piece, int pieces, void *dw, void *db)
{
	size_t row = weights(c) / (size_t)c->oc;
	int first = c->oc * piece / pieces, last = c->oc * (piece + 1) / pieces;

	(void)b;
	for (int s = 0; s < slices; s++) {
		const double *p = partial[s];

		for (size_t i = (size_t)first * row; i < (size_t)last * row; i++)
			((double *)dw)[i] += p[i];
		for (int i = first; c->bias && i < last; i++)
			((double *)db)[i] += p[weights(c) + (size_t)i];
	}
}

/* ---- linear */

static void linear(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		   const struct nn_batch *y)
{
	(void)b;
	for (int n = 0; n < x->n; n++)
		for (int m = 0; m < y->c; m++) {
			double sum = bias ? ((const double *)bias)[m] : 0;

			for (int k = 0; k < x->c; k++)
				sum += *naive_at(x, n, k, 0, 0) * ((const double *)w)[m * x->c + k];
			*naive_at(y, n, m, 0, 0) = sum;
		}
}

static void linear_backward_data(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				 const struct nn_batch *dx, bool accumulate)
{
	(void)b;
	naive_clear(dx, accumulate);
	for (int n = 0; n < dx->n; n++)
		for (int m = 0; m < dy->c; m++)
			for (int k = 0; k < dx->c; k++)
				*naive_at(dx, n, k, 0, 0) += *naive_at(dy, n, m, 0, 0) *
							     ((const double *)w)[m * dx->c + k];
}

static void linear_backward_weights(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
				    void *dw, void *db, bool accumulate)
{
	double *w = dw, *bias = db;

	(void)b;
	for (int i = 0; !accumulate && i < x->c * dy->c; i++)
		w[i] = 0;
	for (int i = 0; !accumulate && bias && i < dy->c; i++)
		bias[i] = 0;
	for (int n = 0; n < x->n; n++)
		for (int m = 0; m < dy->c; m++) {
			double g = *naive_at(dy, n, m, 0, 0);

			for (int k = 0; k < x->c; k++)
				w[m * x->c + k] += g * *naive_at(x, n, k, 0, 0);
			if (bias)
				bias[m] += g;
		}
}

const struct nn_train *nn_train_naive(void)
{
	static const struct nn_train naive = {
		.name = "naive",
		.block = 1,
		.real = sizeof(double),
		.elem = sizeof(double),
		.batch_bytes = batch_bytes,
		.samples = samples,
		.upload = upload,
		.download = download,
		.conv_packed_bytes = packed_bytes,
		.conv_pack = pack,
		.conv_plan = plan,
		.conv_plan_free = plan_free,
		.conv = conv,
		.conv_backward_data = conv_backward_data,
		.conv_partial_bytes = packed_bytes,
		.conv_backward_weights = conv_backward_weights,
		.conv_add_partials = add_partials,
		.linear = linear,
		.linear_backward_data = linear_backward_data,
		.linear_backward_weights = linear_backward_weights,
		.bn_stats = naive_bn_stats,
		.bn_apply = naive_bn_apply,
		.bn_backward_sums = naive_bn_backward_sums,
		.bn_backward = naive_bn_backward,
		.maxpool = naive_maxpool,
		.maxpool_backward = naive_maxpool_backward,
		.avgpool = naive_avgpool,
		.avgpool_backward = naive_avgpool_backward,
		.global_avgpool = naive_global_avgpool,
		.global_avgpool_backward = naive_global_avgpool_backward,
		.add = naive_add,
		.act = naive_act,
		.act_backward = naive_act_backward,
		.dropout = naive_dropout,
		.resize = naive_resize,
		.resize_backward = naive_resize_backward,
		.concat = naive_concat,
		.concat_backward = naive_concat_backward,
		.l2norm = naive_l2norm,
		.l2norm_backward = naive_l2norm_backward,
		.softmax_ce = naive_softmax_ce,
		.loss = naive_loss,
		.gather = naive_gather,
		.gather_backward = naive_gather_backward,
		.spmm = naive_spmm,
		.spmm_backward = naive_spmm_backward,
	};

	return &naive;
}
