/* train_run_rows.c - nodes that read rows, in a plan, a slice at a time */
#include "common/nn/real.h"
#include "common/nn/train_run_internal.h"

/* ---- L2 normalisation */

/* The slice's norms. */
static double *norms(const struct job *j, int slice)
{
	return j->s->norm + (size_t)slice_begin(j->p, slice) * (size_t)value_rows(j->p, &j->s->value);
}

static void l2norm(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	(void)worker;
	j->ops->l2norm(j->ops, &x, &y, norms(j, slice));
}

static void l2norm_backward(const struct job *j, int slice, int worker)
{
	struct nn_batch y = job_part(j, &j->s->value, slice), dy = job_part(j, &j->s->grad, slice);
	struct nn_batch dx = job_part(j, &j->x->grad, slice);

	(void)worker;
	j->ops->l2norm_backward(j->ops, &y, norms(j, slice), &dy, &dx, j->accumulate);
}

/* ---- [N, rows * c] as [N * rows, c]: dense, they are the same numbers in the same order */

static void split(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);
	void *dense = job_scratch(j, worker);

	j->ops->download(j->ops, &x, dense);
	j->ops->upload(j->ops, dense, &y);
}

static void split_backward(const struct job *j, int slice, int worker)
{
	struct nn_batch dy = job_part(j, &j->s->grad, slice), dx = job_part(j, &j->x->grad, slice);
	size_t n = (size_t)dx.n * (size_t)dx.c, real = j->ops->real;
	char *dense = job_scratch(j, worker), *was = dense + n * real;

	j->ops->download(j->ops, &dy, dense);
	if (j->accumulate)
		j->ops->download(j->ops, &dx, was);
	for (size_t i = 0; j->accumulate && i < n; i++)
		real_add(dense, i, real, real_get(was, i, real));
	j->ops->upload(j->ops, dense, &dx);
}

/* ---- meshes */

static void gather(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	(void)worker;
	j->ops->gather(j->ops, j->d->spiral, &x, &y);
}

static void gather_backward(const struct job *j, int slice, int worker)
{
	struct nn_batch dy = job_part(j, &j->s->grad, slice), dx = job_part(j, &j->x->grad, slice);

	(void)worker;
	j->ops->gather_backward(j->ops, j->d->spiral, &dy, &dx, j->accumulate);
}

static void spmm(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	(void)worker;
	j->ops->spmm(j->ops, j->d->matrix, &x, &y);
}

static void spmm_backward(const struct job *j, int slice, int worker)
{
	struct nn_batch dy = job_part(j, &j->s->grad, slice), dx = job_part(j, &j->x->grad, slice);

	(void)worker;
	j->ops->spmm_backward(j->ops, j->d->matrix, &dy, &dx, j->accumulate);
}

const struct node_run train_run_l2norm = { .forward = l2norm, .backward = l2norm_backward };
const struct node_run train_run_split = { .forward = split, .backward = split_backward };
const struct node_run train_run_gather = { .forward = gather, .backward = gather_backward };
const struct node_run train_run_spmm = { .forward = spmm, .backward = spmm_backward };
