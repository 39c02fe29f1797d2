/* task_net.c - see task_net.h */
#include "common/model/task_net.h"

#include <stdlib.h>
#include <string.h>

#include "common/nn/train_ranks.h"

struct sized {
	struct train_plan *plan;
	int n;
};

enum { PLANS = 4 }; /* a batch, what is left over, the same in validation */

struct task_net {
	const struct nn_train *ops;
	const struct task_model *model;
	struct task_net_config c;
	struct train_params params;
	struct train_net *net;
	struct sized sized[PLANS];
	int next;	  /* of sized, to be replaced */
	int h, w;	  /* of the output */
	void *out, *grad; /* dense, for the largest batch so far */
	size_t room;
	struct train_sums sums;
};

struct task_net *task_net_new(const struct nn_train *ops, const struct task_model *model,
			      const struct task_net_config *c)
{
	struct task_net *t = xcalloc(1, sizeof *t);
	int stage[4], pooled;

	t->ops = ops;
	t->model = model;
	t->c = *c;
	train_params_init(&t->params, ops);
	t->net = train_net_new(ops, &t->params);
	pooled = resnet_train_stages(t->net, &t->params, model->arch, model->width, TASK_BACKBONE,
				     train_net_input(t->net, 3, true), stage);
	if (c->freeze)
		train_net_freeze(t->net);
	else if (c->frozen_norm)
		train_net_fix_norm(t->net);
	model->task->head(t->net, &t->params, model, stage, pooled);
	if (model->task->declare)
		model->task->declare(&t->params, model);
	/* A head's convolutions begin as PyTorch's do, not as ResNet's own. */
	for (size_t i = 0; i < t->params.n; i++)
		if (!task_net_is_backbone(t, i) && t->params.item[i].role == TRAIN_CONV)
			t->params.item[i].role = TRAIN_LINEAR;
	train_params_alloc(&t->params);
	train_sums_init(&t->sums, &t->params);
	train_net_on_gradient(t->net, train_sums_complete, &t->sums);
	return t;
}

void task_net_free(struct task_net *t)
{
	if (!t)
		return;
	for (int i = 0; i < PLANS; i++)
		train_plan_free(t->sized[i].plan);
	train_sums_release(&t->sums);
	train_net_free(t->net);
	train_params_release(&t->params);
	free(t->out);
	free(t->grad);
	free(t);
}

const struct task_model *task_net_model(const struct task_net *t)
{
	return t->model;
}

const struct nn_train *task_net_ops(const struct task_net *t)
{
	return t->ops;
}

struct train_params *task_net_params(struct task_net *t)
{
	return &t->params;
}

bool task_net_is_backbone(const struct task_net *t, size_t i)
{
	return !strncmp(t->params.item[i].name, TASK_BACKBONE, strlen(TASK_BACKBONE));
}

void task_net_output_size(const struct task_net *t, int *h, int *w)
{
	*h = t->h;
	*w = t->w;
}

size_t task_net_bytes(const struct task_net *t)
{
	size_t bytes = 2 * t->room;

	for (int i = 0; i < PLANS; i++)
		bytes += t->sized[i].plan ? train_plan_bytes(t->sized[i].plan) : 0;
	return bytes;
}

void task_net_pack(struct task_net *t, int threads)
{
	train_net_pack(t->net, threads);
}

static struct train_plan *plan_for(struct task_net *t, int n)
{
	struct sized *s;

	for (int i = 0; i < PLANS; i++)
		if (t->sized[i].plan && t->sized[i].n == n)
			return t->sized[i].plan;
	s = &t->sized[t->next];
	t->next = (t->next + 1) % PLANS;
	train_plan_free(s->plan);
	s->plan = train_plan_new(t->net, n, t->model->input.size, t->model->input.size, t->c.slices);
	s->n = n;
	return s->plan;
}

/* Forward; the output dense in t->out. */
static struct train_plan *forward(struct task_net *t, const void *picture, int n, bool train, int threads)
{
	struct train_plan *p = plan_for(t, n);
	struct nn_batch in = train_plan_input(p), out;
	size_t bytes;

	t->ops->upload(t->ops, picture, &in);
	train_plan_forward(p, train, threads);
	out = train_plan_output(p);
	bytes = (size_t)out.n * (size_t)out.c * (size_t)out.h * (size_t)out.w * t->ops->real;
	if (bytes > t->room) {
		free(t->out);
		free(t->grad);
		t->out = xaligned(bytes);
		t->grad = xaligned(bytes);
		t->room = bytes;
	}
	t->ops->download(t->ops, &out, t->out);
	t->h = out.h;
	t->w = out.w;
	return p;
}

void task_net_step(struct task_net *t, const void *picture, const double *label, int n, int total, int threads,
		   struct task_loss *loss)
{
	struct train_plan *p = forward(t, picture, n, true, threads);
	struct task_batch b = { n, total, t->out, label, t->grad, threads, t->ops->real };
	struct nn_batch grad;

	*loss = (struct task_loss){ 0 };
	t->model->task->loss(t, &b, loss);
	grad = train_plan_output_gradient(p);
	t->ops->upload(t->ops, t->grad, &grad);
	train_sums_begin(&t->sums);
	train_plan_backward(p, threads);
	train_sums_end(&t->sums);
}

size_t task_net_run(struct task_net *t, const float *picture, const double *label, int n, int total, int threads,
		    struct task_loss *loss, const float **out)
{
	struct task_batch b;
	struct nn_batch v = train_plan_output(forward(t, picture, n, false, threads));

	b = (struct task_batch){ n, total, t->out, label, NULL, threads, t->ops->real };
	*loss = (struct task_loss){ 0 };
	if (label)
		t->model->task->loss(t, &b, loss);
	if (out)
		*out = t->out;
	return (size_t)(v.n / n) * (size_t)v.c * (size_t)v.h * (size_t)v.w;
}

struct task_net *task_net_load(const struct nn_train *ops, struct task_model *model, const char *path,
			       const struct task_net_config *c, struct err *e)
{
	char *file = safetensors_path(path);
	struct safetensors s = { 0 };
	struct task_net *t = NULL;

	*model = (struct task_model){ 0 };
	if (safetensors_open(&s, file, e) || task_model_read(model, &s, e)) {
		err_prefix(e, "'%s'", path);
		goto out;
	}
	if (model->task == &task_recognition) {
		struct task_model bare = *model;

		bare.name = NULL;
		bare.names = 0;
		task_model_release(model);
		*model = bare;
	}
	t = task_net_new(ops, model, c);
	if (train_params_load(&t->params, &s, e)) {
		err_prefix(e, "'%s'", path);
		task_net_free(t);
		t = NULL;
	}
out:
	safetensors_close(&s);
	free(file);
	return t;
}
