/* train_run.c - a plan forward and backward: loops over nodes, each op slice by slice on the pool (train_net.h) */
#include <stdlib.h>

#include "common/nn/ranks.h"
#include "common/nn/train_run_internal.h"
#include "common/thread.h"

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

/* ---- forward */

static void forward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	int slice = (int)i;
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	switch (j->d->kind) {
	case NODE_CONV:
		ops->conv(ops, job_conv_plan(j, slice), &x, j->d->packed, &y, job_scratch(j, worker));
		break;
	case NODE_MAXPOOL:
		ops->maxpool(ops, &j->d->pool, &x, &y, job_which(j, &y));
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

		if (j.d->kind == NODE_BN)
			train_run_bn(&j, train, threads);
		else
			parallel_for(threads, slices, forward_slice, &j);
	}
	if (train && !p->net->hold_running && ranks_norm_size() < ranks_size())
		train_run_bn_average(p->net);
	p->trained = train;
}

/* ---- backward */

static void pool_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct nn_batch y = job_part(j, &j->s->value, (int)i), dy = job_part(j, &j->s->grad, (int)i);
	struct nn_batch dx = job_part(j, &j->x->grad, (int)i);

	(void)worker;
	if (j->d->kind == NODE_MAXPOOL)
		j->ops->maxpool_backward(j->ops, &j->d->pool, &dy, job_which(j, &y), &dx, j->accumulate);
	else
		j->ops->global_avgpool_backward(j->ops, &dy, &dx, j->accumulate);
}

/* Tells who listens that a node's parameters have their gradients. */
static void tell(const struct train_net *n, const struct node *d)
{
	bool two = d->kind == NODE_BN || (d->kind == NODE_LINEAR && d->bias);

	if (n->on_gradient && (d->kind == NODE_CONV || d->kind == NODE_LINEAR || two))
		n->on_gradient(n->on_gradient_data, d->param, two ? 2 : 1);
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
			train_run_conv_backward(&j, threads);
			break;
		case NODE_BN:
			train_run_bn_backward(&j, threads);
			break;
		case NODE_LINEAR:
			train_run_linear_backward(&j, threads);
			break;
		case NODE_MAXPOOL:
		case NODE_AVGPOOL:
			parallel_for(threads, (size_t)p->slices, pool_backward_slice, &j);
			break;
		case NODE_INPUT:
			break;
		}
		tell(p->net, j.d);
	}
}
