/* train_run_internal.h - an op of a plan on its way through the slices: what train_run*.c share */
#ifndef FRL_NN_TRAIN_RUN_INTERNAL_H
#define FRL_NN_TRAIN_RUN_INTERNAL_H

#include "common/nn/train_net_internal.h"

/* An op of node i of a plan, for parallel_for over slices. */
struct job {
	struct train_plan *p;
	const struct nn_train *ops;
	const struct node *d;
	struct step *s, *x, *res; /* the node's own, and those of what it reads */
	bool accumulate, accumulate_res;
};

static inline struct nn_batch job_part(const struct job *j, const struct nn_batch *v, int slice)
{
	return j->ops->samples(j->ops, v, slice_begin(j->p, slice), slice_count(j->p, slice));
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

/* ---- one node, all slices: forward (train: batch statistics), and its gradients */

void train_run_bn(struct job *j, bool train, int threads);
/* Running statistics that moved in groups of ranks become their mean over all. */
void train_run_bn_average(const struct train_net *n);
void train_run_bn_backward(struct job *j, int threads);
void train_run_conv_backward(struct job *j, int threads);
void train_run_linear_backward(struct job *j, int threads);

#endif
