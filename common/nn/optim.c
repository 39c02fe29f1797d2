/* optim.c - see optim.h */
#include "common/nn/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/thread.h"

/* A parameter with its gradient and state. */
struct tensor {
	void *p, *m, *v;
	const void *g;
	size_t n;
	uint64_t steps;
};

#define REAL float
#define NAME(x) x##_f32
#define SQRT sqrtf
#include "common/nn/optim_real.h"
#undef REAL
#undef NAME
#undef SQRT
#define REAL double
#define NAME(x) x##_f64
#define SQRT sqrt
#include "common/nn/optim_real.h"

static double sum_of_squares(const void *x, size_t n, size_t real)
{
	return real == sizeof(float) ? sum_of_squares_f32(x, n) : sum_of_squares_f64(x, n);
}

void optim_init(struct optim *o, const struct optim_config *c, struct train_params *params)
{
	size_t bytes = params->count * params->real;

	*o = (struct optim){ .c = *c, .params = params };
	o->own = xcalloc(params->n, sizeof *o->own);
	o->steps = xcalloc(params->n, sizeof *o->steps);
	for (size_t i = 0; i < params->n; i++)
		o->own[i] = (struct optim_own){ 1, 1, false };
	o->m = xaligned(bytes);
	memset(o->m, 0, bytes);
	if (c->kind == OPTIM_ADAM) {
		o->v = xaligned(bytes);
		memset(o->v, 0, bytes);
	}
}

void optim_release(struct optim *o)
{
	free(o->own);
	free(o->steps);
	free(o->m);
	free(o->v);
	*o = (struct optim){ 0 };
}

static struct tensor tensor_of(const struct optim *o, size_t i)
{
	const struct train_param *p = &o->params->item[i];
	size_t at = p->offset * o->params->real;

	return (struct tensor){
		.p = train_params_value(o->params, i),
		.g = train_params_grad(o->params, i),
		.m = (char *)o->m + at,
		.v = o->v ? (char *)o->v + at : NULL,
		.n = p->count,
		.steps = o->steps[i],
	};
}

static void sgd(const struct optim *o, struct tensor t, double lr, double scale, double decay)
{
	if (o->params->real == sizeof(float))
		sgd_f32(o, t, lr, scale, decay);
	else
		sgd_f64(o, t, lr, scale, decay);
}

static void lars(const struct optim *o, size_t i, struct tensor t, double lr, double decay)
{
	enum train_role role = o->params->item[i].role;
	double pn, gn, scale = 1;

	if (o->c.lars_weights_only && role != TRAIN_CONV && role != TRAIN_LINEAR) {
		sgd(o, t, lr, 1, 0);
		return;
	}
	pn = sqrt(sum_of_squares(t.p, t.n, o->params->real));
	gn = sqrt(sum_of_squares(t.g, t.n, o->params->real));
	if (pn > 0 && gn > 0)
		scale = o->c.trust * pn / (gn + decay * pn + o->c.eps);
	else
		decay = 0;
	sgd(o, t, lr, scale, decay);
}

struct job {
	struct optim *o;
	double lr;
};

static void step(void *data, size_t i, int worker)
{
	const struct job *j = data;
	struct optim *o = j->o;
	double lr = j->lr * o->own[i].lr, decay = o->c.weight_decay * o->own[i].decay;
	struct tensor t = tensor_of(o, i);

	(void)worker;
	if (o->own[i].frozen)
		return;
	if (o->c.kind == OPTIM_LARS)
		lars(o, i, t, lr, decay);
	else if (o->c.kind == OPTIM_SGD)
		sgd(o, t, lr, 1, decay);
	else if (o->params->real == sizeof(float))
		adam_f32(o, t, lr, decay);
	else
		adam_f64(o, t, lr, decay);
	o->steps[i]++;
}

void optim_step(struct optim *o, double lr, int threads)
{
	parallel_for(threads, o->params->n, step, &(struct job){ o, lr });
}

double optim_gradient_norm(const struct train_params *params)
{
	double sum = 0;

	for (size_t i = 0; i < params->n; i++)
		sum += sum_of_squares(train_params_grad(params, i), params->item[i].count, params->real);
	return sqrt(sum);
}
