/* train_run.c - a plan forward and backward: loops over nodes, each op slice by slice (train_net.h) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/moments.h"
#include "common/nn/real.h"
#include "common/nn/train_net_internal.h"
#include "common/thread.h"

static const double bn_eps = 1e-5, bn_momentum = .1;

/* An op of node i of a plan, for parallel_for over slices. */
struct job {
	struct train_plan *p;
	const struct nn_train *ops;
	const struct node *d;
	struct step *s, *x, *res; /* the node's own, and those of what it reads */
	bool accumulate, accumulate_res;
};

static struct job job_of(struct train_plan *p, int i)
{
	const struct node *d = &p->net->node[i];
	struct job j = { .p = p, .ops = p->net->ops, .d = d, .s = &p->step[i] };

	if (d->x >= 0)
		j.x = &p->step[d->x];
	if (d->res >= 0)
		j.res = &p->step[d->res];
	return j;
}

static struct nn_batch part(const struct job *j, const struct nn_batch *v, int slice)
{
	return j->ops->samples(j->ops, v, slice_begin(j->p, slice), slice_count(j->p, slice));
}

static struct nn_conv_plan *conv_plan(const struct job *j, int slice)
{
	return j->s->conv[slice_count(j->p, slice) - j->p->n / j->p->slices];
}

static void *scratch(const struct job *j, int worker)
{
	return j->p->scratch + (size_t)worker * j->p->scratch_bytes;
}

static void *partial(const struct job *j, int slice)
{
	return j->p->partial + (size_t)slice * j->p->partial_bytes;
}

/* Where the slice's window places are: `which` lies as the value does, a byte for a number. */
static uint8_t *which(const struct job *j, const struct nn_batch *y)
{
	return j->s->which + (size_t)((char *)y->data - (char *)j->s->value.data) / j->ops->real;
}

static struct nn_bn bn_of(const struct job *j)
{
	return (struct nn_bn){ j->s->bn.mean, j->s->bn.inverse, node_value(j->p->net, j->d, 0),
			       node_value(j->p->net, j->d, 1) };
}

/* ---- forward */

static void forward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	int slice = (int)i;
	struct nn_batch x = part(j, &j->x->value, slice), y = part(j, &j->s->value, slice);

	switch (j->d->kind) {
	case NODE_CONV:
		ops->conv(ops, conv_plan(j, slice), &x, j->d->packed, &y, scratch(j, worker));
		break;
	case NODE_MAXPOOL:
		ops->maxpool(ops, &j->d->pool, &x, &y, which(j, &y));
		break;
	case NODE_AVGPOOL:
		ops->global_avgpool(ops, &x, &y);
		break;
	case NODE_LINEAR:
		ops->linear(ops, &x, node_value(j->p->net, j->d, 0), j->d->bias ? node_value(j->p->net, j->d, 1) : NULL,
			    &y);
		break;
	case NODE_BN:
	case NODE_INPUT:
		break;
	}
}

static void stats_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = part(j, &j->x->value, (int)i);
	size_t at = i * (size_t)j->d->c;

	(void)worker;
	j->ops->bn_stats(j->ops, &x, j->s->bn.slice_mean + at, j->s->bn.slice_m2 + at);
}

static void apply_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = part(j, &j->x->value, (int)i), y = part(j, &j->s->value, (int)i), res = { 0 };
	struct nn_bn bn = bn_of(j);

	(void)worker;
	if (j->res)
		res = part(j, &j->res->value, (int)i);
	j->ops->bn_apply(j->ops, &x, &bn, j->res ? &res : NULL, j->d->slope, &y);
}

/* Merges the slices' statistics in their order, and moves the running ones. */
static void bn_merge(const struct job *j)
{
	struct bn_state *b = &j->s->bn;
	struct train_running *r = &j->p->net->params->running[j->d->running];
	int c = j->d->c;
	double pixels = (double)j->s->value.h * j->s->value.w;

	b->count = 0;
	memset(b->mean, 0, 2 * (size_t)c * sizeof *b->mean); /* and m2, which follows */
	for (int s = 0; s < j->p->slices; s++) {
		size_t at = (size_t)s * (size_t)c;
		nn_moments_merge(c, &b->count, b->mean, b->m2, slice_count(j->p, s) * pixels, b->slice_mean + at,
				 b->slice_m2 + at);
	}
	nn_bn_inverse(c, b->count, b->m2, bn_eps, b->inverse);
	nn_bn_running(c, b->count, b->mean, b->m2, bn_momentum, r->mean, r->var);
}

static void bn_from_running(const struct job *j)
{
	const struct train_running *r = &j->p->net->params->running[j->d->running];

	for (int k = 0; k < j->d->c; k++) {
		j->s->bn.mean[k] = r->mean[k];
		j->s->bn.inverse[k] = 1 / sqrt(r->var[k] + bn_eps);
	}
}

static void need_scratch(struct train_plan *p, int threads)
{
	if (threads <= p->workers)
		return;
	free(p->scratch);
	p->scratch = xaligned((size_t)threads * p->scratch_bytes);
	p->workers = threads;
}

void train_plan_forward(struct train_plan *p, bool train, int threads)
{
	size_t slices = (size_t)p->slices;

	need_scratch(p, threads);
	for (int i = 1; i < p->net->n; i++) {
		struct job j = job_of(p, i);

		if (j.d->kind != NODE_BN) {
			parallel_for(threads, slices, forward_slice, &j);
			continue;
		}
		if (train) {
			parallel_for(threads, slices, stats_slice, &j);
			bn_merge(&j);
		} else {
			bn_from_running(&j);
		}
		parallel_for(threads, slices, apply_slice, &j);
	}
	p->trained = train;
}

/* ---- backward */

static void conv_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	struct nn_conv_plan *plan = conv_plan(j, (int)i);
	struct nn_batch x = part(j, &j->x->value, (int)i), dy = part(j, &j->s->grad, (int)i), dx;

	ops->conv_backward_weights(ops, plan, &x, &dy, partial(j, (int)i), scratch(j, worker));
	if (!j->x->grad.data)
		return;
	dx = part(j, &j->x->grad, (int)i);
	ops->conv_backward_data(ops, plan, &dy, j->d->packed, &dx, j->accumulate, scratch(j, worker));
}

static void conv_backward(struct job *j, int threads)
{
	const void **all = xcalloc((size_t)j->p->slices, sizeof *all);

	parallel_for(threads, (size_t)j->p->slices, conv_backward_slice, j);
	for (int s = 0; s < j->p->slices; s++)
		all[s] = partial(j, s);
	j->ops->conv_add_partials(j->ops, &j->d->conv, all, j->p->slices, node_grad(j->p->net, j->d, 0), NULL);
	free(all);
}

static void linear_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	struct nn_batch x = part(j, &j->x->value, (int)i), dy = part(j, &j->s->grad, (int)i), dx;
	char *dw = partial(j, (int)i), *db = dw + (size_t)x.c * (size_t)dy.c * ops->real;

	(void)worker;
	ops->linear_backward_weights(ops, &x, &dy, dw, j->d->bias ? db : NULL, false);
	if (!j->x->grad.data)
		return;
	dx = part(j, &j->x->grad, (int)i);
	ops->linear_backward_data(ops, &dy, node_value(j->p->net, j->d, 0), &dx, j->accumulate);
}

static void add_numbers(void *dst, const void *src, size_t n, size_t real)
{
	if (real == sizeof(float))
		for (size_t i = 0; i < n; i++)
			((float *)dst)[i] += ((const float *)src)[i];
	else
		for (size_t i = 0; i < n; i++)
			((double *)dst)[i] += ((const double *)src)[i];
}

static void linear_backward(struct job *j, int threads)
{
	size_t real = j->ops->real, weights = (size_t)j->x->value.c * (size_t)j->d->c;

	parallel_for(threads, (size_t)j->p->slices, linear_backward_slice, j);
	for (int s = 0; s < j->p->slices; s++) {
		char *dw = partial(j, s);

		add_numbers(node_grad(j->p->net, j->d, 0), dw, weights, real);
		if (j->d->bias)
			add_numbers(node_grad(j->p->net, j->d, 1), dw + weights * real, (size_t)j->d->c, real);
	}
}

static void bn_sums_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = part(j, &j->x->value, (int)i), y = part(j, &j->s->value, (int)i);
	struct nn_batch dy = part(j, &j->s->grad, (int)i);
	struct nn_bn bn = bn_of(j);
	size_t at = i * (size_t)j->d->c;

	(void)worker;
	j->ops->bn_backward_sums(j->ops, &dy, &x, j->d->slope == 1 ? NULL : &y, &bn, j->d->slope, j->s->bn.slice_g + at,
				 j->s->bn.slice_gx + at);
}

static void bn_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = part(j, &j->x->value, (int)i), y = part(j, &j->s->value, (int)i);
	struct nn_batch dy = part(j, &j->s->grad, (int)i), dx = part(j, &j->x->grad, (int)i), dres = { 0 };
	struct nn_bn bn = bn_of(j);

	(void)worker;
	if (j->res)
		dres = part(j, &j->res->grad, (int)i);
	j->ops->bn_backward(j->ops, &dy, &x, j->d->slope == 1 ? NULL : &y, &bn, j->d->slope, j->s->bn.sum_g,
			    j->s->bn.sum_gx, j->s->bn.count, &dx, j->accumulate, j->res ? &dres : NULL,
			    j->accumulate_res);
}

static void bn_backward(struct job *j, int threads)
{
	struct bn_state *b = &j->s->bn;
	int c = j->d->c;

	parallel_for(threads, (size_t)j->p->slices, bn_sums_slice, j);
	memset(b->sum_g, 0, 2 * (size_t)c * sizeof *b->sum_g); /* and sum_gx, which follows */
	for (int s = 0; s < j->p->slices; s++)
		for (int k = 0; k < c; k++) {
			b->sum_g[k] += b->slice_g[s * c + k];
			b->sum_gx[k] += b->slice_gx[s * c + k];
		}
	for (int k = 0; k < c; k++) {
		real_add(node_grad(j->p->net, j->d, 0), (size_t)k, j->ops->real, b->sum_gx[k]);
		real_add(node_grad(j->p->net, j->d, 1), (size_t)k, j->ops->real, b->sum_g[k]);
	}
	parallel_for(threads, (size_t)j->p->slices, bn_backward_slice, j);
}

static void pool_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch y = part(j, &j->s->value, (int)i), dy = part(j, &j->s->grad, (int)i);
	struct nn_batch dx = part(j, &j->x->grad, (int)i);

	(void)worker;
	if (j->d->kind == NODE_MAXPOOL)
		j->ops->maxpool_backward(j->ops, &j->d->pool, &dy, which(j, &y), &dx, j->accumulate);
	else
		j->ops->global_avgpool_backward(j->ops, &dy, &dx, j->accumulate);
}

/* Whether the gradient of a value is there already; it is from now on. */
static bool claim(struct step *s)
{
	bool had = s && s->has_grad;

	if (s)
		s->has_grad = true;
	return had;
}

void train_plan_backward(struct train_plan *p, int threads)
{
	if (!p->trained)
		BUG("backward without a forward in training");
	need_scratch(p, threads);
	for (int i = 0; i < p->net->n; i++)
		p->step[i].has_grad = i == p->net->n - 1;
	for (int i = p->net->n - 1; i > 0; i--) {
		struct job j = job_of(p, i);

		if (!j.s->has_grad)
			continue; /* nobody reads it */
		j.accumulate_res = claim(j.res);
		j.accumulate = claim(j.x);
		switch (j.d->kind) {
		case NODE_CONV:
			conv_backward(&j, threads);
			break;
		case NODE_BN:
			bn_backward(&j, threads);
			break;
		case NODE_LINEAR:
			linear_backward(&j, threads);
			break;
		case NODE_MAXPOOL:
		case NODE_AVGPOOL:
			parallel_for(threads, (size_t)p->slices, pool_backward_slice, &j);
			break;
		case NODE_INPUT:
			break;
		}
	}
}
