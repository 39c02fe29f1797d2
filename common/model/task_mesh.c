/* task_mesh.c - vertices of a 3D face, by a decoder of spiral convolutions on the pooled features (task.h) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/metrics/mesh.h"
#include "common/model/task.h"
#include "common/model/task_net.h"
#include "common/nn/ranks.h"
#include "common/nn/real.h"
#include "common/resample.h"
#include "common/thread.h"

/*
 * Numbers of a value: the record of the targets, then the map of frl-crop. A label: vertices in the input, [V][3], x right, y
 * down, z to the viewer from the vertices' mean. An output: the same minus the mean mesh, over the deviation.
 */
enum { VALUE = 1 + TASK_AFFINE };

/* ---- labels */

static int configure(struct task_model *m, const struct table *t, struct err *e)
{
	if (!m->targets)
		BUG("a mesh without targets");
	if (m->outputs && m->outputs != m->targets->vertices)
		return err_set(e, "the targets have %d vertices, the model %d", m->targets->vertices, m->outputs);
	m->outputs = m->targets->vertices;
	return task_check_affine(t, e);
}

static void columns(struct task_model *m, const struct table *t, struct task_columns *c)
{
	(void)m;
	(void)t;
	*c = (struct task_columns){ .numbers = TASK_AFFINE };
	c->number = xcalloc(TASK_AFFINE, sizeof *c->number);
	for (int i = 0; i < TASK_AFFINE; i++)
		c->number[i] = task_affine[i];
}

static int told_apart(struct task_model *m, const struct table *t, struct err *e)
{
	return mesh_targets_check(m->targets, t, e);
}

static int value_width(const struct task_model *m)
{
	(void)m;
	return VALUE;
}

static int label_width(const struct task_model *m)
{
	return 3 * m->outputs;
}

/* A row whose face has no mesh has no label. */
static int label(void *model, const struct table *t, size_t row, double *value, struct err *e)
{
	const struct task_model *m = model;
	const double *a = t->number + row * (size_t)t->numbers;
	int64_t record = mesh_targets_find(m->targets, hash_key(t->id[row]), t->face[row]);

	for (int i = 0; i < TASK_AFFINE; i++) {
		if (isnan(a[i]))
			return table_bad(t, row, task_affine[i], "is blank", e);
		value[1 + i] = a[i];
	}
	if (!(task_affine_scale(a) > 0))
		return table_bad(t, row, task_affine[0], "is not part of a map", e);
	value[0] = (double)record;
	return record >= 0;
}

static int move(void *model, const struct warp_draws *d, int w, int h, const double *value, double *out, struct err *e)
{
	const struct task_model *m = model;
	const double *a = value + 1, scale = task_affine_scale(a) * d->scale;
	struct mesh_targets_room room = { 0 };
	float *v = xmalloc(3 * (size_t)m->outputs * sizeof *v);
	int rc = mesh_targets_read(m->targets, (uint64_t)value[0], &room, v, e);
	double depth = 0;

	(void)w;
	(void)h;
	if (!rc && d->flip)
		rc = err_set(e, "a mesh has no mirror image: --flip-p 0");
	for (int i = 0; !rc && i < m->outputs; i++) {
		const float *p = v + 3 * (size_t)i;
		double *q = out + 3 * (size_t)i, crop[2];

		warp_point(a, (double)p[0], (double)p[1], crop);
		warp_point(d->a, crop[0], crop[1], q);
		q[2] = (double)p[2] * scale;
		depth += q[2] / m->outputs;
	}
	for (int i = 0; !rc && i < m->outputs; i++)
		out[3 * (size_t)i + 2] -= depth;
	mesh_targets_room_release(&room);
	free(v);
	return rc;
}

/* ---- the decoder: linear to the coarsest level, then up a level, spiral convolution, ELU, and so on to the vertices */

static int spiral(struct train_net *n, struct train_params *params, const struct face_mesh *f, int k, int x,
		  const char *name, int channels)
{
	size_t first = params->n;
	int y = train_net_spiral(n, x, &f->level[k].spiral, name, channels, true);

	params->item[first].start = TRAIN_START_XAVIER;
	params->item[first + 1].start = TRAIN_START_ZERO;
	return y;
}

static int head(struct train_net *n, struct train_params *params, const struct task_model *m, const int stage[4],
		int pooled)
{
	const struct face_mesh *f = m->mesh;
	int coarsest = f->vertices[f->levels], x;
	size_t first = params->n;

	(void)stage;
	x = train_net_linear(n, pooled, "head.linear", coarsest * f->channels[f->levels - 1], true);
	params->item[first].start = TRAIN_START_XAVIER;
	params->item[first + 1].start = TRAIN_START_ZERO;
	x = train_net_split(n, x, coarsest);
	for (int k = f->levels - 1; k >= 0; k--) {
		char *name = xasprintf("head.level%d", k);

		x = train_net_spmm(n, x, &f->level[k].csr[params->real == sizeof(float) ? 0 : 1]);
		x = train_net_act(n, spiral(n, params, f, k, x, name, f->channels[k]), NN_ELU);
		free(name);
	}
	return spiral(n, params, f, 0, x, "head.vertices", 3);
}

/* ---- the loss: the mean of distances over all numbers of the batch */

struct l1 {
	const struct face_mesh *f;
	const struct task_batch *b;
	double *sum;  /* [n] */
	double scale; /* of the gradient */
};

static void sample_loss(void *data, size_t i, int worker)
{
	struct l1 *s = data;
	size_t n = 3 * (size_t)s->f->vertices[0], real = s->b->real;
	const char *out = (const char *)s->b->out + i * n * real;
	char *grad = s->b->grad ? (char *)s->b->grad + i * n * real : NULL;
	const double *label = s->b->label + i * n, deviation = s->f->deviation[0];
	const float *mean = &s->f->mean[0][0];

	(void)worker;
	s->sum[i] = 0;
	for (size_t k = 0; k < n; k++) {
		double d = real_get(out, k, real) - (label[k] - (double)mean[k]) / deviation;

		s->sum[i] += fabs(d);
		if (grad)
			real_set(grad, k, real, d > 0 ? s->scale : d < 0 ? -s->scale : 0);
	}
}

static void loss(struct task_net *t, const struct task_batch *b, struct task_loss *l)
{
	const struct face_mesh *f = task_net_model(t)->mesh;
	double count = 3. * f->vertices[0] * b->total, sum = 0;
	struct l1 s = { f, b, xcalloc((size_t)b->n + 1, sizeof *s.sum), 1 / count };

	parallel_for(b->threads, (size_t)b->n, sample_loss, &s);
	for (int i = 0; i < b->n; i++)
		sum += s.sum[i];
	ranks_sum_f64(&sum, 1);
	l->total = l->part[0] = sum / count;
	free(s.sum);
}

/* ---- predictions */

/* The output's numbers in pixels of the input. */
static void in_input(const struct face_mesh *f, const float *out, double (*v)[3])
{
	for (int i = 0; i < f->vertices[0]; i++)
		for (int k = 0; k < 3; k++)
			v[i][k] = (double)out[3 * (size_t)i + (size_t)k] * f->deviation[0] + (double)f->mean[i][k];
}

static double score(const struct task_model *m, const float *out, const double *label)
{
	size_t n = (size_t)m->outputs;
	double(*v)[3] = xcalloc(n, sizeof *v), nme;

	in_input(m->mesh, out, v);
	nme = 100 * mesh_nme_3d((const double(*)[3])v, (const double(*)[3])label, n);
	free(v);
	return nme;
}

void task_mesh_vertices(const struct task_model *m, const float *out, const struct warp_draws *d, double (*v)[3])
{
	double back[TASK_AFFINE];

	if (affine_invert(back, d->a))
		BUG("a map into the input without an inverse");
	in_input(m->mesh, out, v);
	for (int i = 0; i < m->outputs; i++) {
		warp_point(back, v[i][0], v[i][1], v[i]);
		v[i][2] /= d->scale;
	}
}

static int predictions(const struct task_model *m)
{
	return 3 * m->mesh->points;
}

static char *prediction_name(const struct task_model *m, int i)
{
	(void)m;
	return xasprintf("lm%d%c", i / 3, "xyz"[i % 3]);
}

static void predict(const struct task_model *m, const float *out, int h, int w, const struct warp_draws *d,
		    double *prediction)
{
	double(*v)[3] = xcalloc((size_t)m->outputs, sizeof *v);

	(void)h;
	(void)w;
	task_mesh_vertices(m, out, d, v);
	for (int i = 0; i < m->mesh->points; i++)
		memcpy(prediction + 3 * (size_t)i, v[m->mesh->point[i]], sizeof *v);
	free(v);
}

const struct task task_mesh = {
	.name = "mesh",
	.preset = {
		.size = 256,
		.batch = 32,
		.epochs = { 120, 240, 360 },
		.optim = { .kind = OPTIM_SGD, .momentum = .9, .weight_decay = 1e-4 },
		.lr = .05,
		.warp = { .rotation = 45, .scale = { .85, 1.15 }, .translation = .1 },
	},
	.part = { "l1" },
	.configure = configure,
	.columns = columns,
	.names = told_apart,
	.value_width = value_width,
	.label_width = label_width,
	.label = label,
	.move = move,
	.head = head,
	.loss = loss,
	.score_name = "nme",
	.score = score,
	.predictions = predictions,
	.prediction_name = prediction_name,
	.predict = predict,
};
