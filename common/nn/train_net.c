/* train_net.c - building networks: see train_net.h */
#include "common/nn/train_net.h"

#include <stdlib.h>

#include "common/nn/train_net_internal.h"
#include "common/thread.h"

struct train_net *train_net_new(const struct nn_train *ops, struct train_params *params)
{
	struct train_net *n = xcalloc(1, sizeof *n);

	n->ops = ops;
	n->params = params;
	return n;
}

void train_net_free(struct train_net *n)
{
	if (!n)
		return;
	for (int i = 0; i < n->n; i++)
		free(n->node[i].packed);
	free(n->node);
	free(n);
}

static int add(struct train_net *n, struct node d)
{
	for (int k = 0; node_input(&d, k) != -1; k++)
		if (node_input(&d, k) < 0 || node_input(&d, k) >= n->n)
			BUG("value %d of %d", node_input(&d, k), n->n);
	if (d.kind != NODE_INPUT && node_input(&d, 0) == -1)
		BUG("a node without input");
	for (int k = 0; d.kind != NODE_CONV && node_input(&d, k) != -1; k++)
		if (n->node[node_input(&d, k)].plain)
			BUG("pictures are read by a convolution first");
	n->node = xrealloc_array(n->node, (size_t)n->n + 1, sizeof *n->node);
	n->node[n->n] = d;
	return n->n++;
}

int train_net_input(struct train_net *n, int c, bool plain)
{
	if (n->n)
		BUG("the input comes first");
	return add(n, (struct node){ .kind = NODE_INPUT, .x = -1, .res = -1, .c = c, .plain = plain });
}

static size_t declare_conv(struct train_net *n, const char *name, int oc, const struct nn_train_conv *c, int per)
{
	char *weight = xasprintf("%s.weight", name), *bias = xasprintf("%s.bias", name);
	int fan_in = per * c->kh * c->kw;
	size_t i = train_params_declare(n->params, weight, TRAIN_CONV, fan_in,
					(struct shape){ 4, { oc, per, c->kh, c->kw } });

	if (c->bias && train_params_declare(n->params, bias, TRAIN_BIAS, fan_in, (struct shape){ 1, { oc } }) != i + 1)
		BUG("'%s' does not follow '%s'", bias, weight);
	free(weight);
	free(bias);
	return i;
}

int train_net_conv_of(struct train_net *n, int x, const char *name, struct nn_train_conv c)
{
	struct node d = { .kind = NODE_CONV, .x = x, .res = -1, .c = c.oc, .conv = c };

	d.conv.ic = n->node[x].c;
	d.conv.plain = n->node[x].plain;
	d.param = declare_conv(n, name, c.oc, &c, d.conv.ic / c.groups);
	return add(n, d);
}

int train_net_conv(struct train_net *n, int x, const char *name, int oc, int k, int stride)
{
	return train_net_conv_of(n, x, name,
				 (struct nn_train_conv){ .oc = oc,
							 .kh = k,
							 .kw = k,
							 .stride = stride,
							 .pad = k / 2,
							 .dilation = 1,
							 .groups = 1 });
}

int train_net_conv_transposed(struct train_net *n, int x, const char *name, int oc, int k, int stride, int pad)
{
	struct node d = { .kind = NODE_TRANSPOSED, .x = x, .res = -1, .c = oc };

	if (n->node[x].plain)
		BUG("a transposed convolution of pictures");
	d.conv = (struct nn_train_conv){
		.ic = oc, .oc = n->node[x].c, .kh = k, .kw = k, .stride = stride, .pad = pad, .dilation = 1, .groups = 1
	};
	d.param = declare_conv(n, name, d.conv.oc, &d.conv, oc);
	return add(n, d);
}

int train_net_bn(struct train_net *n, int x, const char *name, double slope, int res)
{
	struct node d = { .kind = NODE_BN, .x = x, .res = res, .c = n->node[x].c, .slope = slope };

	d.param = train_params_bn(n->params, name, d.c, &d.running);
	return add(n, d);
}

/* The first of NAME.weight [m, k] and NAME.bias. */
static size_t declare_linear(struct train_net *n, const char *name, int m, int k, bool bias)
{
	char *weight = xasprintf("%s.weight", name), *b = xasprintf("%s.bias", name);

	size_t i = train_params_declare(n->params, weight, TRAIN_LINEAR, k, (struct shape){ 2, { m, k } });
	if (bias && train_params_declare(n->params, b, TRAIN_BIAS, k, (struct shape){ 1, { m } }) != i + 1)
		BUG("'%s' does not follow '%s'", b, weight);
	free(weight);
	free(b);
	return i;
}

int train_net_linear(struct train_net *n, int x, const char *name, int m, bool bias)
{
	struct node d = { .kind = NODE_LINEAR, .x = x, .res = -1, .c = m, .bias = bias };

	d.param = declare_linear(n, name, m, n->node[x].c, bias);
	return add(n, d);
}

int train_net_spiral(struct train_net *n, int x, const struct nn_spiral *s, const char *name, int m, bool bias)
{
	struct node d = { .kind = NODE_SPIRAL, .x = x, .res = -1, .c = m, .bias = bias, .spiral = s };

	d.param = declare_linear(n, name, m, s->length * n->node[x].c, bias);
	return add(n, d);
}

void train_net_hold_running(struct train_net *n, bool hold)
{
	n->hold_running = hold;
}

void train_net_on_gradient(struct train_net *n, void (*fn)(void *data, size_t first, size_t count), void *data)
{
	n->on_gradient = fn;
	n->on_gradient_data = data;
}

/* ---- without parameters */

/* A node of one input that keeps the channels. */
static struct node of(const struct train_net *n, enum node_kind kind, int x)
{
	return (struct node){ .kind = kind, .x = x, .res = -1, .c = n->node[x].c };
}

int train_net_maxpool(struct train_net *n, int x, struct nn_pool pool)
{
	struct node d = of(n, NODE_MAXPOOL, x);

	d.pool = pool;
	return add(n, d);
}

int train_net_avgpool(struct train_net *n, int x)
{
	return add(n, of(n, NODE_AVGPOOL, x));
}

int train_net_avgpool_windows(struct train_net *n, int x, struct nn_pool pool)
{
	struct node d = of(n, NODE_AVGPOOL_WINDOWS, x);

	d.pool = pool;
	return add(n, d);
}

int train_net_add(struct train_net *n, int a, int b)
{
	struct node d = of(n, NODE_ADD, a);

	d.res = b;
	return add(n, d);
}

int train_net_act(struct train_net *n, int x, enum nn_act act)
{
	struct node d = of(n, NODE_ACT, x);

	d.act = act;
	return add(n, d);
}

int train_net_resize(struct train_net *n, int x, enum nn_resize kind, int like, int factor)
{
	struct node d = of(n, NODE_RESIZE, x);

	d.resize = kind;
	d.like = like;
	d.factor = factor;
	return add(n, d);
}

int train_net_dropout(struct train_net *n, int x, double p)
{
	struct node d = of(n, NODE_DROPOUT, x);

	for (int i = 0; i < n->n; i++)
		d.ordinal += n->node[i].kind == NODE_DROPOUT;
	d.p = p;
	return add(n, d);
}

int train_net_concat(struct train_net *n, const int *part, int parts)
{
	struct node d = { .kind = NODE_CONCAT, .x = -1, .res = -1, .parts = parts };

	if (parts < 1 || parts > TRAIN_NET_PARTS)
		BUG("a concatenation of %d", parts);
	for (int k = 0; k < parts; k++) {
		d.part[k] = part[k];
		d.c += n->node[part[k]].c;
	}
	return add(n, d);
}

int train_net_l2norm(struct train_net *n, int x)
{
	return add(n, of(n, NODE_L2NORM, x));
}

int train_net_split(struct train_net *n, int x, int rows)
{
	struct node d = of(n, NODE_SPLIT, x);

	if (rows < 1 || d.c % rows)
		BUG("%d channels in %d rows", d.c, rows);
	d.c /= rows;
	d.rows = rows;
	return add(n, d);
}

int train_net_gather(struct train_net *n, int x, const struct nn_spiral *s)
{
	struct node d = of(n, NODE_GATHER, x);

	d.c *= s->length;
	d.spiral = s;
	return add(n, d);
}

int train_net_spmm(struct train_net *n, int x, const struct nn_csr *m)
{
	struct node d = of(n, NODE_SPMM, x);

	d.matrix = m;
	return add(n, d);
}

void train_net_output(struct train_net *n, int x)
{
	n->node[x].output = true;
}

void train_net_mark(struct train_net *n, int x, enum train_mark mark)
{
	n->node[x].mark = mark;
}

/* ---- weights */

static void pack(void *data, size_t i, int worker)
{
	struct train_net *n = data;
	struct node *d = &n->node[i];

	(void)worker;
	if (d->kind != NODE_CONV && d->kind != NODE_TRANSPOSED)
		return;
	if (!d->packed)
		d->packed = xaligned(n->ops->conv_packed_bytes(n->ops, &d->conv));
	n->ops->conv_pack(n->ops, &d->conv, node_value(n, d, 0), d->conv.bias ? node_value(n, d, 1) : NULL, d->packed);
}

void train_net_pack(struct train_net *n, int threads)
{
	parallel_for(threads, (size_t)n->n, pack, n);
}

void train_net_fix_norm(struct train_net *n)
{
	for (int i = 0; i < n->n; i++)
		n->node[i].fixed_norm = true;
}

void train_net_freeze(struct train_net *n)
{
	train_net_fix_norm(n);
	for (int i = 0; i < n->n; i++)
		n->node[i].frozen = true;
}
