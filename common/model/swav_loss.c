/* swav_loss.c - see swav_loss.h */
#include "common/model/swav_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/model/sinkhorn.h"
#include "common/nn/ranks.h"
#include "common/nn/real.h"

struct swav_loss {
	struct swav_loss_config c;
	const struct nn_train *ops;
	struct nn_batch z, e, de, score, d_score; /* rows of all views */
	struct nn_batch target;			  /* rows of one view */
	double *norm;				  /* [views * batch] */
	void *dense;   /* [max(queue, views * batch), max(features, prototypes)] of the backend's */
	void *batch;   /* [ranks, batch, features] of the backend's: a view's embeddings */
	double *q;     /* [share of the queue + batch, prototypes] */
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
	free(l->batch);
	free(l->q);
	free(l->queue);
	free(l);
}

/* The queue's rows [begin, end) whose scores are this rank's. */
static int share_begin(const struct swav_loss *l)
{
	return (int)((long)l->queue_rows * ranks_rank() / ranks_size());
}

static int share_end(const struct swav_loss *l)
{
	return (int)((long)l->queue_rows * (ranks_rank() + 1) / ranks_size());
}

void swav_loss_queue(struct swav_loss *l, int rows)
{
	size_t k = (size_t)l->c.prototypes;
	int batch = l->c.batch * ranks_size();

	if (rows <= 0 || rows % batch)
		BUG("a queue of %d rows, batches of %d", rows, batch);
	free(l->queue);
	free(l->q);
	l->queue_rows = rows;
	l->queue = xcalloc(SWAV_ASSIGNED * (size_t)rows * (size_t)l->c.features, sizeof *l->queue);
	l->q = xcalloc((size_t)(share_end(l) - share_begin(l) + l->c.batch) * k, sizeof *l->q);
	if (!l->batch)
		l->batch = xcalloc((size_t)batch * (size_t)l->c.features, l->ops->real);
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

static struct nn_batch view_of(const struct swav_loss *l, const struct nn_batch *all, int view)
{
	return l->ops->samples(l->ops, all, view * l->c.batch, l->c.batch);
}

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

/* The scores of this rank's share of the queue, into q. */
static void queue_scores(struct swav_loss *l, int view, const void *prototypes)
{
	size_t features = (size_t)l->c.batch * (size_t)l->c.features,
	       scores = (size_t)l->c.batch * (size_t)l->c.prototypes;
	const double *row = queue_of(l, view) + (size_t)share_begin(l) * (size_t)l->c.features;
	struct nn_batch e = view_of(l, &l->de, 0); /* free until the gradient */
	double *q = l->q;

	/* A batch's worth at a time: shares are multiples of it. */
	for (int r = share_begin(l); r < share_end(l); r += l->c.batch, row += features) {
		for (size_t i = 0; i < features; i++)
			real_set(l->dense, i, l->ops->real, row[i]);
		l->ops->upload(l->ops, l->dense, &e);
		l->ops->linear(l->ops, &e, prototypes, NULL, &l->target);
		l->ops->download(l->ops, &l->target, l->dense);
		for (size_t i = 0; i < scores; i++)
			*q++ = real_get(l->dense, i, l->ops->real);
	}
}

/* The batch's embeddings of that view to the front: of this rank, and of all. */
static void queue_push(struct swav_loss *l, int view, const void *embeddings)
{
	size_t d = (size_t)l->c.features, own = (size_t)l->c.batch * d, all = (size_t)l->queue_rows * d;
	size_t batch = own * (size_t)ranks_size();
	double *queue = queue_of(l, view);

	ranks_gather(embeddings, own * l->ops->real, l->batch);
	memmove(queue + batch, queue, (all - batch) * sizeof *queue);
	for (size_t i = 0; i < batch; i++)
		queue[i] = real_get(l->batch, i, l->ops->real);
}

/* ---- a step */

/* Sinkhorn over the rows of all ranks, of which q has n. */
static void assign_rows(const struct swav_loss *l, int n)
{
	int k = l->c.prototypes;
	double *sums = xcalloc((size_t)k, sizeof *sums), all = n, max = sinkhorn_max(l->q, n, k), sum;

	ranks_sum_f64(&all, 1);
	ranks_max_f64(&max, 1);
	sum = sinkhorn_exp(l->q, n, k, l->c.epsilon, max);
	ranks_sum_f64(&sum, 1);
	sinkhorn_divide(l->q, n, k, sum);
	for (int i = 0; i < l->c.iterations; i++) {
		sinkhorn_row_sums(l->q, n, k, sums);
		ranks_sum_f64(sums, (size_t)k);
		sinkhorn_scale(l->q, n, k, sums, (int)all);
	}
	sinkhorn_finish(l->q, n, k, (int)all);
	free(sums);
}

/* What there is to tell of a view's assignments, over all ranks. */
static void describe(const struct swav_loss *l, int view, const double *own, struct swav_report *report)
{
	int n = l->c.batch, k = l->c.prototypes;
	double *used = xcalloc((size_t)k, sizeof *used), entropy = sinkhorn_entropy(own, n, k);

	ranks_sum_f64(&entropy, 1);
	report->entropy[view] = entropy / ranks_size();
	sinkhorn_mark_used(own, n, k, used);
	ranks_max_f64(used, (size_t)k);
	for (int j = 0; view == 0 && j < k; j++)
		report->in_use += used[j] > 0;
	free(used);
}

/* Assignments of a view, as targets of the others. */
static void assign(struct swav_loss *l, int view, const void *prototypes, struct swav_report *report)
{
	size_t count = (size_t)l->c.batch * (size_t)l->c.prototypes, real = l->ops->real;
	struct nn_batch score = view_of(l, &l->score, view), e = view_of(l, &l->e, view);
	bool queued = queue_ready(l, view);
	int rows = queued ? share_end(l) - share_begin(l) : 0;
	double *own = l->q + (size_t)rows * (size_t)l->c.prototypes;

	if (queued)
		queue_scores(l, view, prototypes);
	l->ops->download(l->ops, &score, l->dense);
	for (size_t i = 0; i < count; i++)
		own[i] = real_get(l->dense, i, real);
	assign_rows(l, rows + l->c.batch);
	describe(l, view, own, report);
	report->queue_rows = queued ? l->queue_rows : 0;
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
	double scale = 1.0 / ((double)SWAV_ASSIGNED * (l->c.views - 1) * l->c.batch * ranks_size()), loss = 0;
	struct nn_targets t = { .soft = &l->target };

	for (int v = 0; v < l->c.views; v++) {
		struct nn_batch x = view_of(l, &l->score, v), dx = view_of(l, &l->d_score, v);

		if (v != assigned)
			loss += l->ops->softmax_ce(l->ops, &x, &t, 1 / l->c.temperature, scale, &dx, true);
	}
	return loss;
}

/* Of unit vectors: their mean's length says all. */
static double spread(struct swav_loss *l)
{
	struct nn_batch e = view_of(l, &l->e, 0);
	size_t d = (size_t)l->c.features, n = (size_t)l->c.batch;
	double *sum = xcalloc(d, sizeof *sum), length = 0, all = (double)n * ranks_size();

	l->ops->download(l->ops, &e, l->dense);
	for (size_t i = 0; i < n * d; i++)
		sum[i % d] += real_get(l->dense, i, l->ops->real);
	ranks_sum_f64(sum, d);
	for (size_t k = 0; k < d; k++)
		length += sum[k] / all * (sum[k] / all);
	free(sum);
	return length < 1 ? sqrt(1 - length) : 0;
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
	ranks_sum_f64(&report->loss, 1);
	report->spread = spread(l);
	ops->linear_backward_weights(ops, &l->e, &l->d_score, d_prototypes, NULL, true);
	ops->linear_backward_data(ops, &l->d_score, prototypes, &l->de, false);
	ops->l2norm_backward(ops, &l->e, l->norm, &l->de, &l->z, false);
	ops->download(ops, &l->z, dz);
}
