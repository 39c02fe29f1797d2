/* train_run_internal.h - an op of a plan on its way through the slices: what train_run*.c share */
#ifndef FRL_NN_TRAIN_RUN_INTERNAL_H
#define FRL_NN_TRAIN_RUN_INTERNAL_H

#include "common/nn/train_net_internal.h"

/* An op of node i of a plan, for parallel_for over slices. */
struct job {
	struct train_plan *p;
	const struct nn_train *ops;
	const struct node *d;
	struct step *s, *x, *res;	  /* the node's own, and those of what it reads */
	struct step *in[TRAIN_NET_PARTS]; /* x and res, or a concatenation's parts */
	bool accumulate, accumulate_res;
	bool add[TRAIN_NET_PARTS]; /* the same of in */
};

static inline struct nn_batch job_part(const struct job *j, const struct nn_batch *v, int slice)
{
	int rows = value_rows(j->p, v);

	return j->ops->samples(j->ops, v, slice_begin(j->p, slice) * rows, slice_count(j->p, slice) * rows);
}

static inline struct nn_conv_plan *job_conv_plan(const struct job *j, int slice)
{
	return j->s->conv[slice_count(j->p, slice) - j->p->n / j->p->slices];
}

static inline void *job_scratch(const struct job *j, int worker)
{
	return j->p->scratch + (size_t)worker * j->p->scratch_bytes;
}

static inline void *job_partial(const struct job *j, int slice)
{
	return j->p->partial + (size_t)slice * j->p->partial_bytes;
}

/* Where the slice's window places are: `which` lies as the value does, a byte for a number. */
static inline uint8_t *job_which(const struct job *j, const struct nn_batch *y)
{
	return j->s->which + (size_t)((char *)y->data - (char *)j->s->value.data) / j->ops->elem;
}

/*
 * How a node runs. A slice: forward, backward (gradients of what it reads, added where the job says so; NULL: none). All
 * slices, where there is more to it than each slice: run (train: in training; again: in backward) and run_backward.
 */
struct node_run {
	void (*forward)(const struct job *j, int slice, int worker);
	void (*backward)(const struct job *j, int slice, int worker);
	void (*run)(struct job *j, bool train, bool again, int threads);
	void (*run_backward)(struct job *j, int threads);
};

/* train_run_bn.c */
void train_run_bn(struct job *j, bool train, bool again, int threads);
/* Running statistics that moved in groups of ranks become their mean over all. */
void train_run_bn_average(const struct train_net *n);
void train_run_bn_backward(struct job *j, int threads);
/* train_run_weights.c */
void train_run_conv(const struct job *j, int slice, int worker);
void train_run_conv_backward(struct job *j, int threads);
void train_run_transposed(const struct job *j, int slice, int worker);
void train_run_transposed_backward(struct job *j, int threads);
void train_run_linear(const struct job *j, int slice, int worker);
void train_run_linear_backward(struct job *j, int threads);
/* Whether a linear layer of an input of so many channels has too many weights for a gradient a slice. */
bool train_run_linear_is_large(const struct node *d, int channels);
/* Linear layers' partial gradients of slices, added in their order; spiral convolutions' are alike. */
void train_run_linear_add(struct job *j, int threads);
/* train_run_spiral.c; the tile: rows that are gathered at once, of an input of so many channels. */
int train_run_spiral_tile(const struct node *d, int channels);
void train_run_spiral(const struct job *j, int slice, int worker);
void train_run_spiral_backward_slice(const struct job *j, int slice, int worker);
void train_run_spiral_backward(struct job *j, int threads);
/* train_run_maps.c */
extern const struct node_run train_run_maxpool, train_run_avgpool, train_run_avgpool_windows, train_run_add,
	train_run_act, train_run_resize, train_run_dropout, train_run_concat;
/* train_run_rows.c */
extern const struct node_run train_run_l2norm, train_run_split, train_run_gather, train_run_spmm;

#endif
