/* task_affect.c - action units, and emotion: linear layers on the pooled features (task.h) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/affect_loss.h"
#include "common/model/task.h"
#include "common/model/task_net.h"
#include "common/nn/ranks.h"
#include "common/nn/real.h"

static void name_add(struct task_model *m, const char *name)
{
	m->name = xrealloc_array(m->name, (size_t)m->names + 1, sizeof *m->name);
	m->name[m->names++] = xstrdup(name);
	m->outputs = m->names;
}

static int linear_head(struct train_net *n, struct train_params *params, const struct task_model *m, const int stage[4],
		       int pooled)
{
	(void)params;
	(void)stage;
	return train_net_linear(n, pooled, "head", m->outputs + (m->task == &task_emotion ? AFFECT_DIMENSIONS : 0),
				true);
}

/* A cell that must be within a range, or is missing: blank, nan, or `missing` itself. */
static int bounded(const struct table *t, size_t row, const char *column, double v, double missing, double least,
		   double most, double *value, struct err *e)
{
	*value = NAN;
	if (isnan(v) || v == missing)
		return 0;
	if (!(v >= least && v <= most)) {
		char what[80];

		snprintf(what, sizeof what, "%g is not from %g to %g", v, least, most);
		return table_bad(t, row, column, what, e);
	}
	*value = v;
	return 1;
}

/* ---- action units */

static bool is_unit(const char *column)
{
	return strlen(column) == 4 && !strncmp(column, "au", 2) && strspn(column + 2, "0123456789") == 2;
}

static int au_configure(struct task_model *m, const struct table *t, struct err *e)
{
	const struct tsv_row *head = &t->tsv.head;

	if (m->names) {
		for (int i = 0; i < m->names; i++)
			if (!table_has(t, m->name[i]))
				return err_set(e, "'%s' has no column '%s', which the model predicts", t->tsv.name,
					       m->name[i]);
		return 0;
	}
	for (int i = 0; i < head->n; i++)
		if (is_unit(head->field[i]))
			name_add(m, head->field[i]);
	return m->names ? 0 : err_set(e, "'%s' has no column of an action unit (au01 ..)", t->tsv.name);
}

static void au_columns(struct task_model *m, const struct table *t, struct task_columns *c)
{
	(void)t;
	*c = (struct task_columns){ .numbers = m->names };
	c->number = xcalloc((size_t)m->names + 1, sizeof *c->number);
	for (int i = 0; i < m->names; i++)
		c->number[i] = m->name[i];
}

static int one_each(const struct task_model *m)
{
	return m->outputs;
}

/* 0 to 5; 9 is BP4D's word for a missing one. */
static int au_label(void *model, const struct table *t, size_t row, double *value, struct err *e)
{
	const struct task_model *m = model;
	int known = 0;

	for (int i = 0; i < m->outputs; i++) {
		double v = t->number[row * (size_t)t->numbers + (size_t)i];
		int rc = bounded(t, row, m->name[i], v, 9, 0, 5, &value[i], e);

		if (rc < 0)
			return -1;
		known += rc;
	}
	return known > 0;
}

/* The mean of squared distances over all labels of the batch that are there. */
static void au_loss(struct task_net *t, const struct task_batch *b, struct task_loss *loss)
{
	size_t count = (size_t)b->n * (size_t)task_net_model(t)->outputs;
	double sum[2] = { 0 };

	for (size_t i = 0; i < count; i++)
		if (!isnan(b->label[i])) {
			double d = real_get(b->out, i, b->real) - b->label[i];

			sum[0] += d * d;
			sum[1]++;
		}
	ranks_sum_f64(sum, 2);
	for (size_t i = 0; b->grad && i < count; i++)
		real_set(b->grad, i, b->real,
			 isnan(b->label[i]) ? 0 : 2 * (real_get(b->out, i, b->real) - b->label[i]) / sum[1]);
	loss->part[0] = loss->total = sum[1] > 0 ? sum[0] / sum[1] : 0;
}

static char *au_prediction_name(const struct task_model *m, int i)
{
	return xstrdup(m->name[i]);
}

const struct task task_au = {
	.name = "au",
	.preset = {
		.size = 256,
		.batch = 48,
		.epochs = { 60, 160, 320 },
		.optim = { .kind = OPTIM_ADAM, .beta1 = .5, .beta2 = .99, .eps = 1e-8, .weight_decay = 5e-6 },
		.lr = 1e-4,
		.warp = { .rotation = 30, .scale = { .85, 1.15 }, .flip_p = .5, .jitter = { .4, .4, .4, .1 },
			  .blur_p = .4, .blur_taps = { 5, 10 } },
	},
	.part = { "mse" },
	.configure = au_configure,
	.columns = au_columns,
	.value_width = one_each,
	.label_width = one_each,
	.label = au_label,
	.head = linear_head,
	.loss = au_loss,
	.predictions = one_each,
	.prediction_name = au_prediction_name,
	.predict = task_predict_outputs,
};

/* ---- emotion. Numbers of a label: valence, arousal, class (-1: none); of an output: valence, arousal, scores. */

static const char *const emotion_column[] = { "valence", "arousal", "expression" };
static const char *const class_name[] = {
	"neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt"
};

static int emotion_configure(struct task_model *m, const struct table *t, struct err *e)
{
	int classes = m->outputs ? m->outputs : 8;

	if (!table_has(t, "valence") && !table_has(t, "arousal") && !table_has(t, "expression"))
		return err_set(e, "'%s' has no column valence, arousal or expression", t->tsv.name);
	if (m->names)
		return 0;
	if (classes != 7 && classes != 8)
		return err_set(e, "%d classes of expression: 7 or 8", classes);
	for (int i = 0; i < classes; i++)
		name_add(m, class_name[i]);
	return 0;
}

static void emotion_columns(struct task_model *m, const struct table *t, struct task_columns *c)
{
	*c = (struct task_columns){ 0 };
	c->number = xcalloc(3, sizeof *c->number);
	for (int i = 0; i < 3; i++) {
		m->column[i] = table_has(t, emotion_column[i]) ? c->numbers : -1;
		if (m->column[i] >= 0)
			c->number[c->numbers++] = emotion_column[i];
	}
}

static int emotion_width(const struct task_model *m)
{
	(void)m;
	return AFFECT_DIMENSIONS + 1;
}

static int emotion_label(void *model, const struct table *t, size_t row, double *value, struct err *e)
{
	const struct task_model *m = model;
	int known = 0;
	double v[3];

	for (int k = 0; k < 3; k++)
		v[k] = m->column[k] < 0 ? NAN : t->number[row * (size_t)t->numbers + (size_t)m->column[k]];
	for (int k = 0; k < AFFECT_DIMENSIONS; k++) {
		int rc = bounded(t, row, emotion_column[k], v[k], -2, -1, 1, &value[k], e);

		if (rc < 0)
			return -1;
		known += rc;
	}
	value[2] = -1;
	if (isnan(v[2]) || (v[2] >= m->outputs && v[2] <= 10))
		return known > 0; /* AffectNet's 8 none, 9 uncertain, 10 no face; contempt among seven classes */
	if (v[2] != floor(v[2]) || v[2] < 0 || v[2] > 10)
		return table_bad(t, row, "expression", "is no class", e);
	value[2] = v[2];
	return 1;
}

static void emotion_loss(struct task_net *t, const struct task_batch *b, struct task_loss *loss)
{
	int classes = task_net_model(t)->outputs, width = AFFECT_DIMENSIONS + classes;
	size_t count = (size_t)b->n * (size_t)width;
	double *out = xcalloc(2 * count + 1, sizeof *out), *d = out + count;
	struct affect_truth *truth = xcalloc((size_t)b->n + 1, sizeof *truth);
	struct affect_batch all = { 0 };

	for (size_t i = 0; i < count; i++)
		out[i] = real_get(b->out, i, b->real);
	for (int i = 0; i < b->n; i++) {
		const double *label = b->label + (size_t)i * (AFFECT_DIMENSIONS + 1);

		truth[i] = (struct affect_truth){ { label[0], label[1] }, (int32_t)label[2] };
	}
	affect_sums(&all, out, truth, b->n, classes);
	ranks_sum_f64((double *)&all, sizeof all / sizeof(double));
	affect_loss(&all, out, truth, b->n, classes, loss->part, &loss->part[2], d);
	ranks_sum_f64(&loss->part[2], 1);
	loss->total = loss->part[0] + loss->part[1] + loss->part[2];
	for (size_t i = 0; b->grad && i < count; i++)
		real_set(b->grad, i, b->real, d[i]);
	free(out);
	free(truth);
}

static int emotion_predictions(const struct task_model *m)
{
	(void)m;
	return AFFECT_DIMENSIONS + 1;
}

static char *emotion_prediction_name(const struct task_model *m, int i)
{
	(void)m;
	return xstrdup(emotion_column[i]);
}

static void emotion_predict(const struct task_model *m, const float *out, int h, int w, const struct warp_draws *d,
			    double *prediction)
{
	int best = 0;

	task_predict_outputs(m, out, h, w, d, prediction);
	for (int k = 1; k < m->outputs; k++)
		if (out[AFFECT_DIMENSIONS + k] > out[AFFECT_DIMENSIONS + best])
			best = k;
	prediction[AFFECT_DIMENSIONS] = best;
}

const struct task task_emotion = {
	.name = "emotion",
	.preset = {
		.size = 256,
		.batch = 32,
		.epochs = { 60, 120, 240 },
		.optim = { .kind = OPTIM_ADAM, .beta1 = .5, .beta2 = .99, .eps = 1e-8, .weight_decay = 1e-4 },
		.lr = 1e-4,
		.warp = { .rotation = 30, .scale = { .85, 1.15 }, .flip_p = .5, .jitter = { .4, .4, .4, .1 } },
	},
	.part = { "valence", "arousal", "class" },
	.configure = emotion_configure,
	.columns = emotion_columns,
	.value_width = emotion_width,
	.label_width = emotion_width,
	.label = emotion_label,
	.head = linear_head,
	.loss = emotion_loss,
	.predictions = emotion_predictions,
	.prediction_name = emotion_prediction_name,
	.predict = emotion_predict,
};
