/* train_plan.c - a network at one shape: shapes, and what the backend prepares for them (train_net.h) */
#include <stdlib.h>

#include "common/err.h"
#include "common/nn/train_run_internal.h"

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

static int transposed_out(int n, int k, const struct nn_train_conv *c)
{
	return (n - 1) * c->stride + (k - 1) * c->dilation + 1 - 2 * c->pad;
}

static void one_size(const struct train_plan *p, const struct node *d)
{
	const struct nn_batch *a = &p->step[node_input(d, 0)].value;

	for (int k = 1; node_input(d, k) != -1; k++) {
		const struct nn_batch *b = &p->step[node_input(d, k)].value;

		if (a->n != b->n || a->h != b->h || a->w != b->w || (d->kind != NODE_CONCAT && a->c != b->c))
			BUG("[%d,%d,%d,%d] and [%d,%d,%d,%d] are not of one size", a->n, a->c, a->h, a->w, b->n, b->c,
			    b->h, b->w);
	}
}

/* Height and width of v, that of x so far. */
static void size_of(const struct train_plan *p, const struct node *d, struct nn_batch *v)
{
	switch (d->kind) {
	case NODE_CONV:
		v->h = nn_train_conv_out(v->h, d->conv.kh, &d->conv);
		v->w = nn_train_conv_out(v->w, d->conv.kw, &d->conv);
		break;
	case NODE_TRANSPOSED:
		v->h = transposed_out(v->h, d->conv.kh, &d->conv);
		v->w = transposed_out(v->w, d->conv.kw, &d->conv);
		break;
	case NODE_MAXPOOL:
	case NODE_AVGPOOL_WINDOWS:
		v->h = pool_out(v->h, &d->pool);
		v->w = pool_out(v->w, &d->pool);
		break;
	case NODE_AVGPOOL:
		v->h = v->w = 1;
		break;
	case NODE_RESIZE:
		v->h = d->like < 0 ? v->h * d->factor : p->step[d->like].value.h;
		v->w = d->like < 0 ? v->w * d->factor : p->step[d->like].value.w;
		break;
	default:
		break;
	}
}

static bool reads_rows(enum node_kind kind)
{
	return kind == NODE_LINEAR || kind == NODE_L2NORM || kind == NODE_SPLIT || kind == NODE_GATHER ||
	       kind == NODE_SPIRAL || kind == NODE_SPMM;
}

/* Rows of v, of x so far. */
static int rows_of(const struct train_plan *p, const struct node *d, const struct nn_batch *v)
{
	int from = d->spiral ? d->spiral->from : d->matrix ? d->matrix->cols : 1;
	int to = d->spiral ? d->spiral->rows : d->matrix ? d->matrix->rows : 1;

	if (reads_rows(d->kind) && v->h * v->w != 1)
		BUG("node kind %d reads rows, not %dx%d", (int)d->kind, v->h, v->w);
	if (value_rows(p, v) % from)
		BUG("%d rows of %d vertices", value_rows(p, v), from);
	return v->n / from * (d->kind == NODE_SPLIT ? d->rows : to);
}

static struct nn_batch shape_of(const struct train_plan *p, const struct node *d, int h, int w)
{
	struct nn_batch v = { .n = p->n, .c = d->c, .h = h, .w = w, .plain = d->plain };

	if (d->kind == NODE_INPUT)
		return v;
	const struct nn_batch *x = &p->step[node_input(d, 0)].value;
	one_size(p, d);
	v.n = x->n;
	v.h = x->h;
	v.w = x->w;
	v.n = rows_of(p, d, &v);
	size_of(p, d, &v);
	if (v.h < 1 || v.w < 1)
		BUG("nothing is left of %d x %d", x->w, x->h);
	return v;
}

/* ---- what the backend prepares */

static void prepare_conv(struct train_plan *p, int i)
{
	const struct nn_train *ops = p->net->ops;
	const struct node *d = &p->net->node[i];
	/* A transposed one is the backward of a convolution from its output to its input. */
	const struct nn_batch *x = d->kind == NODE_CONV ? &p->step[d->x].value : &p->step[i].value;
	int rows = value_rows(p, x);
	size_t scratch;

	for (int more = 0; more < 2; more++) {
		if (more && p->n % p->slices == 0)
			break;
		int n = (p->n / p->slices + more) * rows;

		p->step[i].conv[more] = ops->conv_plan(ops, &d->conv, n, x->h, x->w, &scratch);
		p->scratch_bytes = larger(p->scratch_bytes, scratch);
	}
	p->partial_bytes = larger(p->partial_bytes, ops->conv_partial_bytes(ops, &d->conv));
}

/* Room for a slice of a value, as the backend has it and as dense reals. */
static void need_slice(struct train_plan *p, const struct nn_batch *v, int copies)
{
	const struct nn_train *ops = p->net->ops;
	int samples = p->n / p->slices + 1;
	struct nn_batch slice = *v;

	slice.n = (samples < p->n ? samples : p->n) * value_rows(p, v);
	size_t dense = (size_t)slice.n * (size_t)v->c * (size_t)v->h * (size_t)v->w * ops->real;
	p->scratch_bytes = larger(p->scratch_bytes,
				  (size_t)copies * larger(round64(dense), round64(ops->batch_bytes(ops, &slice))));
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

static void prepare_spiral(struct train_plan *p, int i)
{
	const struct nn_train *ops = p->net->ops;
	const struct node *d = &p->net->node[i];
	int channels = p->net->node[d->x].c, width = d->spiral->length * channels;
	struct nn_batch tile = { .n = train_run_spiral_tile(d, channels), .c = width, .h = 1, .w = 1 };

	p->scratch_bytes = larger(p->scratch_bytes, ops->batch_bytes(ops, &tile));
	p->partial_bytes = larger(p->partial_bytes, (size_t)d->c * ((size_t)width + 1) * ops->real);
}

static void prepare(struct train_plan *p, int i)
{
	const struct node *d = &p->net->node[i];
	size_t real = p->net->ops->real;

	switch (d->kind) {
	case NODE_CONV:
		prepare_conv(p, i);
		break;
	case NODE_TRANSPOSED:
		prepare_conv(p, i);
		p->transposed_at = round64(p->scratch_bytes);
		p->scratch_bytes = 0;
		need_slice(p, &p->step[d->x].value, 1);
		p->scratch_bytes += p->transposed_at;
		break;
	case NODE_BN:
		prepare_bn(p, i);
		break;
	case NODE_LINEAR:
		if (!train_run_linear_is_large(d, p->net->node[d->x].c))
			p->partial_bytes = larger(p->partial_bytes,
						  (size_t)d->c * ((size_t)p->net->node[d->x].c + 1) * real);
		break;
	case NODE_SPIRAL:
		prepare_spiral(p, i);
		break;
	case NODE_SPLIT:
		need_slice(p, &p->step[d->x].value, 2);
		break;
	case NODE_L2NORM:
		p->step[i].norm = xcalloc((size_t)p->step[i].value.n, sizeof(double));
		break;
	default:
		break;
	}
}

struct train_plan *train_plan_new_keeping(const struct train_net *net, int n, int h, int w, int slices,
					  enum train_keep keep)
{
	const struct nn_train *ops = net->ops;
	struct train_plan *p = xcalloc(1, sizeof *p);

	if (n < 1 || slices < 1 || !net->n)
		BUG("%d samples in %d slices", n, slices);
	p->net = net;
	p->n = n;
	p->slices = slices < n ? slices : n;
	p->keep = keep;
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
	train_plan_arrange(p);
	p->scratch_bytes = round64(p->scratch_bytes) + 64;
	p->partial_bytes = round64(p->partial_bytes);
	p->partial = xaligned(p->partial_bytes * (size_t)p->slices + 64);
	return p;
}

struct train_plan *train_plan_new(const struct train_net *net, int n, int h, int w, int slices)
{
	return train_plan_new_keeping(net, n, h, w, slices, TRAIN_KEEP_ALL);
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
		free(p->step[i].norm);
	}
	free(p->step);
	free(p->back);
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

struct nn_batch train_plan_value(struct train_plan *p, int v)
{
	if (v < 0 || v >= p->net->n || !(p->net->node[v].output || v == p->net->n - 1))
		BUG("value %d is no output", v);
	return p->step[v].value;
}

struct nn_batch train_plan_value_gradient(struct train_plan *p, int v)
{
	train_plan_value(p, v);
	return p->step[v].grad;
}

void train_plan_draws(struct train_plan *p, uint64_t seed, uint32_t epoch, uint64_t sample, uint32_t view)
{
	p->draws = (struct nn_dropout){ .seed = seed, .epoch = epoch, .sample = sample, .view = view };
}
