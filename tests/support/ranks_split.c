/* ranks_split.c - parameters whose rows are shared out over ranks, against the whole ones: see ranks_check.h */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/ranks.h"
#include "common/nn/train_ranks.h"
#include "tests/support/ranks_check.h"

enum { ROWS = 11, COLUMNS = 7, SEED = 3 };

struct both {
	struct train_params params;
	struct optim optim;
};

/* The same parameters on every rank, and one of which each has a share of the rows; or, not split, all of them. */
static void build(struct both *b, const struct optim_config *c, bool split)
{
	long rank = ranks_rank(), ranks = ranks_size();
	int64_t first = split ? ROWS * rank / ranks : 0, end = split ? ROWS * (rank + 1) / ranks : ROWS;
	struct train_params *p = &b->params;
	size_t i, running;

	train_params_init(p, nn_train_cpu());
	train_params_conv(p, "a", 24, 3, 3);
	train_params_bn(p, "a.norm", 24, &running);
	i = train_params_declare(p, "b", TRAIN_LINEAR, COLUMNS, (struct shape){ 2, { end - first, COLUMNS } });
	if (end - first < ROWS)
		train_params_split(p, i, first, ROWS);
	train_params_declare(p, "c", TRAIN_LINEAR, 5, (struct shape){ 2, { 40, 5 } });
	train_params_declare(p, "frozen", TRAIN_BIAS, 5, (struct shape){ 1, { 5 } });
	train_params_alloc(p);
	train_params_start(p, SEED);
	optim_init(&b->optim, c, p);
}

static void release(struct both *b)
{
	optim_release(&b->optim);
	train_params_release(&b->params);
}

static void check(bool good, const char *what)
{
	if (!good)
		die(EXIT_CODE_FAILED, "%s", what);
}

/* Numbers x of the arenas of both: those of the split parameter are rows of the whole one, all others the same. */
static bool same(const struct both *split, const struct both *whole, const void *x, const void *y)
{
	for (size_t i = 0; i < split->params.n; i++) {
		const struct train_param *s = &split->params.item[i], *w = &whole->params.item[i];
		size_t row = s->count / (size_t)s->shape.dim[0];

		if (memcmp((const float *)x + s->offset, (const float *)y + w->offset + (size_t)s->first * row,
			   s->count * sizeof(float)) != 0)
			return false;
	}
	return true;
}

/* Element j of parameter i of a rank's gradient: a small integer. */
static float number(size_t i, size_t j, int rank)
{
	return (float)((int)((i * 31 + j * 7) % 9) - 4) * (float)(1 + rank);
}

/* Gradients as backward leaves them on this rank: of the whole batch for split rows, else its own share. */
static void fill(struct both *b, bool all)
{
	for (size_t i = 0; i < b->params.n; i++) {
		const struct train_param *t = &b->params.item[i];
		size_t before = t->rows ? (size_t)t->first * COLUMNS : 0;
		float *g = train_params_grad(&b->params, i);

		for (size_t j = 0; j < t->count; j++) {
			int ranks = ranks_size(), times = ranks * (ranks + 1) / 2 - 1;

			g[j] = number(i, before + j, all && strcmp(t->name, "b") != 0 ? times : ranks_rank());
			if (!strcmp(t->name, "b"))
				g[j] = number(i, before + j, 0);
			if (!strcmp(t->name, "frozen"))
				g[j] = 0;
		}
	}
}

static void sums(struct both *split, const struct both *whole)
{
	struct train_sums s;

	train_sums_init(&s, &split->params);
	for (int turn = 0; turn < 2; turn++) {
		fill(split, false);
		train_sums_begin(&s);
		for (size_t i = split->params.n - 1; i-- > 0;) /* not the last one */
			train_sums_complete(&s, i, 1);
		check(train_sums_end(&s) == 1, "one parameter was never complete");
		check(same(split, whole, split->params.grad, whole->params.grad), "sums of gradients");
	}
	train_sums_release(&s);
}

static void gather(struct both *split, const struct both *whole)
{
	struct train_whole *w = train_whole_new(&split->optim);
	const struct train_param *own = &split->params.item[3], *all = &whole->params.item[3];
	size_t bytes = all->count * sizeof(float);

	check(!w == (ranks_size() == 1), "something is split");
	if (!w)
		return;
	train_whole_gather(w, &split->optim);
	check(!memcmp(w[3].value, train_params_value(&whole->params, 3), bytes) &&
		      !memcmp(w[3].m, (float *)whole->optim.m + all->offset, bytes) && (!w[3].v) == (!whole->optim.v) &&
		      (!w[3].v || !memcmp(w[3].v, (float *)whole->optim.v + all->offset, bytes)),
	      "all rows, put together");
	memset(train_params_value(&split->params, 3), 0, own->count * sizeof(float));
	memset((float *)split->optim.m + own->offset, 0, own->count * sizeof(float));
	train_whole_take(w, &split->optim);
	check(same(split, whole, split->params.value, whole->params.value) &&
		      same(split, whole, split->optim.m, whole->optim.m),
	      "own rows, taken again");
	train_whole_free(w, &split->optim);
}

static void one_kind(const struct optim_config *c)
{
	struct both split, whole;
	struct err e = { 0 };

	build(&split, c, true);
	build(&whole, c, false);
	check(same(&split, &whole, split.params.value, whole.params.value), "the start");
	fill(&whole, true);
	sums(&split, &whole);
	for (int i = 0; i < 2; i++) {
		check(optim_gradient_norm(&split.params, 1) == optim_gradient_norm(&whole.params, 1), "the norm");
		optim_step(&split.optim, .1, 1);
		optim_step(&whole.optim, .1, 1);
		check(same(&split, &whole, split.params.value, whole.params.value), "a step");
	}
	gather(&split, &whole);
	check(!train_ranks_alike(train_ranks_hash(&split.optim, 0), &e), "ranks are alike");
	split.params.running[0].var[5] += (float)ranks_rank();
	check(!train_ranks_alike(train_ranks_hash(&split.optim, 0), &e) == (ranks_size() == 1), "and are not");
	release(&split);
	release(&whole);
}

void ranks_check_split(void)
{
	one_kind(&(struct optim_config){ .kind = OPTIM_SGD, .momentum = .9, .weight_decay = 1e-3 });
	one_kind(&(struct optim_config){ .kind = OPTIM_ADAM, .beta1 = .5, .beta2 = .99, .eps = 1e-8 });
	/* By norms of all rows: the gradient's, of integers, is exact, the values' but for what f32 does not see. */
	one_kind(&(struct optim_config){ .kind = OPTIM_LARS, .momentum = .9, .trust = .001, .eps = 1e-8 });
	printf("rank %d of %d: split parameters are the whole ones\n", ranks_rank(), ranks_size());
}
