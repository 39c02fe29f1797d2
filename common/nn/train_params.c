/* train_params.c - see train_params.h */
#include "common/nn/train_params.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/real.h"
#include "common/rng.h"

void train_params_init(struct train_params *p, const struct nn_train *ops)
{
	*p = (struct train_params){ .real = ops->real };
}

void train_params_release(struct train_params *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->item[i].name);
	for (size_t i = 0; i < p->n_running; i++) {
		free(p->running[i].name);
		free(p->running[i].mean);
	}
	free(p->item);
	free(p->running);
	free(p->value);
	free(p->grad);
	*p = (struct train_params){ 0 };
}

size_t train_params_declare(struct train_params *p, const char *name, enum train_role role, int fan_in,
			    struct shape shape)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->item[i].name, name) != 0)
			continue;
		if (!shape_equal(&p->item[i].shape, &shape))
			BUG("'%s' is declared with two shapes", name);
		return i;
	}
	if (p->value)
		BUG("'%s' is declared after the arenas were made", name);
	size_t count = (size_t)shape_count(&shape);
	p->item = xrealloc_array(p->item, p->n + 1, sizeof *p->item);
	p->item[p->n] = (struct train_param){ .name = xstrdup(name),
					      .shape = shape,
					      .role = role,
					      .fan_in = fan_in,
					      .offset = p->count,
					      .count = count };
	p->count += count;
	return p->n++;
}

void train_params_split(struct train_params *p, size_t i, int64_t first, int64_t rows)
{
	int64_t own = p->item[i].shape.dim[0];

	if (own < 1 || first < 0 || first + own > rows)
		BUG("'%s': rows %d to %d of %d", p->item[i].name, (int)first, (int)(first + own), (int)rows);
	p->item[i].first = first;
	p->item[i].rows = rows;
}

size_t train_params_running(struct train_params *p, const char *name, int c)
{
	for (size_t i = 0; i < p->n_running; i++)
		if (!strcmp(p->running[i].name, name))
			return i;
	float *mean = xcalloc(2 * (size_t)c, sizeof *mean);

	for (int i = 0; i < c; i++)
		mean[c + i] = 1;
	p->running = xrealloc_array(p->running, p->n_running + 1, sizeof *p->running);
	p->running[p->n_running] = (struct train_running){ xstrdup(name), c, mean, mean + c };
	return p->n_running++;
}

size_t train_params_conv(struct train_params *p, const char *name, int oc, int ic, int k)
{
	char *weight = xasprintf("%s.weight", name);
	size_t i = train_params_declare(p, weight, TRAIN_CONV, ic * k * k, (struct shape){ 4, { oc, ic, k, k } });

	free(weight);
	return i;
}

size_t train_params_bn(struct train_params *p, const char *name, int c, size_t *running)
{
	char *weight = xasprintf("%s.weight", name), *bias = xasprintf("%s.bias", name);
	struct shape shape = { 1, { c } };
	size_t i = train_params_declare(p, weight, TRAIN_BN_WEIGHT, c, shape);

	if (train_params_declare(p, bias, TRAIN_BN_BIAS, c, shape) != i + 1)
		BUG("'%s' does not follow '%s'", bias, weight);
	*running = train_params_running(p, name, c);
	free(weight);
	free(bias);
	return i;
}

void train_params_alloc(struct train_params *p)
{
	p->value = xaligned(p->count * p->real);
	p->grad = xaligned(p->count * p->real);
	memset(p->value, 0, p->count * p->real);
	memset(p->grad, 0, p->count * p->real);
}

void *train_params_value(const struct train_params *p, size_t i)
{
	return (char *)p->value + p->item[i].offset * p->real;
}

void *train_params_grad(const struct train_params *p, size_t i)
{
	return (char *)p->grad + p->item[i].offset * p->real;
}

void train_params_zero_grad(struct train_params *p)
{
	memset(p->grad, 0, p->count * p->real);
}

/* Element j of a parameter at its start. */
static double start(const struct train_param *t, struct rng *r)
{
	double fan_out;

	if (t->start == TRAIN_START_ZERO)
		return 0;
	if (t->start == TRAIN_START_XAVIER)
		return (2 * rng_f64(r) - 1) * sqrt(6 / (t->fan_in + (double)t->shape.dim[0]));
	switch (t->role) {
	case TRAIN_CONV:
		fan_out = (double)(t->shape.dim[0] * t->shape.dim[2] * t->shape.dim[3]);
		return rng_normal(r) * sqrt(2 / fan_out);
	case TRAIN_LINEAR:
	case TRAIN_BIAS:
		return (2 * rng_f64(r) - 1) / sqrt(t->fan_in);
	case TRAIN_BN_WEIGHT:
		return 1;
	case TRAIN_BN_BIAS:
		break;
	}
	return 0;
}

/* Elements of rows that come before this rank's. */
static size_t before(const struct train_param *t)
{
	return t->rows ? t->count / (size_t)t->shape.dim[0] * (size_t)t->first : 0;
}

void train_params_start(struct train_params *p, uint64_t seed)
{
	train_params_start_from(p, 0, seed);
}

void train_params_start_from(struct train_params *p, size_t first, uint64_t seed)
{
	for (size_t i = first; i < p->n; i++) {
		struct rng r;

		rng_init(&r, seed, 0, i, 0);
		for (size_t j = before(&p->item[i]); j > 0; j--)
			start(&p->item[i], &r);
		for (size_t j = 0; j < p->item[i].count; j++)
			real_set(p->value, p->item[i].offset + j, p->real, start(&p->item[i], &r));
	}
}

/* Floats of the tensor `name`, of `count` elements, into dst: 1, or 0 when it is absent. */
static int read_tensor(const struct safetensors *s, const char *name, const struct shape *shape, float *dst,
		       struct err *e)
{
	const struct safetensor *t = safetensors_find(s, name);

	if (!t)
		return 0;
	if (!shape_equal(&t->shape, shape)) {
		char have[SHAPE_TEXT], want[SHAPE_TEXT];
		return err_set(e, "'%s' is [%s] in the file, [%s] in the network", name, shape_text(&t->shape, have),
			       shape_text(shape, want));
	}
	if (tensor_to_f32(dst, t->dtype, t->data, (size_t)shape_count(shape)))
		return err_set(e, "'%s' is %s, not floating point", name, dtype_name(t->dtype));
	return 1;
}

static int read_running(struct train_running *r, const struct safetensors *s, struct err *e)
{
	char *mean = xasprintf("%s.running_mean", r->name), *var = xasprintf("%s.running_var", r->name);
	struct shape shape = { 1, { r->c } };
	int rc = read_tensor(s, mean, &shape, r->mean, e) < 0 || read_tensor(s, var, &shape, r->var, e) < 0 ? -1 : 0;

	free(mean);
	free(var);
	return rc;
}

int train_params_load(struct train_params *p, const struct safetensors *s, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct train_param *t = &p->item[i];
		float *f = xmalloc((t->count + 1) * sizeof *f);
		int rc = read_tensor(s, t->name, &t->shape, f, e);

		for (size_t j = 0; rc > 0 && j < t->count; j++)
			real_set(p->value, t->offset + j, p->real, f[j]);
		free(f);
		if (rc < 0)
			return -1;
		if (rc == 0)
			return err_set(e, "no tensor '%s'", t->name);
	}
	for (size_t i = 0; i < p->n_running; i++)
		if (read_running(&p->running[i], s, e))
			return -1;
	return 0;
}
