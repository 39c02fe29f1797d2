/* train_net_internal.h - what train_net.c and train_plan*.c share */
#ifndef FRL_NN_TRAIN_NET_INTERNAL_H
#define FRL_NN_TRAIN_NET_INTERNAL_H

#include "common/nn/train_net.h"

enum node_kind {
	NODE_INPUT,
	NODE_CONV,
	NODE_TRANSPOSED,
	NODE_BN,
	NODE_MAXPOOL,
	NODE_AVGPOOL,
	NODE_AVGPOOL_WINDOWS,
	NODE_LINEAR,
	NODE_ADD,
	NODE_ACT,
	NODE_RESIZE,
	NODE_DROPOUT,
	NODE_CONCAT,
	NODE_L2NORM,
	NODE_SPLIT,
	NODE_GATHER,
	NODE_SPIRAL,
	NODE_SPMM,
	NODE_KINDS
};

/* Node i makes value i. */
struct node {
	bool frozen;	 /* train_net_freeze */
	bool fixed_norm; /* batch norm by its running statistics always */
	enum node_kind kind;
	int x, res; /* values it reads, -1: none; of a concatenation, the parts are */
	int part[TRAIN_NET_PARTS], parts;
	int c; /* channels of its value */
	bool plain, output;
	enum train_mark mark;	   /* 0: none */
	struct nn_train_conv conv; /* of a transposed one, that which it is the backward of */
	struct nn_pool pool;
	double slope; /* batch norm */
	enum nn_act act;
	enum nn_resize resize;
	int like, factor; /* resize */
	double p;	  /* dropout: probability .. */
	uint64_t ordinal; /* .. and which of the network's it is */
	int rows;	  /* split */
	const struct nn_spiral *spiral;
	const struct nn_csr *matrix;
	size_t param;	/* the first: weight, then bias */
	size_t running; /* batch norm */
	bool bias;	/* linear, spiral */
	void *packed;	/* convolutions */
};

/* The k-th value that a node reads, -1 past the last. */
static inline int node_input(const struct node *d, int k)
{
	if (d->kind == NODE_CONCAT)
		return k < d->parts ? d->part[k] : -1;
	return k == 0 ? d->x : k == 1 ? d->res : -1;
}

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

/*
 * A place in a plan's arena, held from one moment to another. Moments: node i forward is i, the turn is n, and from there on
 * plan->back counts.
 */
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
	struct place again_place; /* of a value that is computed again */
	bool again;
	struct nn_batch value, grad; /* grad.data NULL: none is wanted */
	uint8_t *which;
	struct nn_conv_plan *conv[2]; /* for the smaller slices, and for those of a sample more */
	struct bn_state bn;
	double *norm;  /* [rows], L2 normalisation */
	bool has_grad; /* something was written to grad in this backward */
};

/* A moment of the way back: node i computes its value again, or its gradients. */
struct moment {
	int node;
	bool again;
};

struct train_plan {
	const struct train_net *net;
	struct step *step; /* [net->n] */
	int n, slices;
	enum train_keep keep;
	struct moment *back; /* the way back, in order */
	int n_back;
	struct nn_dropout draws; /* p apart */
	char *arena;
	size_t arena_bytes;
	size_t scratch_bytes; /* of one worker, multiple of 64 */
	size_t transposed_at; /* in the scratch: a slice of a transposed convolution's input, behind what the op needs */
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

/* Rows of a value's that belong to one sample. */
static inline int value_rows(const struct train_plan *p, const struct nn_batch *v)
{
	return v->n / p->n;
}

/* train_plan_memory.c: p->back, and where everything lies; shapes and bytes are there. */
void train_plan_arrange(struct train_plan *p);

#endif
