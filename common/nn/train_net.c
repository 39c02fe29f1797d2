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
	if (d.kind != NODE_INPUT && (d.x < 0 || d.x >= n->n || d.res >= n->n))
		BUG("value %d, residual %d of %d", d.x, d.res, n->n);
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

int train_net_conv(struct train_net *n, int x, const char *name, int oc, int k, int stride)
{
	struct node d = { .kind = NODE_CONV, .x = x, .res = -1, .c = oc };
	int ic = n->node[x].c;

	d.conv = (struct nn_train_conv){ .ic = ic, .oc = oc, .kh = k, .kw = k, .stride = stride, .pad = k / 2 };
	d.conv.dilation = d.conv.groups = 1;
	d.conv.plain = n->node[x].plain;
	d.param = train_params_conv(n->params, name, oc, ic, k);
	return add(n, d);
}

int train_net_bn(struct train_net *n, int x, const char *name, double slope, int res)
{
	struct node d = { .kind = NODE_BN, .x = x, .res = res, .c = n->node[x].c, .slope = slope };

	d.param = train_params_bn(n->params, name, d.c, &d.running);
	return add(n, d);
}

int train_net_maxpool(struct train_net *n, int x, struct nn_pool pool)
{
	return add(n, (struct node){ .kind = NODE_MAXPOOL, .x = x, .res = -1, .c = n->node[x].c, .pool = pool });
}

int train_net_avgpool(struct train_net *n, int x)
{
	return add(n, (struct node){ .kind = NODE_AVGPOOL, .x = x, .res = -1, .c = n->node[x].c });
}

int train_net_linear(struct train_net *n, int x, const char *name, int m, bool bias)
{
	struct node d = { .kind = NODE_LINEAR, .x = x, .res = -1, .c = m, .bias = bias };
	int k = n->node[x].c;
	char *weight = xasprintf("%s.weight", name), *b = xasprintf("%s.bias", name);

	d.param = train_params_declare(n->params, weight, TRAIN_LINEAR, k, (struct shape){ 2, { m, k } });
	if (bias && train_params_declare(n->params, b, TRAIN_BIAS, k, (struct shape){ 1, { m } }) != d.param + 1)
		BUG("'%s' does not follow '%s'", b, weight);
	free(weight);
	free(b);
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

static void pack(void *data, size_t i, int worker)
{
	struct train_net *n = data;
	struct node *d = &n->node[i];

	(void)worker;
	if (d->kind != NODE_CONV)
		return;
	if (!d->packed)
		d->packed = xaligned(n->ops->conv_packed_bytes(n->ops, &d->conv));
	n->ops->conv_pack(n->ops, &d->conv, node_value(n, d, 0), NULL, d->packed);
}

void train_net_pack(struct train_net *n, int threads)
{
	parallel_for(threads, (size_t)n->n, pack, n);
}
