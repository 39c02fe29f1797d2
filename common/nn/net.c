/* net.c - building networks: nodes, values, folded and packed weights */
#include "common/nn/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/io.h"
#include "common/nn/net_internal.h"

enum { MERGE_LIMIT = 64 }; /* siblings together wider than this gain nothing from being one convolution */
static const double bn_eps = 1e-5;

struct net *net_new(const struct nn_backend *b, enum nn_dtype dtype, struct params *params)
{
	struct net *n = xcalloc(1, sizeof *n);

	n->backend = b;
	n->dtype = dtype;
	n->params = params;
	return n;
}

void net_free(struct net *n)
{
	if (!n)
		return;
	for (int i = 0; i < n->n_nodes; i++) {
		struct net_node *d = &n->node[i];

		n->backend->packed_free(d->packed);
		n->backend->packed_free(d->packed2);
		for (int j = 0; j < d->n_links; j++) {
			n->backend->packed_free(d->link[j].packed);
			n->backend->packed_free(d->link[j].pointwise);
		}
	}
	free(n);
}

/* ---- values and nodes */

static int add_value(struct net *n, struct net_value v)
{
	if (n->n_values == NET_MAX_VALUES)
		BUG("more than %d values", NET_MAX_VALUES);
	n->value[n->n_values] = v;
	return n->n_values++;
}

/* A value of its own place, `c` channels. */
static int new_value(struct net *n, int c)
{
	int id = add_value(n, (struct net_value){ .c = c });

	n->value[id].root = id;
	return id;
}

static struct net_node *add_node(struct net *n, enum net_kind kind, int x, int y)
{
	struct net_node *node = &n->node[n->n_nodes];

	if (n->n_nodes == NET_MAX_NODES)
		BUG("more than %d nodes", NET_MAX_NODES);
	n->n_nodes++;
	*node = (struct net_node){ .kind = kind, .x = x, .y = { y }, .ny = 1, .res = -1, .up = -1 };
	return node;
}

int net_place(struct net *n, int c)
{
	return new_value(n, c);
}

int net_slice(struct net *n, int place, int c0, int c)
{
	if (c0 % n->backend->block || c0 + c > n->value[place].c)
		BUG("slice %d+%d of %d channels", c0, c, n->value[place].c);
	return add_value(n, (struct net_value){ .c = c, .root = place, .c0 = c0 });
}

void net_output(struct net *n, int v)
{
	n->value[n->value[v].root].is_output = true;
}

/* ---- weights */

struct folded {
	float *w, *bias, *slope; /* [oc, ic / groups, k, k], [oc], [oc] */
	struct nn_conv geom;
};

static struct folded folded_new(const struct net *n, const struct net_layer *l, int ic, int oc)
{
	int groups = l->depthwise ? ic : 1;
	size_t count = (size_t)oc * (size_t)(ic / groups) * (size_t)(l->k * l->k);
	struct folded f = { .geom = { ic, oc, l->k, l->k, l->stride, l->k / 2, groups, n->dtype, false } };

	f.w = xcalloc(count, sizeof *f.w);
	f.bias = xcalloc((size_t)oc, sizeof *f.bias);
	f.slope = xcalloc((size_t)oc, sizeof *f.slope);
	return f;
}

static void folded_release(struct folded *f)
{
	free(f->w);
	free(f->bias);
	free(f->slope);
}

static bool has_param(struct net *n, const char *name, const char *part)
{
	char *whole = xasprintf("%s.%s", name, part);
	bool found = params_find(n->params, whole) != NULL;

	free(whole);
	return found;
}

/* Folds layer l into output channels [o0, o0 + l->oc) of f. */
static void fold(struct net *n, struct folded *f, const struct net_layer *l, int o0)
{
	size_t per = (size_t)(f->geom.ic / f->geom.groups) * (size_t)(l->k * l->k), oc = (size_t)l->oc;
	const float *w = params_need(n->params, l->name, "weight", oc * per), *bias = NULL;
	const float *g = NULL, *beta = NULL, *mean = NULL, *var = NULL;
	/* Weights that come folded have the convolution's own bias and no batch norm. */
	bool bn = l->bn && !(has_param(n, l->name, "bias") && !has_param(n, l->bn, "running_var"));

	if (bn) {
		g = params_need(n->params, l->bn, "weight", oc);
		beta = params_need(n->params, l->bn, "bias", oc);
		mean = params_need(n->params, l->bn, "running_mean", oc);
		var = params_need(n->params, l->bn, "running_var", oc);
	} else if (l->bn || has_param(n, l->name, "bias")) {
		bias = params_need(n->params, l->name, "bias", oc);
	}
	if (!w || (bn && (!g || !beta || !mean || !var)))
		return; /* noted in params->missing; the network will not be used */
	for (size_t o = 0; o < oc; o++) {
		double scale = bn ? (double)g[o] / sqrt((double)var[o] + bn_eps) : 1;
		float *dst = f->w + ((size_t)o0 + o) * per;

		for (size_t i = 0; i < per; i++)
			dst[i] = (float)((double)w[o * per + i] * scale);
		f->bias[(size_t)o0 + o] = bn ? (float)((double)beta[o] - (double)mean[o] * scale) : bias ? bias[o] : 0;
		f->slope[(size_t)o0 + o] = l->slope;
	}
}

static struct nn_packed *pack_layers(struct net *n, const struct net_layer *l, int count, int ic, bool paired)
{
	struct nn_packed *p;
	struct folded f;
	int oc = 0;

	for (int i = 0; i < count; i++)
		oc += l[i].oc;
	f = folded_new(n, l, ic, oc);
	f.geom.paired = paired;
	oc = 0;
	for (int i = 0; i < count; i++) {
		fold(n, &f, &l[i], oc);
		oc += l[i].oc;
	}
	p = n->backend->conv_pack(n->backend, &f.geom, f.w, f.bias, f.slope);
	folded_release(&f);
	return p;
}

static void describe(struct net_node *node, const struct net_layer *l, int ic, int oc)
{
	node->k = l->k;
	node->stride = l->stride;
	node->ic = ic;
	node->oc = oc;
	node->depthwise = l->depthwise;
	node->slope = l->slope;
	snprintf(node->name, sizeof node->name, "%s", l->name);
}

/* ---- layers */

static struct nn_packed *pack_first(struct net *n, const struct net_layer *layer, bool bgr)
{
	struct folded f = folded_new(n, layer, 3, layer->oc);
	struct nn_packed *p;

	fold(n, &f, layer, 0);
	p = n->backend->first_pack(n->backend, &f.geom, bgr, f.w, f.bias, f.slope);
	folded_release(&f);
	return p;
}

int net_first(struct net *n, struct net_layer layer, bool bgr)
{
	int y = new_value(n, layer.oc);
	struct net_node *node = add_node(n, NET_FIRST, -1, y);

	describe(node, &layer, 3, layer.oc);
	node->packed = pack_first(n, &layer, bgr);
	return y;
}

static struct net_node *conv_node(struct net *n, int x, const struct net_layer *layer, int y)
{
	struct net_node *node = add_node(n, NET_CONV, x, y);

	describe(node, layer, n->value[x].c, layer->oc);
	node->packed = pack_layers(n, layer, 1, n->value[x].c, false);
	return node;
}

int net_conv(struct net *n, int x, struct net_layer layer)
{
	int y = new_value(n, layer.oc);

	conv_node(n, x, &layer, y);
	return y;
}

int net_conv_add(struct net *n, int x, struct net_layer layer, int res)
{
	int y = new_value(n, layer.oc);

	conv_node(n, x, &layer, y)->res = res;
	return y;
}

int net_conv_up(struct net *n, int x, struct net_layer layer, int up)
{
	int y = new_value(n, layer.oc);

	conv_node(n, x, &layer, y)->up = up;
	return y;
}

void net_conv_into(struct net *n, int x, struct net_layer layer, int y)
{
	conv_node(n, x, &layer, y);
}

int net_pair(struct net *n, int x, struct net_layer dw, struct net_layer pw)
{
	struct net_node *node;
	int y;

	if (!n->backend->pair)
		return net_conv(n, net_conv(n, x, dw), pw);
	y = new_value(n, pw.oc);
	node = add_node(n, NET_PAIR, x, y);
	describe(node, &dw, n->value[x].c, pw.oc);
	node->packed = pack_layers(n, &dw, 1, n->value[x].c, true);
	node->packed2 = pack_layers(n, &pw, 1, dw.oc, true);
	return y;
}

static int chain_apart(struct net *n, int x, const struct net_link *link, int count, bool bgr)
{
	for (int i = 0; i < count; i++) {
		if (link[i].kind == NN_LINK_FIRST)
			x = net_first(n, link[i].layer, bgr);
		else if (link[i].kind == NN_LINK_PAIR)
			x = net_pair(n, x, link[i].layer, link[i].pointwise);
		else
			x = net_conv(n, x, link[i].layer);
	}
	return x;
}

int net_chain(struct net *n, int x, const struct net_link *link, int count, bool bgr)
{
	struct net_node *node;
	int y, c = x < 0 ? 3 : n->value[x].c;

	if (!n->backend->chain || count > NN_MAX_LINKS)
		return chain_apart(n, x, link, count, bgr);
	y = new_value(n,
		      link[count - 1].kind == NN_LINK_PAIR ? link[count - 1].pointwise.oc : link[count - 1].layer.oc);
	node = add_node(n, NET_CHAIN, x, y);
	describe(node, &link[0].layer, c, n->value[y].c);
	node->n_links = count;
	for (int i = 0; i < count; i++) {
		const struct net_link *l = &link[i];
		struct nn_link *d = &node->link[i];

		d->kind = l->kind;
		node->link_geom[i].k = l->layer.k;
		node->link_geom[i].stride = l->layer.stride;
		d->packed = l->kind == NN_LINK_FIRST ? pack_first(n, &l->layer, bgr)
						     : pack_layers(n, &l->layer, 1, c, true);
		c = l->layer.oc;
		if (l->kind == NN_LINK_PAIR) {
			d->pointwise = pack_layers(n, &l->pointwise, 1, c, true);
			c = l->pointwise.oc;
		}
	}
	return y;
}

int net_maxpool(struct net *n, int x)
{
	int y = new_value(n, n->value[x].c);
	struct net_node *node = add_node(n, NET_MAXPOOL, x, y);

	node->k = 3;
	node->stride = 2;
	node->ic = node->oc = n->value[x].c;
	return y;
}

void net_siblings(struct net *n, int x, const struct net_layer *layer, const int *y, int count)
{
	struct net_node *node;
	int oc = 0;

	for (int i = 0; i < count; i++)
		oc += layer[i].oc;
	if (oc > MERGE_LIMIT || count > NET_MAX_PARTS) {
		for (int i = 0; i < count; i++)
			net_conv_into(n, x, layer[i], y[i]);
		return;
	}
	node = add_node(n, NET_CONV, x, y[0]);
	describe(node, layer, n->value[x].c, oc);
	node->ny = count;
	memcpy(node->y, y, (size_t)count * sizeof *y);
	node->packed = pack_layers(n, layer, count, n->value[x].c, false);
}

int net_stack(struct net *n, int x, const struct net_layer *layer, int count)
{
	struct net_node *node;
	int oc = 0, y;

	for (int i = 0; i < count; i++)
		oc += layer[i].oc;
	y = new_value(n, oc);
	node = add_node(n, NET_CONV, x, y);
	describe(node, layer, n->value[x].c, oc);
	node->packed = pack_layers(n, layer, count, n->value[x].c, false);
	return y;
}

int net_print(const struct net *n, struct out *o, struct err *e)
{
	static const char *const kind[] = { "first", "conv", "pair", "chain", "maxpool" };

	for (int i = 0; i < n->n_nodes; i++) {
		const struct net_node *d = &n->node[i];

		if (out_printf(o, e, "%d\t%s%s\t%dx%d/%d\t%d\t%d\t%g\t%s\n", i, kind[d->kind],
			       d->depthwise ? " dw" : "", d->k, d->k, d->stride, d->ic, d->oc, (double)d->slope,
			       d->name) < 0)
			return -1;
	}
	return 0;
}
