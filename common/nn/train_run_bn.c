/* train_run_bn.c - batch norm in a plan: statistics merged over slices and ranks, forward and backward */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/moments.h"
#include "common/nn/ranks.h"
#include "common/nn/real.h"
#include "common/nn/train_run_internal.h"
#include "common/thread.h"

static const double bn_eps = 1e-5, bn_momentum = .1;

static struct nn_bn bn_of(const struct job *j)
{
	return (struct nn_bn){ j->s->bn.mean, j->s->bn.inverse, node_value(j->p->net, j->d, 0),
			       node_value(j->p->net, j->d, 1) };
}

/* ---- forward */

static void stats_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = job_part(j, &j->x->value, (int)i);
	size_t at = i * (size_t)j->d->c;

	(void)worker;
	j->ops->bn_stats(j->ops, &x, j->s->bn.slice_mean + at, j->s->bn.slice_m2 + at);
}

static void apply_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = job_part(j, &j->x->value, (int)i), y = job_part(j, &j->s->value, (int)i), res = { 0 };
	struct nn_bn bn = bn_of(j);

	(void)worker;
	if (j->res)
		res = job_part(j, &j->res->value, (int)i);
	j->ops->bn_apply(j->ops, &x, &bn, j->res ? &res : NULL, j->d->slope, &y);
}

/* Count, mean and M2 of the ranks that share statistics, merged in their order. */
static void merge_ranks(struct bn_state *b, int c)
{
	size_t ranks = (size_t)ranks_norm_size(), n = 2 * (size_t)c + 1;
	double *own, *all;

	if (ranks == 1)
		return;
	own = xcalloc(n, sizeof *own);
	all = xcalloc(ranks * n, sizeof *all);
	own[0] = b->count;
	memcpy(own + 1, b->mean, (n - 1) * sizeof *own); /* and m2, which follows */
	ranks_norm_gather(own, n * sizeof *own, all);
	b->count = 0;
	memset(b->mean, 0, (n - 1) * sizeof *b->mean);
	for (size_t r = 0; r < ranks; r++) {
		const double *its = all + r * n;

		nn_moments_merge(c, &b->count, b->mean, b->m2, its[0], its + 1, its + 1 + c);
	}
	free(own);
	free(all);
}

/* Merges the statistics of slices and ranks in their order, and moves the running ones. */
static void bn_merge(const struct job *j)
{
	struct bn_state *b = &j->s->bn;
	struct train_running *r = &j->p->net->params->running[j->d->running];
	int c = j->d->c;
	double pixels = (double)j->s->value.h * j->s->value.w * value_rows(j->p, &j->s->value);

	b->count = 0;
	memset(b->mean, 0, 2 * (size_t)c * sizeof *b->mean); /* and m2, which follows */
	for (int s = 0; s < j->p->slices; s++) {
		size_t at = (size_t)s * (size_t)c;
		nn_moments_merge(c, &b->count, b->mean, b->m2, slice_count(j->p, s) * pixels, b->slice_mean + at,
				 b->slice_m2 + at);
	}
	merge_ranks(b, c);
	nn_bn_inverse(c, b->count, b->m2, bn_eps, b->inverse);
	if (!j->p->net->hold_running)
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

void train_run_bn(struct job *j, bool train, bool again, int threads)
{
	size_t slices = (size_t)j->p->slices;

	/* Again, mean and inverse are those of forward, and the running ones have moved already. */
	if (!again && train && !j->d->fixed_norm) {
		parallel_for(threads, slices, stats_slice, j);
		bn_merge(j);
	} else if (!again) {
		bn_from_running(j);
	}
	parallel_for(threads, slices, apply_slice, j);
}

void train_run_bn_average(const struct train_net *n)
{
	struct train_params *p = n->params;

	for (int i = 0; i < n->n; i++) {
		struct train_running *r = &p->running[n->node[i].running];
		size_t both = 2 * (size_t)n->node[i].c;

		if (n->node[i].kind != NODE_BN || n->node[i].fixed_norm)
			continue;
		ranks_sum_f32(r->mean, both); /* and var, which follows */
		for (size_t k = 0; k < both; k++)
			r->mean[k] /= (float)ranks_size();
	}
}

/* ---- backward */

static void bn_sums_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = job_part(j, &j->x->value, (int)i), y = job_part(j, &j->s->value, (int)i);
	struct nn_batch dy = job_part(j, &j->s->grad, (int)i);
	struct nn_bn bn = bn_of(j);
	size_t at = i * (size_t)j->d->c;

	(void)worker;
	j->ops->bn_backward_sums(j->ops, &dy, &x, j->d->slope == 1 ? NULL : &y, &bn, j->d->slope, j->s->bn.slice_g + at,
				 j->s->bn.slice_gx + at);
}

static void bn_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch x = job_part(j, &j->x->value, (int)i), y = job_part(j, &j->s->value, (int)i);
	struct nn_batch dy = job_part(j, &j->s->grad, (int)i), dx = job_part(j, &j->x->grad, (int)i), dres = { 0 };
	struct nn_bn bn = bn_of(j);

	(void)worker;
	if (j->res)
		dres = job_part(j, &j->res->grad, (int)i);
	j->ops->bn_backward(j->ops, &dy, &x, j->d->slope == 1 ? NULL : &y, &bn, j->d->slope, j->s->bn.sum_g,
			    j->s->bn.sum_gx, j->s->bn.count, &dx, j->accumulate, j->res ? &dres : NULL,
			    j->accumulate_res);
}

void train_run_bn_backward(struct job *j, int threads)
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
	/* Gradients of parameters are this rank's share, as those of convolutions are; only their sum over ranks counts. */
	for (int k = 0; k < c; k++) {
		real_add(node_grad(j->p->net, j->d, 0), (size_t)k, j->ops->real, b->sum_gx[k]);
		real_add(node_grad(j->p->net, j->d, 1), (size_t)k, j->ops->real, b->sum_g[k]);
	}
	if (j->d->fixed_norm) { /* the statistics do not depend on the batch */
		memset(b->sum_g, 0, 2 * (size_t)c * sizeof *b->sum_g);
		b->count = 1;
	} else {
		ranks_norm_sum_f64(b->sum_g, 2 * (size_t)c);
	}
	parallel_for(threads, (size_t)j->p->slices, bn_backward_slice, j);
}
