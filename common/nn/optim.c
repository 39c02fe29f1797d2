/* optim.c - see optim.h */
#include "common/nn/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/ranks.h"
#include "common/thread.h"

/* A parameter, or a piece of one, with its gradient and state. */
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

/* ---- pieces of parameters: fixed, so that sums over them do not depend on who computes which */

enum { PIECE = 1 << 16 }; /* numbers: four arrays of them fit a second-level cache */

struct piece {
	size_t param, begin, count;
};

struct pieces {
	struct piece *item;
	size_t n;
};

static struct pieces cut(const struct train_params *p)
{
	struct pieces s = { xcalloc(p->count / PIECE + p->n + 1, sizeof *s.item), 0 };

	for (size_t i = 0; i < p->n; i++)
		for (size_t at = 0; at < p->item[i].count; at += PIECE) {
			size_t left = p->item[i].count - at;

			s.item[s.n++] = (struct piece){ i, at, left < PIECE ? left : PIECE };
		}
	return s;
}

/* ---- a step */

/* What one parameter's pieces have in common. */
struct plan {
	double lr, scale, decay;
	bool norms; /* scale and decay depend on them */
};

struct job {
	struct optim *o;
	struct pieces pieces;
	struct plan *plan;    /* [params] */
	double (*squares)[2]; /* [pieces]: of p, of g */
};

static struct tensor tensor_of(const struct optim *o, const struct piece *s)
{
	const struct train_param *p = &o->params->item[s->param];
	size_t real = o->params->real, at = (p->offset + s->begin) * real;

	return (struct tensor){
		.p = (char *)o->params->value + at,
		.g = (char *)o->params->grad + at,
		.m = (char *)o->m + at,
		.v = o->v ? (char *)o->v + at : NULL,
		.n = s->count,
		.steps = o->steps[s->param],
	};
}

static struct plan plan_of(const struct optim *o, size_t i, double lr)
{
	enum train_role role = o->params->item[i].role;
	struct plan p = { lr * o->own[i].lr, 1, o->c.weight_decay * o->own[i].decay, false };

	if (o->c.kind != OPTIM_LARS)
		return p;
	if (o->c.lars_weights_only && role != TRAIN_CONV && role != TRAIN_LINEAR)
		p.decay = 0;
	else
		p.norms = !o->own[i].frozen;
	return p;
}

static void norms_piece(void *data, size_t i, int worker)
{
	struct job *j = data;
	const struct piece *s = &j->pieces.item[i];
	size_t real = j->o->params->real;

	(void)worker;
	if (!j->plan[s->param].norms)
		return;
	struct tensor t = tensor_of(j->o, s);
	j->squares[i][0] = sum_of_squares(t.p, t.n, real);
	j->squares[i][1] = sum_of_squares(t.g, t.n, real);
}

/* LARS: from the norms of a parameter and its gradient to its scale. */
static void lars_scales(struct job *j)
{
	const struct optim_config *c = &j->o->c;

	for (size_t i = 0; i < j->pieces.n;) {
		size_t param = j->pieces.item[i].param;
		struct plan *p = &j->plan[param];
		double n[2] = { 0 }; /* squares of p, of g */

		for (; i < j->pieces.n && j->pieces.item[i].param == param; i++) {
			n[0] += j->squares[i][0];
			n[1] += j->squares[i][1];
		}
		if (!p->norms)
			continue;
		if (j->o->params->item[param].rows)
			ranks_sum_f64(n, 2);
		double pn = sqrt(n[0]), gn = sqrt(n[1]);
		if (pn > 0 && gn > 0)
			p->scale = c->trust * pn / (gn + p->decay * pn + c->eps);
		else
			p->decay = 0;
	}
}

static void step_piece(void *data, size_t i, int worker)
{
	const struct job *j = data;
	const struct optim *o = j->o;
	const struct piece *s = &j->pieces.item[i];
	const struct plan *p = &j->plan[s->param];

	(void)worker;
	if (o->own[s->param].frozen)
		return;
	struct tensor t = tensor_of(o, s);
	bool f32 = o->params->real == sizeof(float);
	if (o->c.kind != OPTIM_ADAM)
		(f32 ? sgd_f32 : sgd_f64)(o, t, p->lr, p->scale, p->decay);
	else
		(f32 ? adam_f32 : adam_f64)(o, t, p->lr, p->decay);
}

void optim_step(struct optim *o, double lr, int threads)
{
	size_t n = o->params->n;
	struct job j = { o, cut(o->params), xcalloc(n, sizeof *j.plan), NULL };

	for (size_t i = 0; i < n; i++)
		j.plan[i] = plan_of(o, i, lr);
	if (o->c.kind == OPTIM_LARS) {
		j.squares = xcalloc(j.pieces.n, sizeof *j.squares);
		parallel_for(threads, j.pieces.n, norms_piece, &j);
		lars_scales(&j);
	}
	parallel_for(threads, j.pieces.n, step_piece, &j);
	for (size_t i = 0; i < n; i++)
		o->steps[i] += !o->own[i].frozen;
	free(j.squares);
	free(j.plan);
	free(j.pieces.item);
}

/* ---- the norm */

struct norm {
	const struct train_params *params;
	struct pieces pieces;
	double *squares; /* [pieces] */
};

static void squares_piece(void *data, size_t i, int worker)
{
	struct norm *j = data;
	const struct piece *s = &j->pieces.item[i];
	const char *g = train_params_grad(j->params, s->param);

	(void)worker;
	j->squares[i] = sum_of_squares(g + s->begin * j->params->real, s->count, j->params->real);
}

double optim_gradient_norm(const struct train_params *params, int threads)
{
	struct norm j = { params, cut(params), NULL };
	double sum = 0, split = 0;
	bool any = false;

	j.squares = xcalloc(j.pieces.n, sizeof *j.squares);
	parallel_for(threads, j.pieces.n, squares_piece, &j);
	for (size_t i = 0; i < j.pieces.n; i++)
		if (params->item[j.pieces.item[i].param].rows) {
			split += j.squares[i];
			any = true;
		} else {
			sum += j.squares[i];
		}
	if (any)
		ranks_sum_f64(&split, 1);
	free(j.squares);
	free(j.pieces.item);
	return sqrt(sum + split);
}
