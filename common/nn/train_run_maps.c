/* train_run_maps.c - pooling, elementwise nodes, resizing and concatenation in a plan, a slice at a time */
#include "common/nn/train_run_internal.h"

/* What a slice reads and writes, and their gradients. */
struct operands {
	struct nn_batch x, y, dx, dy;
};

static struct operands forward_of(const struct job *j, int slice)
{
	return (struct operands){ .x = job_part(j, &j->x->value, slice), .y = job_part(j, &j->s->value, slice) };
}

static struct operands backward_of(const struct job *j, int slice)
{
	return (struct operands){ .y = job_part(j, &j->s->value, slice),
				  .dx = job_part(j, &j->x->grad, slice),
				  .dy = job_part(j, &j->s->grad, slice) };
}

/* ---- pooling */

static void maxpool(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);

	(void)worker;
	j->ops->maxpool(j->ops, &j->d->pool, &o.x, &o.y, job_which(j, &o.y));
}

static void maxpool_backward(const struct job *j, int slice, int worker)
{
	struct operands o = backward_of(j, slice);

	(void)worker;
	j->ops->maxpool_backward(j->ops, &j->d->pool, &o.dy, job_which(j, &o.y), &o.dx, j->accumulate);
}

static void avgpool(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);

	(void)worker;
	j->ops->global_avgpool(j->ops, &o.x, &o.y);
}

static void avgpool_backward(const struct job *j, int slice, int worker)
{
	struct operands o = backward_of(j, slice);

	(void)worker;
	j->ops->global_avgpool_backward(j->ops, &o.dy, &o.dx, j->accumulate);
}

static void avgpool_windows(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);

	(void)worker;
	j->ops->avgpool(j->ops, &j->d->pool, &o.x, &o.y);
}

static void avgpool_windows_backward(const struct job *j, int slice, int worker)
{
	struct operands o = backward_of(j, slice);

	(void)worker;
	j->ops->avgpool_backward(j->ops, &j->d->pool, &o.dy, &o.dx, j->accumulate);
}

/* ---- elementwise */

static void add(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);
	struct nn_batch res = job_part(j, &j->res->value, slice);

	(void)worker;
	j->ops->add(j->ops, &o.x, &res, &o.y);
}

/* A gradient as it is: the copy is a concatenation's backward with one part. */
static void hand_on(const struct job *j, int slice, struct step *to, int c0, bool accumulate)
{
	struct nn_batch dy = job_part(j, &j->s->grad, slice), dx;

	if (!to->grad.data)
		return;
	dx = job_part(j, &to->grad, slice);
	j->ops->concat_backward(j->ops, &dy, c0, &dx, accumulate);
}

static void add_backward(const struct job *j, int slice, int worker)
{
	(void)worker;
	hand_on(j, slice, j->in[1], 0, j->add[1]);
	hand_on(j, slice, j->in[0], 0, j->add[0]);
}

static void act(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);

	(void)worker;
	j->ops->act(j->ops, j->d->act, &o.x, &o.y);
}

static void act_backward(const struct job *j, int slice, int worker)
{
	struct operands o = backward_of(j, slice);

	(void)worker;
	j->ops->act_backward(j->ops, j->d->act, &o.y, &o.dy, &o.dx, j->accumulate);
}

/* The draws of a slice's rows. */
static struct nn_dropout draws(const struct job *j, int slice)
{
	struct nn_dropout d = j->p->draws;
	uint64_t rows = (uint64_t)value_rows(j->p, &j->s->value);

	d.p = j->p->trained ? j->d->p : 0;
	d.sample = (d.sample + (uint64_t)slice_begin(j->p, slice)) * rows;
	d.seed += (j->d->ordinal + 1) * TRAIN_DROPOUT_SEED;
	return d;
}

static void dropout(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);
	struct nn_dropout d = draws(j, slice);

	(void)worker;
	j->ops->dropout(j->ops, &d, &o.x, &o.y, false);
}

static void dropout_backward(const struct job *j, int slice, int worker)
{
	struct operands o = backward_of(j, slice);
	struct nn_dropout d = draws(j, slice);

	(void)worker;
	j->ops->dropout(j->ops, &d, &o.dy, &o.dx, j->accumulate);
}

/* ---- resizing, concatenation */

static void resize(const struct job *j, int slice, int worker)
{
	struct operands o = forward_of(j, slice);

	(void)worker;
	j->ops->resize(j->ops, j->d->resize, &o.x, &o.y, false);
}

static void resize_backward(const struct job *j, int slice, int worker)
{
	struct operands o = backward_of(j, slice);

	(void)worker;
	j->ops->resize_backward(j->ops, j->d->resize, &o.dy, &o.dx, j->accumulate);
}

static void concat(const struct job *j, int slice, int worker)
{
	struct nn_batch y = job_part(j, &j->s->value, slice);

	(void)worker;
	for (int k = 0, c0 = 0; k < j->d->parts; c0 += j->in[k++]->value.c) {
		struct nn_batch x = job_part(j, &j->in[k]->value, slice);

		j->ops->concat(j->ops, &x, c0, &y);
	}
}

static void concat_backward(const struct job *j, int slice, int worker)
{
	int c0 = j->d->c;

	(void)worker;
	for (int k = j->d->parts - 1; k >= 0; k--) {
		c0 -= j->in[k]->value.c;
		hand_on(j, slice, j->in[k], c0, j->add[k]);
	}
}

const struct node_run train_run_maxpool = { .forward = maxpool, .backward = maxpool_backward };
const struct node_run train_run_avgpool = { .forward = avgpool, .backward = avgpool_backward };
const struct node_run train_run_avgpool_windows = { .forward = avgpool_windows, .backward = avgpool_windows_backward };
const struct node_run train_run_add = { .forward = add, .backward = add_backward };
const struct node_run train_run_act = { .forward = act, .backward = act_backward };
const struct node_run train_run_resize = { .forward = resize, .backward = resize_backward };
const struct node_run train_run_dropout = { .forward = dropout, .backward = dropout_backward };
const struct node_run train_run_concat = { .forward = concat, .backward = concat_backward };
