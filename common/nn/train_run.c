/* train_run.c - a plan forward and backward: loops over nodes, each op slice by slice on the pool (train_net.h) */
#include <stdlib.h>

#include "common/err.h"
#include "common/nn/ranks.h"
#include "common/nn/train_run_internal.h"
#include "common/thread.h"

static const struct node_run conv = { .forward = train_run_conv, .run_backward = train_run_conv_backward };
static const struct node_run transposed = { .forward = train_run_transposed,
					    .run_backward = train_run_transposed_backward };
static const struct node_run linear = { .forward = train_run_linear, .run_backward = train_run_linear_backward };
static const struct node_run spiral = { .forward = train_run_spiral, .run_backward = train_run_spiral_backward };
static const struct node_run bn = { .run = train_run_bn, .run_backward = train_run_bn_backward };

static const struct node_run *const runs[NODE_KINDS] = {
	[NODE_CONV] = &conv,
	[NODE_TRANSPOSED] = &transposed,
	[NODE_BN] = &bn,
	[NODE_MAXPOOL] = &train_run_maxpool,
	[NODE_AVGPOOL] = &train_run_avgpool,
	[NODE_AVGPOOL_WINDOWS] = &train_run_avgpool_windows,
	[NODE_LINEAR] = &linear,
	[NODE_ADD] = &train_run_add,
	[NODE_ACT] = &train_run_act,
	[NODE_RESIZE] = &train_run_resize,
	[NODE_DROPOUT] = &train_run_dropout,
	[NODE_CONCAT] = &train_run_concat,
	[NODE_L2NORM] = &train_run_l2norm,
	[NODE_SPLIT] = &train_run_split,
	[NODE_GATHER] = &train_run_gather,
	[NODE_SPIRAL] = &spiral,
	[NODE_SPMM] = &train_run_spmm,
};

static struct job job_of(struct train_plan *p, int i)
{
	const struct node *d = &p->net->node[i];
	struct job j = { .p = p, .ops = p->net->ops, .d = d, .s = &p->step[i] };

	for (int k = 0; node_input(d, k) != -1; k++)
		j.in[k] = &p->step[node_input(d, k)];
	j.x = j.in[0];
	j.res = d->kind == NODE_CONCAT ? NULL : j.in[1];
	return j;
}

static void need_scratch(struct train_plan *p, int threads)
{
	if (threads <= p->workers)
		return;
	free(p->scratch);
	p->scratch = xaligned((size_t)threads * p->scratch_bytes);
	p->workers = threads;
}

/* ---- forward */

static void forward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;

	runs[j->d->kind]->forward(j, (int)i, worker);
}

static void forward(struct train_plan *p, int i, bool train, bool again, int threads)
{
	struct job j = job_of(p, i);
	const struct node_run *r = runs[j.d->kind];
	const struct place *place = again ? &j.s->again_place : &j.s->value_place;

	j.s->value.data = p->arena + place->at;
	if (r->run)
		r->run(&j, train, again, threads);
	else
		parallel_for(threads, (size_t)p->slices, forward_slice, &j);
}

void train_plan_forward(struct train_plan *p, bool train, int threads)
{
	need_scratch(p, threads);
	p->trained = train;
	for (int i = 1; i < p->net->n; i++)
		forward(p, i, train, false, threads);
	if (train && !p->net->hold_running && ranks_norm_size() < ranks_size())
		train_run_bn_average(p->net);
}

/* ---- backward */

static void backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;

	runs[j->d->kind]->backward(j, (int)i, worker);
}

/* Whether the gradient of a value is there already; it is from now on. */
static bool claim(struct step *s)
{
	bool had = s->has_grad;

	s->has_grad = true;
	return had;
}

/* Tells who listens that a node's parameters have their gradients. */
static void tell(const struct train_net *n, const struct node *d)
{
	bool conv_like = d->kind == NODE_CONV || d->kind == NODE_TRANSPOSED;
	bool linear_like = d->kind == NODE_LINEAR || d->kind == NODE_SPIRAL;
	bool two = d->kind == NODE_BN || (linear_like && d->bias) || (conv_like && d->conv.bias);

	if (n->on_gradient && (conv_like || linear_like || two))
		n->on_gradient(n->on_gradient_data, d->param, two ? 2 : 1);
}

static void backward(struct train_plan *p, int i, int threads)
{
	struct job j = job_of(p, i);
	const struct node_run *r = runs[j.d->kind];

	if (!j.s->has_grad || j.d->frozen)
		return; /* nobody reads it */
	/* The last first, as all that read several values write their gradients. */
	for (int k = TRAIN_NET_PARTS - 1; k >= 0; k--)
		j.add[k] = j.in[k] && claim(j.in[k]);
	j.accumulate = j.add[0];
	j.accumulate_res = j.add[1];
	if (r->run_backward)
		r->run_backward(&j, threads);
	else
		parallel_for(threads, (size_t)p->slices, backward_slice, &j);
	tell(p->net, j.d);
}

void train_plan_backward(struct train_plan *p, int threads)
{
	const struct train_net *net = p->net;

	if (!p->trained)
		BUG("backward without a forward in training");
	need_scratch(p, threads);
	for (int i = 0; i < net->n; i++)
		p->step[i].has_grad = net->node[i].output || i == net->n - 1;
	for (int b = 0; b < p->n_back; b++)
		if (p->back[b].again)
			forward(p, p->back[b].node, true, true, threads);
		else
			backward(p, p->back[b].node, threads);
}
