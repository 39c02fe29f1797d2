/* train_plan.c - a network at one shape: shapes, and where in one arena everything lies (train_net.h) */
#include <stdlib.h>
#include <string.h>

#include "common/nn/train_net_internal.h"

static size_t round64(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* ---- shapes */

static int pool_out(int n, const struct nn_pool *p)
{
	return (n + 2 * p->pad - p->k) / p->stride + 1;
}

static struct nn_batch shape_of(const struct train_plan *p, const struct node *d, int h, int w)
{
	struct nn_batch v = { .n = p->n, .c = d->c, .h = h, .w = w, .plain = d->plain };

	if (d->kind == NODE_INPUT)
		return v;
	const struct nn_batch *x = &p->step[d->x].value;
	v.h = x->h;
	v.w = x->w;
	if (d->kind == NODE_CONV) {
		v.h = nn_train_conv_out(x->h, d->conv.kh, &d->conv);
		v.w = nn_train_conv_out(x->w, d->conv.kw, &d->conv);
	} else if (d->kind == NODE_MAXPOOL) {
		v.h = pool_out(x->h, &d->pool);
		v.w = pool_out(x->w, &d->pool);
	} else if (d->kind == NODE_AVGPOOL) {
		v.h = v.w = 1;
	} else if (d->kind == NODE_LINEAR && v.h * v.w != 1) {
		BUG("a linear layer reads rows");
	}
	if (v.h < 1 || v.w < 1)
		BUG("nothing is left of %d x %d", x->w, x->h);
	return v;
}

/* ---- memory */

static void extend(struct place *p, int to)
{
	if (to > p->to)
		p->to = to;
}

/* How long values and gradients are needed: backward of a convolution reads its input, that of batch norm input and output. */
static void lifetimes(struct train_plan *p)
{
	const struct train_net *net = p->net;
	int n = net->n, last = n - 1;

	for (int i = 0; i < n; i++) {
		struct step *s = &p->step[i];
		const struct node *d = &net->node[i];
		bool reads_x = d->kind == NODE_CONV || d->kind == NODE_LINEAR || d->kind == NODE_BN;

		s->value_place.from = s->value_place.to = i;
		s->grad_place.to = 2 * n - i;
		s->grad_place.from = i == last ? n : 2 * n - i;
		if (d->kind == NODE_BN && d->slope != 1)
			extend(&s->value_place, 2 * n - i);
		s->which_place.from = i;
		s->which_place.to = 2 * n - i;
		if (d->x >= 0) {
			extend(&p->step[d->x].value_place, reads_x ? 2 * n - i : i);
			p->step[d->x].grad_place.from = 2 * n - i;
		}
		if (d->res >= 0) {
			extend(&p->step[d->res].value_place, i);
			p->step[d->res].grad_place.from = 2 * n - i;
		}
	}
	extend(&p->step[last].value_place, n);
	/* The caller reads an input's gradient after the run. */
	p->step[0].grad_place.to = 2 * n + 1;
}

static int larger_first(const void *a, const void *b)
{
	const struct place *x = *(struct place *const *)a, *y = *(struct place *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->from != y->from ? x->from - y->from : x->to - y->to;
}

/* The lowest place that no other one, needed at the same time, lies in: those placed before are [0, n). */
static void put(struct place *const *all, size_t n, struct place *p)
{
	bool moved = true;

	p->at = 0;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < n; i++) {
			const struct place *q = all[i];
			if (q->to < p->from || p->to < q->from || q->at + q->bytes <= p->at ||
			    p->at + p->bytes <= q->at)
				continue;
			p->at = q->at + q->bytes;
			moved = true;
		}
	}
}

static void arrange(struct train_plan *p)
{
	size_t n = 0, cap = 3 * (size_t)p->net->n;
	struct place **all = xcalloc(cap, sizeof *all);

	for (int i = 0; i < p->net->n; i++) {
		all[n++] = &p->step[i].value_place;
		all[n++] = &p->step[i].grad_place;
		all[n++] = &p->step[i].which_place;
	}
	qsort(all, n, sizeof *all, larger_first);
	for (size_t i = 0; i < n && all[i]->bytes; i++) {
		put(all, i, all[i]);
		p->arena_bytes = larger(p->arena_bytes, all[i]->at + all[i]->bytes);
	}
	free(all);
	p->arena = xaligned(p->arena_bytes + 64);
	memset(p->arena, 0, p->arena_bytes + 64);
	for (int i = 0; i < p->net->n; i++) {
		struct step *s = &p->step[i];

		s->value.data = p->arena + s->value_place.at;
		s->grad = s->value;
		s->grad.data = s->grad_place.bytes ? p->arena + s->grad_place.at : NULL;
		s->which = (uint8_t *)p->arena + s->which_place.at;
	}
}

/* ---- what the backend prepares */

static void prepare_conv(struct train_plan *p, int i)
{
	const struct nn_train *ops = p->net->ops;
	const struct node *d = &p->net->node[i];
	const struct nn_batch *x = &p->step[d->x].value;
	size_t scratch;

	for (int more = 0; more < 2; more++) {
		if (more && p->n % p->slices == 0)
			break;
		p->step[i].conv[more] = ops->conv_plan(ops, &d->conv, p->n / p->slices + more, x->h, x->w, &scratch);
		p->scratch_bytes = larger(p->scratch_bytes, scratch);
	}
	p->partial_bytes = larger(p->partial_bytes, ops->conv_partial_bytes(ops, &d->conv));
}

static void prepare_bn(struct train_plan *p, int i)
{
	struct bn_state *b = &p->step[i].bn;
	size_t c = (size_t)p->net->node[i].c, all = c * (size_t)p->slices;
	double *d = xcalloc(4 * all + 5 * c, sizeof *d);

	b->slice_mean = d;
	b->slice_m2 = d + all;
	b->slice_g = d + 2 * all;
	b->slice_gx = d + 3 * all;
	b->mean = d + 4 * all;
	b->m2 = b->mean + c;
	b->inverse = b->m2 + c;
	b->sum_g = b->inverse + c;
	b->sum_gx = b->sum_g + c;
}

static void prepare(struct train_plan *p, int i)
{
	const struct node *d = &p->net->node[i];
	size_t real = p->net->ops->real;

	if (d->kind == NODE_CONV)
		prepare_conv(p, i);
	else if (d->kind == NODE_BN)
		prepare_bn(p, i);
	else if (d->kind == NODE_LINEAR)
		p->partial_bytes = larger(p->partial_bytes, (size_t)d->c * ((size_t)p->net->node[d->x].c + 1) * real);
}

struct train_plan *train_plan_new(const struct train_net *net, int n, int h, int w, int slices)
{
	const struct nn_train *ops = net->ops;
	struct train_plan *p = xcalloc(1, sizeof *p);

	if (n < 1 || slices < 1 || !net->n)
		BUG("%d samples in %d slices", n, slices);
	p->net = net;
	p->n = n;
	p->slices = slices < n ? slices : n;
	p->step = xcalloc((size_t)net->n, sizeof *p->step);
	for (int i = 0; i < net->n; i++) {
		struct step *s = &p->step[i];

		s->value = shape_of(p, &net->node[i], h, w);
		s->value_place.bytes = round64(ops->batch_bytes(ops, &s->value));
		s->grad_place.bytes = net->node[i].plain ? 0 : s->value_place.bytes;
		if (net->node[i].kind == NODE_MAXPOOL)
			s->which_place.bytes = round64(s->value_place.bytes / ops->elem);
		prepare(p, i);
	}
	lifetimes(p);
	arrange(p);
	p->scratch_bytes = round64(p->scratch_bytes) + 64;
	p->partial_bytes = round64(p->partial_bytes);
	p->partial = xaligned(p->partial_bytes * (size_t)p->slices + 64);
	return p;
}

void train_plan_free(struct train_plan *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->net->n; i++) {
		for (int k = 0; k < 2; k++)
			if (p->step[i].conv[k])
				p->net->ops->conv_plan_free(p->step[i].conv[k]);
		free(p->step[i].bn.slice_mean);
	}
	free(p->step);
	free(p->arena);
	free(p->scratch);
	free(p->partial);
	free(p);
}

size_t train_plan_bytes(const struct train_plan *p)
{
	return p->arena_bytes + p->partial_bytes * (size_t)p->slices + p->scratch_bytes * (size_t)p->workers;
}

struct nn_batch train_plan_input(struct train_plan *p)
{
	return p->step[0].value;
}

struct nn_batch train_plan_output(struct train_plan *p)
{
	return p->step[p->net->n - 1].value;
}

struct nn_batch train_plan_output_gradient(struct train_plan *p)
{
	return p->step[p->net->n - 1].grad;
}

struct nn_batch train_plan_input_gradient(struct train_plan *p)
{
	return p->step[0].grad;
}
