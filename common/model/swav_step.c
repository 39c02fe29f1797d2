/* swav_step.c - see swav_step.h */
#include "common/model/swav_step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/nn/ranks.h"
#include "common/nn/train_ranks.h"

struct swav_step {
	struct swav_step_config c;
	const struct nn_train *ops;
	struct swav_net *net;
	struct swav_loss *loss;
	struct optim optim;
	size_t prototypes;
	int rows;		     /* samples of this rank */
	int micro;		     /* and of a micro-batch */
	void *view[SWAV_MAX_GROUPS]; /* the network's own input where there is one micro-batch */
	void *z, *dz;		     /* [views * rows, features] */
	void *part;		     /* [views * micro, features] of a micro-batch */
	struct train_sums sums;
};

static size_t group_numbers(const struct swav_step *s, int g)
{
	size_t side = (size_t)s->c.net.group[g].size;

	return (size_t)s->c.net.group[g].count * (size_t)s->rows * 3 * side * side;
}

static void buffers(struct swav_step *s)
{
	size_t rows = (size_t)swav_net_views(s->net) * (size_t)s->rows, d = (size_t)s->c.net.features;

	for (int g = 0; g < s->c.net.groups; g++) {
		if (s->c.accumulate == 1)
			s->view[g] = swav_net_input(s->net, g).data;
		else
			s->view[g] = xcalloc(group_numbers(s, g), s->ops->real);
	}
	s->z = xcalloc(rows * d, s->ops->real);
	s->dz = xcalloc(rows * d, s->ops->real);
	s->part = xcalloc(rows / (size_t)s->c.accumulate * d, s->ops->real);
	train_sums_init(&s->sums, swav_net_params(s->net));
}

struct swav_step *swav_step_new(const struct nn_train *ops, const struct swav_step_config *c, struct err *e)
{
	struct swav_config net = c->net;
	struct swav_loss_config loss = {
		0, 0, net.features, net.prototypes, c->temperature, c->epsilon, c->iterations
	};
	struct swav_step *s;

	if (c->accumulate < 1 || net.batch % (ranks_size() * c->accumulate)) {
		err_code(e, EXIT_CODE_USAGE, "a batch of %d is not divided by %d x %d, ranks times micro-batches",
			 net.batch, ranks_size(), c->accumulate);
		return NULL;
	}
	s = xcalloc(1, sizeof *s);
	s->c = *c;
	s->ops = ops;
	s->rows = net.batch / ranks_size();
	s->micro = s->rows / c->accumulate;
	net.batch = s->micro;
	s->net = swav_net_new(ops, &net);
	loss.views = swav_net_views(s->net);
	loss.batch = s->rows;
	s->loss = swav_loss_new(ops, &loss);
	s->prototypes = swav_net_prototypes(s->net);
	optim_init(&s->optim, &c->optim, swav_net_params(s->net));
	buffers(s);
	return s;
}

void swav_step_free(struct swav_step *s)
{
	if (!s)
		return;
	for (int g = 0; g < s->c.net.groups && s->c.accumulate > 1; g++)
		free(s->view[g]);
	optim_release(&s->optim);
	swav_loss_free(s->loss);
	swav_net_free(s->net);
	free(s->z);
	free(s->dz);
	free(s->part);
	train_sums_release(&s->sums);
	free(s);
}

struct swav_net *swav_step_net(struct swav_step *s)
{
	return s->net;
}

struct swav_loss *swav_step_loss(struct swav_step *s)
{
	return s->loss;
}

struct optim *swav_step_optim(struct swav_step *s)
{
	return &s->optim;
}

void *swav_step_view(struct swav_step *s, int group)
{
	return s->view[group];
}

/* ---- micro-batches: rows of one, in an array of all of a rank, view by view */

enum direction { FROM_ALL, TO_ALL };

static void copy_rows(const struct swav_step *s, void *all, void *part, int views, size_t bytes, int micro,
		      enum direction direction)
{
	size_t n = (size_t)s->micro * bytes;

	for (size_t v = 0; v < (size_t)views; v++) {
		char *a = (char *)all + (v * (size_t)s->rows + (size_t)(micro * s->micro)) * bytes;
		char *p = (char *)part + v * n;

		if (direction == FROM_ALL)
			memcpy(p, a, n);
		else
			memcpy(a, p, n);
	}
}

static void copy_embeddings(const struct swav_step *s, void *all, int micro, enum direction direction)
{
	copy_rows(s, all, s->part, swav_net_views(s->net), (size_t)s->c.net.features * s->ops->real, micro, direction);
}

static void forward(struct swav_step *s, int micro, int threads)
{
	for (int g = 0; g < s->c.net.groups && s->c.accumulate > 1; g++) {
		size_t picture = group_numbers(s, g) / (size_t)(s->c.net.group[g].count * s->rows);

		copy_rows(s, s->view[g], swav_net_input(s->net, g).data, s->c.net.group[g].count,
			  picture * s->ops->real, micro, FROM_ALL);
	}
	swav_net_forward(s->net, true, threads, s->part);
}

/* The last micro-batch first, whose activations are still there. */
static void backward(struct swav_step *s, int threads)
{
	size_t never;

	train_sums_begin(&s->sums);
	train_sums_complete(&s->sums, s->prototypes, 1);
	swav_net_hold_running(s->net, true);
	for (int m = s->c.accumulate - 1; m >= 0; m--) {
		if (m < s->c.accumulate - 1)
			forward(s, m, threads);
		if (m == 0)
			swav_net_on_gradient(s->net, train_sums_complete, &s->sums);
		copy_embeddings(s, s->dz, m, FROM_ALL);
		swav_net_backward(s->net, threads, s->part);
	}
	swav_net_hold_running(s->net, false);
	never = train_sums_end(&s->sums);
	if (never)
		BUG("%zu gradients were never complete", never);
}

void swav_step_take(struct swav_step *s, double lr, bool frozen, int threads, struct swav_step_report *report)
{
	struct train_params *p = swav_net_params(s->net);
	void *c = train_params_value(p, s->prototypes);

	swav_normalise_prototypes(s->ops, c, s->c.net.prototypes, s->c.net.features);
	train_params_zero_grad(p);
	for (int m = 0; m < s->c.accumulate; m++) {
		forward(s, m, threads);
		copy_embeddings(s, s->z, m, TO_ALL);
	}
	swav_loss_step(s->loss, s->z, c, s->dz, train_params_grad(p, s->prototypes), &report->swav);
	backward(s, threads);
	report->gradient_norm = optim_gradient_norm(p, threads);
	if (!isfinite(report->swav.loss) || !isfinite(report->gradient_norm))
		return;
	s->optim.own[s->prototypes].frozen = frozen;
	optim_step(&s->optim, lr, threads);
}

/* ---- the same on all ranks */

int swav_step_alike(struct swav_step *s, struct err *e)
{
	const int cut[] = { (int)s->c.net.dtype, s->c.net.batch, s->c.accumulate, ranks_norm_size() };
	uint32_t crc = train_ranks_hash(&s->optim, crc32_add(0, cut, sizeof cut));
	int rows;
	const double *queue = swav_loss_queue_data(s->loss, &rows);

	if (queue)
		crc = crc32_add(crc, queue, SWAV_ASSIGNED * (size_t)rows * (size_t)s->c.net.features * sizeof *queue);
	return train_ranks_alike(crc, e);
}
