/* train_net_internal.h - what train_net.c and train_plan*.c share */
#ifndef FRL_NN_TRAIN_NET_INTERNAL_H
#define FRL_NN_TRAIN_NET_INTERNAL_H

#include "common/nn/train_net.h"

enum node_kind { NODE_INPUT, NODE_CONV, NODE_BN, NODE_MAXPOOL, NODE_AVGPOOL, NODE_LINEAR };

/* Node i makes value i. */
struct node {
	enum node_kind kind;
	int x, res; /* values it reads, -1: none */
	int c;	    /* channels of its value */
	bool plain;
	struct nn_train_conv conv;
	struct nn_pool pool;
	double slope;
	size_t param;	/* the first: weight, then bias */
	size_t running; /* batch norm */
	bool bias;	/* linear */
	void *packed;	/* conv */
};

struct train_net {
	const struct nn_train *ops;
	struct train_params *params;
	struct node *node;
	int n;
	bool hold_running;
	void (*on_gradient)(void *data, size_t first, size_t n);
	void *on_gradient_data;
};

static inline void *node_value(const struct train_net *n, const struct node *d, size_t k)
{
	return train_params_value(n->params, d->param + k);
}

static inline void *node_grad(const struct train_net *n, const struct node *d, size_t k)
{
	return train_params_grad(n->params, d->param + k);
}

/* A place in a plan's arena, held from one moment to another: node i forward is i, the turn is n, node i backward 2n - i. */
struct place {
	size_t bytes, at;
	int from, to;
};

/* What batch norm keeps of one run, and sums on the way: arrays of c, those of slices one after the other. */
struct bn_state {
	double *slice_mean, *slice_m2, *slice_g, *slice_gx;
	double *mean, *m2, *inverse, *sum_g, *sum_gx;
	double count;
};

struct step {
	struct place value_place, grad_place, which_place;
	struct nn_batch value, grad; /* grad.data NULL: none is wanted */
	uint8_t *which;
	struct nn_conv_plan *conv[2]; /* for the smaller slices, and for those of a sample more */
	struct bn_state bn;
	bool has_grad; /* something was written to grad in this backward */
};

struct train_plan {
	const struct train_net *net;
	struct step *step; /* [net->n] */
	int n, slices;
	char *arena;
	size_t arena_bytes;
	size_t scratch_bytes; /* of one worker, multiple of 64 */
	size_t partial_bytes; /* of one slice, multiple of 64 */
	char *scratch, *partial;
	int workers; /* that scratch is for */
	bool trained;
};

/* Samples of slice s: the first, and how many. */
static inline int slice_begin(const struct train_plan *p, int s)
{
	return (int)((long)p->n * s / p->slices);
}

static inline int slice_count(const struct train_plan *p, int s)
{
	return slice_begin(p, s + 1) - slice_begin(p, s);
}

#endif
