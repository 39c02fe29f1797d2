/* train_run_weights.c - what has weights, in a plan; backward: a slice's gradients, then their sum in slice order */
#include <stdlib.h>

#include "common/err.h"
#include "common/nn/train_run_internal.h"
#include "common/thread.h"

/* ---- convolution */

void train_run_conv(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	j->ops->conv(j->ops, job_conv_plan(j, slice), &x, j->d->packed, &y, job_scratch(j, worker));
}

static void conv_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	struct nn_conv_plan *plan = job_conv_plan(j, (int)i);
	struct nn_batch x = job_part(j, &j->x->value, (int)i), dy = job_part(j, &j->s->grad, (int)i), dx;

	ops->conv_backward_weights(ops, plan, &x, &dy, job_partial(j, (int)i), job_scratch(j, worker));
	if (!j->x->grad.data)
		return;
	dx = job_part(j, &j->x->grad, (int)i);
	ops->conv_backward_data(ops, plan, &dy, j->d->packed, &dx, j->accumulate, job_scratch(j, worker));
}

/* The slices' gradients, added in their order: in pieces, as one thread alone would keep the others waiting. */
enum { PIECES = 16 };

struct adding {
	struct job *j;
	const void **partial; /* [slices] */
};

static void add_piece(void *data, size_t i, int worker)
{
	const struct adding *a = data;
	const struct job *j = a->j;
	const struct nn_train_conv *c = &j->d->conv;

	(void)worker;
	j->ops->conv_add_partials(j->ops, c, a->partial, j->p->slices, (int)i, PIECES, node_grad(j->p->net, j->d, 0),
				  c->bias ? node_grad(j->p->net, j->d, 1) : NULL);
}

static void add_partials(struct job *j, int threads)
{
	struct adding a = { j, xcalloc((size_t)j->p->slices, sizeof *a.partial) };

	for (int s = 0; s < j->p->slices; s++)
		a.partial[s] = job_partial(j, s);
	parallel_for(threads, PIECES, add_piece, &a);
	free(a.partial);
}

void train_run_conv_backward(struct job *j, int threads)
{
	parallel_for(threads, (size_t)j->p->slices, conv_backward_slice, j);
	add_partials(j, threads);
}

/* ---- transposed: forward is a convolution's backward, from x as its output's gradient to y as its input's */

void train_run_transposed(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	j->ops->conv_backward_data(j->ops, job_conv_plan(j, slice), &x, j->d->packed, &y, false,
				   job_scratch(j, worker));
}

static void transposed_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	struct nn_conv_plan *plan = job_conv_plan(j, (int)i);
	struct nn_batch x = job_part(j, &j->x->value, (int)i), dy = job_part(j, &j->s->grad, (int)i), dx, sum;

	ops->conv_backward_weights(ops, plan, &dy, &x, job_partial(j, (int)i), job_scratch(j, worker));
	if (!j->x->grad.data)
		return;
	dx = sum = job_part(j, &j->x->grad, (int)i);
	if (j->accumulate)
		sum.data = (char *)job_scratch(j, worker) + j->p->transposed_at;
	ops->conv(ops, plan, &dy, j->d->packed, &sum, job_scratch(j, worker));
	if (j->accumulate)
		ops->add(ops, &dx, &sum, &dx);
}

void train_run_transposed_backward(struct job *j, int threads)
{
	parallel_for(threads, (size_t)j->p->slices, transposed_backward_slice, j);
	add_partials(j, threads);
}

/* ---- linear */

void train_run_linear(const struct job *j, int slice, int worker)
{
	struct nn_batch x = job_part(j, &j->x->value, slice), y = job_part(j, &j->s->value, slice);

	(void)worker;
	j->ops->linear(j->ops, &x, node_value(j->p->net, j->d, 0), j->d->bias ? node_value(j->p->net, j->d, 1) : NULL,
		       &y);
}

static void linear_backward_slice(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;
	struct nn_batch x = job_part(j, &j->x->value, (int)i), dy = job_part(j, &j->s->grad, (int)i), dx;
	char *dw = job_partial(j, (int)i), *db = dw + (size_t)x.c * (size_t)dy.c * ops->real;

	(void)worker;
	ops->linear_backward_weights(ops, &x, &dy, dw, j->d->bias ? db : NULL, false);
	if (!j->x->grad.data)
		return;
	dx = job_part(j, &j->x->grad, (int)i);
	ops->linear_backward_data(ops, &dy, node_value(j->p->net, j->d, 0), &dx, j->accumulate);
}

static void add_numbers(void *dst, const void *src, size_t from, size_t to, size_t real)
{
	if (real == sizeof(float))
		for (size_t i = from; i < to; i++)
			((float *)dst)[i] += ((const float *)src)[i];
	else
		for (size_t i = from; i < to; i++)
			((double *)dst)[i] += ((const double *)src)[i];
}

static void add_linear_piece(void *data, size_t i, int worker)
{
	const struct job *j = data;
	size_t width = (size_t)j->x->value.c * (size_t)(j->d->spiral ? j->d->spiral->length : 1);
	size_t real = j->ops->real, m = (size_t)j->d->c, weights = width * m;

	(void)worker;
	for (int s = 0; s < j->p->slices; s++) {
		char *dw = job_partial(j, s);

		add_numbers(node_grad(j->p->net, j->d, 0), dw, weights * i / PIECES, weights * (i + 1) / PIECES, real);
		if (j->d->bias)
			add_numbers(node_grad(j->p->net, j->d, 1), dw + weights * real, m * i / PIECES,
				    m * (i + 1) / PIECES, real);
	}
}

void train_run_linear_add(struct job *j, int threads)
{
	parallel_for(threads, PIECES, add_linear_piece, j);
}

/* Of so many weights, partial gradients would cost more than they save: a slice's take as much memory as the gradient. */
static const size_t LARGE_LINEAR = (size_t)1 << 23;

bool train_run_linear_is_large(const struct node *d, int channels)
{
	return (size_t)d->c * (size_t)channels >= LARGE_LINEAR;
}

/* The gradient of the weights over all samples in one go, beside those of the slices' inputs. */
static void large_linear_backward(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct nn_train *ops = j->ops;

	(void)worker;
	if (i == 0) {
		ops->linear_backward_weights(ops, &j->x->value, &j->s->grad, node_grad(j->p->net, j->d, 0),
					     j->d->bias ? node_grad(j->p->net, j->d, 1) : NULL, true);
		return;
	}
	struct nn_batch dy = job_part(j, &j->s->grad, (int)i - 1), dx = job_part(j, &j->x->grad, (int)i - 1);
	ops->linear_backward_data(ops, &dy, node_value(j->p->net, j->d, 0), &dx, j->accumulate);
}

void train_run_linear_backward(struct job *j, int threads)
{
	if (train_run_linear_is_large(j->d, j->x->value.c)) {
		parallel_for(threads, j->x->grad.data ? (size_t)j->p->slices + 1 : 1, large_linear_backward, j);
		return;
	}
	parallel_for(threads, (size_t)j->p->slices, linear_backward_slice, j);
	train_run_linear_add(j, threads);
}

/* ---- spiral convolutions: linear layers of gathered rows */

static void spiral_backward_slice(void *data, size_t i, int worker)
{
	train_run_spiral_backward_slice(data, (int)i, worker);
}

void train_run_spiral_backward(struct job *j, int threads)
{
	parallel_for(threads, (size_t)j->p->slices, spiral_backward_slice, j);
	train_run_linear_add(j, threads);
}
