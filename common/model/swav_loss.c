/* swav_loss.c - see swav_loss.h */
#include "common/model/swav_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/model/sinkhorn.h"
#include "common/nn/real.h"

struct swav_loss {
	struct swav_loss_config c;
	const struct nn_train *ops;
	struct nn_batch z, e, de, score, d_score; /* rows of all views */
	struct nn_batch target;			  /* rows of one view */
	double *norm;				  /* [views * batch] */
	void *dense;   /* [max(queue, views * batch), max(features, prototypes)] of the backend's */
	double *q;     /* [queue_rows + batch, prototypes] */
	double *queue; /* [SWAV_ASSIGNED, queue_rows, features] */
	int queue_rows;
	bool in_use; /* the queue, in this epoch */
};

static struct nn_batch rows_new(const struct nn_train *ops, int n, int c)
{
	struct nn_batch v = { .n = n, .c = c, .h = 1, .w = 1 };

	v.data = xaligned(ops->batch_bytes(ops, &v));
	memset(v.data, 0, ops->batch_bytes(ops, &v));
	return v;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

struct swav_loss *swav_loss_new(const struct nn_train *ops, const struct swav_loss_config *c)
{
	struct swav_loss *l = xcalloc(1, sizeof *l);
	int n = c->views * c->batch;

	l->c = *c;
	l->ops = ops;
	l->z = rows_new(ops, n, c->features);
	l->e = rows_new(ops, n, c->features);
	l->de = rows_new(ops, n, c->features);
	l->score = rows_new(ops, n, c->prototypes);
	l->d_score = rows_new(ops, n, c->prototypes);
	l->target = rows_new(ops, c->batch, c->prototypes);
	l->norm = xcalloc((size_t)n, sizeof *l->norm);
	l->dense = xcalloc((size_t)n * larger((size_t)c->features, (size_t)c->prototypes), ops->real);
	l->q = xcalloc((size_t)c->batch * (size_t)c->prototypes, sizeof *l->q);
	return l;
}

void swav_loss_free(struct swav_loss *l)
{
	if (!l)
		return;
	free(l->z.data);
	free(l->e.data);
	free(l->de.data);
	free(l->score.data);
	free(l->d_score.data);
	free(l->target.data);
	free(l->norm);
	free(l->dense);
	free(l->q);
	free(l->queue);
	free(l);
}

void swav_loss_queue(struct swav_loss *l, int rows)
{
	size_t k = (size_t)l->c.prototypes;

	if (rows <= 0 || rows % l->c.batch)
		BUG("a queue of %d rows, batches of %d", rows, l->c.batch);
	free(l->queue);
	free(l->q);
	l->queue_rows = rows;
	l->queue = xcalloc(SWAV_ASSIGNED * (size_t)rows * (size_t)l->c.features, sizeof *l->queue);
	l->q = xcalloc((size_t)(rows + l->c.batch) * k, sizeof *l->q);
	l->in_use = false;
}

double *swav_loss_queue_data(struct swav_loss *l, int *rows)
{
	*rows = l->queue_rows;
	return l->queue;
}

void swav_loss_epoch(struct swav_loss *l)
{
	l->in_use = false;
}

void swav_normalise_prototypes(const struct nn_train *ops, void *prototypes, int n, int features)
{
	size_t real = ops->real, d = (size_t)features;

	for (size_t at = 0; at < (size_t)n * d; at += d) {
		double sum = 0;

		for (size_t i = 0; i < d; i++)
			sum += real_get(prototypes, at + i, real) * real_get(prototypes, at + i, real);
		sum = sum > 0 ? 1 / sqrt(sum) : 0;
		for (size_t i = 0; i < d; i++)
			real_set(prototypes, at + i, real, real_get(prototypes, at + i, real) * sum);
	}
}

/* ---- the queue */

static double *queue_of(const struct swav_loss *l, int view)
{
	return l->queue + (size_t)view * (size_t)l->queue_rows * (size_t)l->c.features;
}

/* Whether Sinkhorn sees the queue: once its last row holds something. */
static bool queue_ready(struct swav_loss *l, int view)
{
	const double *last;

	if (!l->queue)
		return false;
	last = queue_of(l, view) + (size_t)(l->queue_rows - 1) * (size_t)l->c.features;
	for (int i = 0; i < l->c.features && !l->in_use; i++)
		l->in_use = last[i] != 0;
	return l->in_use;
}

/* The scores of the queue's rows, into q. */
static void queue_scores(struct swav_loss *l, int view, const void *prototypes)
{
	const double *row = queue_of(l, view);
	double *q = l->q;

	for (int r = 0; r < l->queue_rows; r++, row += l->c.features)
		for (int k = 0; k < l->c.prototypes; k++) {
			size_t at = (size_t)k * (size_t)l->c.features;
			double sum = 0;

			for (int i = 0; i < l->c.features; i++)
				sum += row[i] * real_get(prototypes, at + (size_t)i, l->ops->real);
			*q++ = sum;
		}
}

/* The batch's embeddings of that view to the front. */
static void queue_push(struct swav_loss *l, int view, const void *embeddings)
{
	size_t d = (size_t)l->c.features, batch = (size_t)l->c.batch * d, all = (size_t)l->queue_rows * d;
	double *queue = queue_of(l, view);

	memmove(queue + batch, queue, (all - batch) * sizeof *queue);
	for (size_t i = 0; i < batch; i++)
		queue[i] = real_get(embeddings, i, l->ops->real);
}

/* ---- a step */

static struct nn_batch view_of(const struct swav_loss *l, const struct nn_batch *all, int view)
{
	return l->ops->samples(l->ops, all, view * l->c.batch, l->c.batch);
}

/* Assignments of a view, as targets of the others. */
static void assign(struct swav_loss *l, int view, const void *prototypes, struct swav_report *report)
{
	size_t count = (size_t)l->c.batch * (size_t)l->c.prototypes, real = l->ops->real;
	struct nn_batch score = view_of(l, &l->score, view), e = view_of(l, &l->e, view);
	int rows = queue_ready(l, view) ? l->queue_rows : 0;
	double *own = l->q + (size_t)rows * (size_t)l->c.prototypes;

	if (rows)
		queue_scores(l, view, prototypes);
	l->ops->download(l->ops, &score, l->dense);
	for (size_t i = 0; i < count; i++)
		own[i] = real_get(l->dense, i, real);
	sinkhorn(l->q, rows + l->c.batch, l->c.prototypes, l->c.epsilon, l->c.iterations);
	report->entropy[view] = sinkhorn_entropy(own, l->c.batch, l->c.prototypes);
	report->queue_rows = rows;
	if (view == 0)
		report->in_use = sinkhorn_in_use(own, l->c.batch, l->c.prototypes);
	for (size_t i = 0; i < count; i++)
		real_set(l->dense, i, real, own[i]);
	l->ops->upload(l->ops, l->dense, &l->target);
	if (l->queue) {
		l->ops->download(l->ops, &e, l->dense);
		queue_push(l, view, l->dense);
	}
}

/* The other views predict what was assigned. */
static double predict(struct swav_loss *l, int assigned)
{
	double scale = 1.0 / ((double)SWAV_ASSIGNED * (l->c.views - 1) * l->c.batch), loss = 0;
	struct nn_targets t = { .soft = &l->target };

	for (int v = 0; v < l->c.views; v++) {
		struct nn_batch x = view_of(l, &l->score, v), dx = view_of(l, &l->d_score, v);

		if (v != assigned)
			loss += l->ops->softmax_ce(l->ops, &x, &t, 1 / l->c.temperature, scale, &dx, true);
	}
	return loss;
}

void swav_loss_step(struct swav_loss *l, const void *z, const void *prototypes, void *dz, void *d_prototypes,
		    struct swav_report *report)
{
	const struct nn_train *ops = l->ops;

	*report = (struct swav_report){ 0 };
	ops->upload(ops, z, &l->z);
	ops->l2norm(ops, &l->z, &l->e, l->norm);
	ops->linear(ops, &l->e, prototypes, NULL, &l->score);
	memset(l->d_score.data, 0, ops->batch_bytes(ops, &l->d_score));
	for (int i = 0; i < SWAV_ASSIGNED; i++) {
		assign(l, i, prototypes, report);
		report->loss += predict(l, i);
	}
	ops->linear_backward_weights(ops, &l->e, &l->d_score, d_prototypes, NULL, true);
	ops->linear_backward_data(ops, &l->d_score, prototypes, &l->de, false);
	ops->l2norm_backward(ops, &l->e, l->norm, &l->de, &l->z, false);
	ops->download(ops, &l->z, dz);
}
