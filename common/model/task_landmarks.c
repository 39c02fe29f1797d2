/* task_landmarks.c - points as heatmaps, from all stages of the ResNet (task.h) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/task.h"
#include "common/model/task_net.h"
#include "common/nn/ranks.h"
#include "common/nn/real.h"
#include "common/resample.h"
#include "common/thread.h"

/* Numbers of a row: the points, then the map of frl-crop. A label: the points in the input. */
enum { CHANNELS = 256 };

static char *place(int i)
{
	return xasprintf("lm%d%c", i / 2, i % 2 ? 'y' : 'x');
}

static int points_in(const struct table *t)
{
	int n = 0;

	for (;; n++) {
		char *x = place(2 * n), *y = place(2 * n + 1);
		bool there = table_has(t, x) && table_has(t, y);

		free(x);
		free(y);
		if (!there)
			return n;
	}
}

static int configure(struct task_model *m, const struct table *t, struct err *e)
{
	int n = points_in(t);

	if (!n)
		return err_set(e, "'%s' has no points (lm0x lm0y ..)", t->tsv.name);
	if (m->outputs && n != m->outputs)
		return err_set(e, "'%s' has %d points, the model %d", t->tsv.name, n, m->outputs);
	if (!landmarks_mirror(n))
		return err_set(e, "'%s' has %d points: their mirror is known for 5, 19, 29, 68 and 98 only",
			       t->tsv.name, n);
	if (task_check_affine(t, e))
		return -1;
	m->outputs = n;
	/* The columns' names stay with the model, for task_columns. */
	if (!m->names) {
		m->name = xcalloc(2 * (size_t)n, sizeof *m->name);
		for (m->names = 0; m->names < 2 * n; m->names++)
			m->name[m->names] = place(m->names);
	}
	return 0;
}

static void columns(struct task_model *m, const struct table *t, struct task_columns *c)
{
	(void)t;
	*c = (struct task_columns){ .numbers = m->names + TASK_AFFINE };
	c->number = xcalloc((size_t)c->numbers, sizeof *c->number);
	for (int i = 0; i < m->names; i++)
		c->number[i] = m->name[i];
	for (int i = 0; i < TASK_AFFINE; i++)
		c->number[m->names + i] = task_affine[i];
}

static int width(const struct task_model *m)
{
	return 2 * m->outputs;
}

/* Points in the crop; NaN where one is missing. */
static int label(void *model, const struct table *t, size_t row, double *value, struct err *e)
{
	const struct task_model *m = model;
	const double *v = t->number + row * (size_t)t->numbers, *a = v + 2 * m->outputs;
	int known = 0;

	for (int i = 0; i < TASK_AFFINE; i++)
		if (isnan(a[i]))
			return table_bad(t, row, task_affine[i], "is blank", e);
	for (int i = 0; i < m->outputs; i++) {
		warp_point(a, v[2 * i], v[2 * i + 1], value + 2 * i);
		known += !isnan(value[2 * i]) && !isnan(value[2 * i + 1]);
	}
	return known > 0;
}

static int move(void *model, const struct warp_draws *d, int w, int h, const double *value, double *out, struct err *e)
{
	const struct task_model *m = model;
	const int *mirror = landmarks_mirror(m->outputs);

	(void)w;
	(void)h;
	(void)e;
	for (int i = 0; i < m->outputs; i++) {
		const double *p = value + 2 * (d->flip ? mirror[i] : i);

		warp_point(d->a, p[0], p[1], out + 2 * i);
	}
	return 0;
}

/* A 1x1 convolution on each stage, brought to the first one's size, summed, normalised; then one to the heatmaps. */
static int head(struct train_net *n, struct train_params *params, const struct task_model *m, const int stage[4],
		int pooled)
{
	struct nn_train_conv c = {
		.oc = CHANNELS, .kh = 1, .kw = 1, .stride = 1, .dilation = 1, .groups = 1, .bias = true
	};
	int sum = -1;

	(void)params;
	(void)pooled;
	for (int i = 0; i < 4; i++) {
		char *name = xasprintf("head.stage%d", i + 1);
		int y = train_net_conv_of(n, stage[i], name, c);

		free(name);
		if (i > 0)
			y = train_net_resize(n, y, NN_BILINEAR, stage[0], 0);
		sum = sum < 0 ? y : train_net_add(n, sum, y);
	}
	c.oc = m->outputs;
	return train_net_conv_of(n, train_net_bn(n, sum, "head.norm", 0, -1), "head.maps", c);
}

/* ---- the loss: the mean of squared distances over all pixels of all maps whose point is known */

struct maps {
	const struct task_model *m;
	const struct task_batch *b;
	int h, w;
	double *sum;	/* [n][points] */
	double scale;	/* of the gradient */
	float **target; /* a map a thread */
};

static void map_loss(void *data, size_t i, int worker)
{
	struct maps *s = data;
	const double *at = s->b->label + 2 * i, shrink = (double)s->w / s->m->input.size;
	size_t pixels = (size_t)s->h * (size_t)s->w, real = s->b->real;
	const char *out = (const char *)s->b->out + i * pixels * real;
	char *grad = s->b->grad ? (char *)s->b->grad + i * pixels * real : NULL;
	float *target = s->target[worker];

	s->sum[i] = 0;
	if (isnan(at[0]) || isnan(at[1])) {
		if (grad)
			memset(grad, 0, pixels * real);
		return;
	}
	landmarks_draw(target, s->w, s->h, at[0] * shrink, at[1] * shrink, s->m->sigma, s->m->compat);
	for (size_t k = 0; k < pixels; k++) {
		double d = real_get(out, k, real) - (double)target[k];

		s->sum[i] += d * d;
		if (grad)
			real_set(grad, k, real, d * s->scale);
	}
}

static void loss(struct task_net *t, const struct task_batch *b, struct task_loss *l)
{
	struct maps s = { .m = task_net_model(t), .b = b };
	size_t maps = (size_t)b->n * (size_t)s.m->outputs;
	double total[2] = { 0 };

	task_net_output_size(t, &s.h, &s.w);
	for (size_t i = 0; i < maps; i++)
		total[0] += !isnan(b->label[2 * i]) && !isnan(b->label[2 * i + 1]);
	ranks_sum_f64(total, 1);
	total[0] *= (double)s.h * s.w;
	s.scale = total[0] > 0 ? 2 / total[0] : 0;
	s.sum = xcalloc(maps + 1, sizeof *s.sum);
	s.target = xcalloc((size_t)b->threads, sizeof *s.target);
	for (int i = 0; i < b->threads; i++)
		s.target[i] = xcalloc((size_t)s.h * (size_t)s.w, sizeof **s.target);
	parallel_for(b->threads, maps, map_loss, &s);
	for (size_t i = 0; i < maps; i++)
		total[1] += s.sum[i];
	ranks_sum_f64(&total[1], 1);
	l->total = l->part[0] = total[0] > 0 ? total[1] / total[0] : 0;
	for (int i = 0; i < b->threads; i++)
		free(s.target[i]);
	free(s.target);
	free(s.sum);
}

/* ---- predictions: places in the crop */

static char *prediction_name(const struct task_model *m, int i)
{
	(void)m;
	return place(i);
}

static void predict(const struct task_model *m, const float *out, int h, int w, const struct warp_draws *d,
		    double *prediction)
{
	const int *mirror = landmarks_mirror(m->outputs);
	double back[6], at[2], grow = (double)m->input.size / w;

	if (affine_invert(back, d->a))
		BUG("a map into the input without an inverse");
	for (int i = 0; i < m->outputs; i++) {
		landmarks_peak(out + (size_t)i * (size_t)h * (size_t)w, w, h, m->compat, at);
		warp_point(back, at[0] * grow, at[1] * grow, prediction + 2 * (d->flip ? mirror[i] : i));
	}
}

const struct task task_landmarks = {
	.name = "landmarks",
	.preset = {
		.size = 256,
		.batch = 24,
		.epochs = { 60, 240, 480 },
		.optim = { .kind = OPTIM_ADAM, .beta1 = .5, .beta2 = .99, .eps = 1e-8, .weight_decay = 1e-5 },
		.lr = 1e-4,
		.warp = { .rotation = 30, .scale = { .85, 1.15 }, .flip_p = .5, .jitter = { .4, .4, .4, .1 } },
	},
	.part = { "heatmaps" },
	.configure = configure,
	.columns = columns,
	.value_width = width,
	.label_width = width,
	.label = label,
	.move = move,
	.head = head,
	.loss = loss,
	.predictions = width,
	.prediction_name = prediction_name,
	.predict = predict,
};
