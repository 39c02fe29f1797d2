/* swav_net.c - see swav_net.h */
#include "common/model/swav_net.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"

struct swav_net {
	struct swav_config c;
	const struct nn_train *ops;
	struct train_params params;
	struct train_net *backbone, *head;
	struct train_plan *plan[SWAV_MAX_GROUPS], *rows;
	size_t prototypes;
	int views;
	void (*on_gradient)(void *data, size_t first, size_t count);
	void *on_gradient_data;
};

static struct train_net *backbone(struct swav_net *s)
{
	struct train_net *n = train_net_new(s->ops, &s->params);

	resnet_train(n, &s->params, s->c.arch, s->c.width, "module.base_net.", train_net_input(n, 3, true));
	return n;
}

static struct train_net *head(struct swav_net *s)
{
	struct train_net *n = train_net_new(s->ops, &s->params);
	int x = train_net_input(n, resnet_features(s->c.arch, s->c.width), false);

	x = train_net_linear(n, x, "module.projection_net.net.0", s->c.hidden, true);
	x = train_net_bn(n, x, "module.projection_net.net.1", 0, -1);
	train_net_linear(n, x, "module.projection_net.net.3", s->c.features, true);
	return n;
}

struct swav_net *swav_net_new(const struct nn_train *ops, const struct swav_config *config)
{
	struct swav_net *s = xcalloc(1, sizeof *s);
	const struct swav_config *c = &s->c;

	s->c = *config;
	s->ops = c->dtype == NN_BF16 ? ops->bf16 : ops;
	if (!s->ops)
		BUG("%s has no bf16", ops->name);
	train_params_init(&s->params, ops);
	s->backbone = backbone(s);
	s->head = head(s);
	s->prototypes = train_params_declare(&s->params, "module.prototypes.weight", TRAIN_LINEAR, c->features,
					     (struct shape){ 2, { c->prototypes, c->features } });
	train_params_alloc(&s->params);
	for (int g = 0; g < c->groups; g++) {
		s->plan[g] = train_plan_new_keeping(s->backbone, c->group[g].count * c->batch, c->group[g].size,
						    c->group[g].size, c->slices,
						    c->checkpoint ? TRAIN_KEEP_BLOCKS : TRAIN_KEEP_COSTLY);
		s->views += c->group[g].count;
	}
	s->rows = train_plan_new(s->head, s->views * c->batch, 1, 1, c->slices);
	return s;
}

void swav_net_free(struct swav_net *s)
{
	if (!s)
		return;
	for (int g = 0; g < s->c.groups; g++)
		train_plan_free(s->plan[g]);
	train_plan_free(s->rows);
	train_net_free(s->backbone);
	train_net_free(s->head);
	train_params_release(&s->params);
	free(s);
}

struct train_params *swav_net_params(struct swav_net *s)
{
	return &s->params;
}

size_t swav_net_prototypes(const struct swav_net *s)
{
	return s->prototypes;
}

int swav_net_views(const struct swav_net *s)
{
	return s->views;
}

size_t swav_net_bytes(const struct swav_net *s)
{
	size_t bytes = train_plan_bytes(s->rows);

	for (int g = 0; g < s->c.groups; g++)
		bytes += train_plan_bytes(s->plan[g]);
	return bytes;
}

struct nn_batch swav_net_input(struct swav_net *s, int group)
{
	return train_plan_input(s->plan[group]);
}

/* Rows of group g among all, as a value of the same layout. */
static struct nn_batch group_rows(const struct swav_net *s, struct nn_batch all, int g)
{
	int first = 0;

	for (int i = 0; i < g; i++)
		first += s->c.group[i].count;
	return s->ops->samples(s->ops, &all, first * s->c.batch, s->c.group[g].count * s->c.batch);
}

void swav_net_forward(struct swav_net *s, bool train, int threads, void *z)
{
	struct nn_batch all = train_plan_input(s->rows), out;

	train_net_pack(s->backbone, threads);
	for (int g = 0; g < s->c.groups; g++) {
		train_plan_forward(s->plan[g], train, threads);
		struct nn_batch from = train_plan_output(s->plan[g]), to = group_rows(s, all, g);
		memcpy(to.data, from.data, s->ops->batch_bytes(s->ops, &from));
	}
	train_plan_forward(s->rows, train, threads);
	out = train_plan_output(s->rows);
	s->ops->download(s->ops, &out, z);
}

void swav_net_backward(struct swav_net *s, int threads, const void *dz)
{
	struct nn_batch grad = train_plan_output_gradient(s->rows);

	s->ops->upload(s->ops, dz, &grad);
	train_net_on_gradient(s->head, s->on_gradient, s->on_gradient_data);
	train_plan_backward(s->rows, threads);
	for (int g = 0; g < s->c.groups; g++) {
		struct nn_batch from = group_rows(s, train_plan_input_gradient(s->rows), g);
		struct nn_batch to = train_plan_output_gradient(s->plan[g]);

		memcpy(to.data, from.data, s->ops->batch_bytes(s->ops, &to));
		if (g == s->c.groups - 1) /* the backbone's gradients add up over the groups */
			train_net_on_gradient(s->backbone, s->on_gradient, s->on_gradient_data);
		train_plan_backward(s->plan[g], threads);
	}
	train_net_on_gradient(s->head, NULL, NULL);
	train_net_on_gradient(s->backbone, NULL, NULL);
	s->on_gradient = NULL;
}

void swav_net_hold_running(struct swav_net *s, bool hold)
{
	train_net_hold_running(s->backbone, hold);
	train_net_hold_running(s->head, hold);
}

void swav_net_on_gradient(struct swav_net *s, void (*fn)(void *data, size_t first, size_t count), void *data)
{
	s->on_gradient = fn;
	s->on_gradient_data = data;
}
