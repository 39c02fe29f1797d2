/* task_recognition.c - identities by CosFace (Wang et al., CVPR 2018; task.h) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/model/task.h"
#include "common/model/task_net.h"
#include "common/nn/ranks.h"
#include "common/nn/real.h"
#include "common/thread.h"

/* Each rank holds its share of the classes, [first, first + n). */
enum { DIMENSIONS = 512 };
static const char weights_name[] = "classes.weight";

struct share {
	int first, n;
};

static struct share share_of(int classes)
{
	long rank = ranks_rank(), ranks = ranks_size();
	struct share s = { .first = (int)(classes * rank / ranks) };

	s.n = (int)(classes * (rank + 1) / ranks) - s.first;
	return s;
}

static int configure(struct task_model *m, const struct table *t, struct err *e)
{
	if (!table_has(t, "identity"))
		return err_set(e, "'%s' has no column 'identity'", t->tsv.name);
	if (!m->outputs)
		m->outputs = DIMENSIONS;
	return 0;
}

static void columns(struct task_model *m, const struct table *t, struct task_columns *c)
{
	(void)m;
	(void)t;
	*c = (struct task_columns){ .texts = 1 };
	c->text = xcalloc(1, sizeof *c->text);
	c->text[0] = "identity";
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Identities, sorted: their numbers do not depend on the order of rows. */
static int names(struct task_model *m, const struct table *t, struct err *e)
{
	if (m->names)
		return 0;
	if (!t->n)
		return err_set(e, "'%s' has no rows", t->tsv.name);
	m->name = xcalloc(t->n, sizeof *m->name);
	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->text[i * (size_t)t->texts];

		if (*name)
			m->name[m->names++] = xstrdup(name);
	}
	qsort(m->name, (size_t)m->names, sizeof *m->name, by_name);
	int kept = 0;
	for (int i = 0; i < m->names; i++)
		if (kept && !strcmp(m->name[kept - 1], m->name[i]))
			free(m->name[i]);
		else
			m->name[kept++] = m->name[i];
	m->names = kept;
	if (kept < 2 || kept > TASK_MAX_OUTPUTS)
		return err_set(e, "'%s' has %d identities", t->tsv.name, kept);
	if (kept < ranks_size())
		return err_code(e, EXIT_CODE_USAGE, "'%s' has %d identities: they cannot be shared out over %d ranks",
				t->tsv.name, kept, ranks_size());
	return 0;
}

static int one(const struct task_model *m)
{
	(void)m;
	return 1;
}

static int label(void *model, const struct table *t, size_t row, double *value, struct err *e)
{
	const struct task_model *m = model;
	char *const *found, *name = t->text[row * (size_t)t->texts];

	if (!*name)
		return 0;
	found = bsearch(&name, m->name, (size_t)m->names, sizeof *m->name, by_name);
	if (!found)
		return table_bad(t, row, "identity", "is not among the model's", e);
	*value = (double)(found - m->name);
	return 1;
}

static int head(struct train_net *n, struct train_params *params, const struct task_model *m, const int stage[4],
		int pooled)
{
	(void)params;
	(void)stage;
	return train_net_linear(n, pooled, "head", m->outputs, true);
}

static void declare(struct train_params *params, const struct task_model *m)
{
	struct share s = share_of(m->names);
	size_t i;

	if (!m->names)
		return;
	i = train_params_declare(params, weights_name, TRAIN_LINEAR, m->outputs,
				 (struct shape){ 2, { s.n, m->outputs } });
	if (s.n < m->names)
		train_params_split(params, i, s.first, m->names);
}

/*
 * ---- the loss: s (cos - m) at the label, s cos elsewhere, cross-entropy over the classes of all ranks
 *
 * Each rank has the embeddings of the whole batch and its own classes; a row's maximum and sum are merged. Arrays are reals
 * of the backend, sums over a row double.
 */
struct cosface {
	const struct task_batch *b;
	const struct task_model *m;
	const struct nn_train *ops;
	struct share share;
	int total, dims;
	size_t real;
	void *e, *w,
		*x; /* [total][dims] and [share.n][dims], normalised; [total][share.n] scores, then their gradient */
	double *e_norm, *w_norm; /* [total], [share.n] what they were divided by */
	int32_t *label;		 /* [total] */
	double *most, *sum, *at; /* [total] a row's maximum, sum, and the label's score */
};

static void *row_of(const struct cosface *c, void *x, size_t i, int width)
{
	return (char *)x + i * (size_t)width * c->real;
}

static double normalise(void *x, int n, size_t real)
{
	double sum = 0, norm;

	for (size_t i = 0; i < (size_t)n; i++)
		sum += real_get(x, i, real) * real_get(x, i, real);
	norm = fmax(sqrt(sum), 1e-12);
	for (size_t i = 0; i < (size_t)n; i++)
		real_set(x, i, real, real_get(x, i, real) / norm);
	return norm;
}

/* d: the gradient by y = x / |x|, made that by x. */
static void normalise_backward(void *d, const void *y, double norm, int n, size_t real)
{
	double along = 0;

	for (size_t i = 0; i < (size_t)n; i++)
		along += real_get(d, i, real) * real_get(y, i, real);
	for (size_t i = 0; i < (size_t)n; i++)
		real_set(d, i, real, (real_get(d, i, real) - along * real_get(y, i, real)) / norm);
}

static void normalise_embedding(void *data, size_t i, int worker)
{
	struct cosface *c = data;

	(void)worker;
	c->e_norm[i] = normalise(row_of(c, c->e, i, c->dims), c->dims, c->real);
}

static void normalise_class(void *data, size_t i, int worker)
{
	struct cosface *c = data;

	(void)worker;
	c->w_norm[i] = normalise(row_of(c, c->w, i, c->dims), c->dims, c->real);
}

/* Embeddings and labels of all ranks: rank r's rows stand at r * most, and are moved together. */
static void gather(struct cosface *c)
{
	int ranks = ranks_size();
	size_t most = (size_t)((c->total + ranks - 1) / ranks), row = (size_t)c->dims * c->real;
	char *all = xcalloc(most * (size_t)ranks, row);
	int32_t *labels = xcalloc(most * (size_t)ranks, sizeof *labels);
	size_t mine = (size_t)ranks_rank() * most;

	memcpy(all + mine * row, c->b->out, (size_t)c->b->n * row);
	for (int i = 0; i < c->b->n; i++)
		labels[mine + (size_t)i] = (int32_t)c->b->label[i];
	ranks_gather(all + mine * row, most * row, all);
	ranks_gather(labels + mine, most * sizeof *labels, labels);
	for (int r = 0; r < ranks; r++) {
		size_t begin = (size_t)((long)c->total * r / ranks), end = (size_t)((long)c->total * (r + 1) / ranks);

		memcpy((char *)c->e + begin * row, all + (size_t)r * most * row, (end - begin) * row);
		memcpy(c->label + begin, labels + (size_t)r * most, (end - begin) * sizeof *labels);
	}
	free(all);
	free(labels);
}

static struct nn_batch rows_of(const struct nn_train *ops, const void *dense, int n, int c)
{
	struct nn_batch v = { .n = n, .c = c, .h = 1, .w = 1 };

	v.data = xaligned(ops->batch_bytes(ops, &v));
	memset(v.data, 0, ops->batch_bytes(ops, &v));
	if (dense)
		ops->upload(ops, dense, &v);
	return v;
}

/* The label's number among this rank's classes; -1: another rank's. */
static int own_label(const struct cosface *c, size_t i)
{
	int label = c->label[i] - c->share.first;

	return label >= 0 && label < c->share.n ? label : -1;
}

static void row_most(void *data, size_t i, int worker)
{
	struct cosface *c = data;
	void *x = row_of(c, c->x, i, c->share.n);
	int label = own_label(c, i);

	(void)worker;
	c->at[i] = 0;
	if (label >= 0) {
		real_add(x, (size_t)label, c->real, -c->m->margin);
		c->at[i] = real_get(x, (size_t)label, c->real);
	}
	c->most[i] = -INFINITY;
	for (size_t k = 0; k < (size_t)c->share.n; k++)
		c->most[i] = fmax(c->most[i], real_get(x, k, c->real));
}

static void row_sum(void *data, size_t i, int worker)
{
	struct cosface *c = data;
	void *x = row_of(c, c->x, i, c->share.n);

	(void)worker;
	c->sum[i] = 0;
	for (size_t k = 0; k < (size_t)c->share.n; k++) {
		real_set(x, k, c->real, exp(c->m->sharpness * (real_get(x, k, c->real) - c->most[i])));
		c->sum[i] += real_get(x, k, c->real);
	}
}

static void row_gradient(void *data, size_t i, int worker)
{
	struct cosface *c = data;
	void *x = row_of(c, c->x, i, c->share.n);
	double scale = c->m->sharpness / (c->total * c->sum[i]);
	int label = own_label(c, i);

	(void)worker;
	for (size_t k = 0; k < (size_t)c->share.n; k++)
		real_set(x, k, c->real, real_get(x, k, c->real) * scale);
	if (label >= 0)
		real_add(x, (size_t)label, c->real, -c->m->sharpness / c->total);
}

/* Gradients by the embeddings (b->grad, this rank's) and by this rank's classes. */
static void backward(struct cosface *c, void *dw)
{
	struct nn_batch dx = rows_of(c->ops, c->x, c->total, c->share.n);
	struct nn_batch e = rows_of(c->ops, c->e, c->total, c->dims), de = rows_of(c->ops, NULL, c->total, c->dims);
	void *dw1 = xcalloc((size_t)c->share.n * (size_t)c->dims, c->real);
	void *de1 = xcalloc((size_t)c->total * (size_t)c->dims, c->real);
	size_t first = (size_t)((long)c->total * ranks_rank() / ranks_size());

	c->ops->linear_backward_weights(c->ops, &e, &dx, dw1, NULL, false);
	c->ops->linear_backward_data(c->ops, &dx, c->w, &de, false);
	c->ops->download(c->ops, &de, de1);
	ranks_sum_later(de1, (size_t)c->total * (size_t)c->dims, c->real);
	ranks_sum_wait();
	for (size_t i = 0; i < (size_t)c->b->n; i++) {
		void *d = row_of(c, c->b->grad, i, c->dims);

		memcpy(d, row_of(c, de1, first + i, c->dims), (size_t)c->dims * c->real);
		normalise_backward(d, row_of(c, c->e, first + i, c->dims), c->e_norm[first + i], c->dims, c->real);
	}
	for (size_t i = 0; i < (size_t)c->share.n; i++) {
		void *d = row_of(c, dw1, i, c->dims), *sum = row_of(c, dw, i, c->dims);

		normalise_backward(d, row_of(c, c->w, i, c->dims), c->w_norm[i], c->dims, c->real);
		for (size_t k = 0; k < (size_t)c->dims; k++)
			real_add(sum, k, c->real, real_get(d, k, c->real));
	}
	free(dx.data);
	free(e.data);
	free(de.data);
	free(dw1);
	free(de1);
}

static double scores_to_loss(struct cosface *c)
{
	struct nn_batch e = rows_of(c->ops, c->e, c->total, c->dims), x = rows_of(c->ops, NULL, c->total, c->share.n);
	size_t total = (size_t)c->total;
	double loss = 0;

	c->ops->linear(c->ops, &e, c->w, NULL, &x);
	c->ops->download(c->ops, &x, c->x);
	free(e.data);
	free(x.data);
	parallel_for(c->b->threads, total, row_most, c);
	ranks_max_f64(c->most, total);
	parallel_for(c->b->threads, total, row_sum, c);
	ranks_sum_f64(c->sum, total);
	ranks_sum_f64(c->at, total);
	for (size_t i = 0; i < total; i++)
		loss += log(c->sum[i]) + c->m->sharpness * (c->most[i] - c->at[i]);
	return loss / (double)total;
}

static size_t weights_of(const struct train_params *p)
{
	for (size_t i = p->n; i-- > 0;)
		if (!strcmp(p->item[i].name, weights_name))
			return i;
	BUG("no %s", weights_name);
}

static void loss(struct task_net *t, const struct task_batch *b, struct task_loss *l)
{
	const struct task_model *m = task_net_model(t);
	struct cosface c = {
		.b = b, .m = m, .ops = task_net_ops(t), .total = b->total, .dims = m->outputs, .real = b->real
	};
	struct train_params *p = task_net_params(t);
	size_t at = weights_of(p), total = (size_t)b->total, dims = (size_t)m->outputs, classes;

	c.share = share_of(m->names);
	classes = (size_t)c.share.n;
	c.e = xcalloc(total * dims, c.real);
	c.e_norm = xcalloc(total, sizeof *c.e_norm);
	c.label = xcalloc(total, sizeof *c.label);
	c.w = xcalloc(classes * dims, c.real);
	c.w_norm = xcalloc(classes, sizeof *c.w_norm);
	c.x = xcalloc(total * classes, c.real);
	c.most = xcalloc(3 * total, sizeof *c.most);
	c.sum = c.most + total;
	c.at = c.sum + total;
	gather(&c);
	memcpy(c.w, train_params_value(p, at), classes * dims * c.real);
	parallel_for(b->threads, total, normalise_embedding, &c);
	parallel_for(b->threads, classes, normalise_class, &c);
	l->total = l->part[0] = scores_to_loss(&c);
	if (b->grad) {
		parallel_for(b->threads, total, row_gradient, &c);
		backward(&c, train_params_grad(p, at));
	}
	free(c.e);
	free(c.e_norm);
	free(c.label);
	free(c.w);
	free(c.w_norm);
	free(c.x);
	free(c.most);
}

/* ---- predictions: the embedding itself, for `frl-eval embed` */

static int predictions(const struct task_model *m)
{
	return m->outputs;
}

static char *prediction_name(const struct task_model *m, int i)
{
	(void)m;
	return xasprintf("e%d", i);
}

const struct task task_recognition = {
	.name = "recognition",
	.preset = {
		.size = 112,
		.batch = 512,
		.epochs = { 18, 36, 54 },
		.optim = { .kind = OPTIM_SGD, .momentum = .9, .weight_decay = 5e-4 },
		.lr = .1,
		.warp = { .scale = { 1, 1 }, .flip_p = .5 },
	},
	.part = { "cosface" },
	.configure = configure,
	.columns = columns,
	.names = names,
	.value_width = one,
	.label_width = one,
	.label = label,
	.head = head,
	.declare = declare,
	.loss = loss,
	.predictions = predictions,
	.prediction_name = prediction_name,
	.predict = task_predict_outputs,
};
