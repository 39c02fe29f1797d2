/* train_ranks.c - see train_ranks.h */
#include "common/nn/train_ranks.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/nn/ranks.h"

/* ---- sums */

enum { BUCKET = 1 << 20 }; /* numbers: some milliseconds of traffic, a dozen of ResNet-50's nodes */

void train_sums_init(struct train_sums *s, const struct train_params *params)
{
	*s = (struct train_sums){ .params = params, .complete = xcalloc(params->n, sizeof *s->complete) };
}

void train_sums_release(struct train_sums *s)
{
	free(s->complete);
	*s = (struct train_sums){ 0 };
}

void train_sums_begin(struct train_sums *s)
{
	memset(s->complete, 0, s->params->n * sizeof *s->complete);
	s->next = s->handed = s->params->n;
}

/* Parameters [from, to) are as complete as they get: rows of neighbours among them go together. */
static void hand_over(struct train_sums *s, size_t from, size_t to)
{
	const struct train_params *p = s->params;

	for (size_t i = from; i < to;) {
		size_t begin = i, count = 0;

		while (i < to && s->complete[i] && !p->item[i].rows)
			count += p->item[i++].count;
		if (count)
			ranks_sum_later(train_params_grad(p, begin), count, p->real);
		else
			i++;
	}
	s->handed = from;
}

void train_sums_complete(void *sums, size_t first, size_t count)
{
	struct train_sums *s = sums;
	const struct train_params *p = s->params;

	for (size_t i = first; i < first + count; i++)
		s->complete[i] = true;
	while (s->next > 0 && s->complete[s->next - 1])
		s->next--;
	size_t end = s->handed < p->n ? p->item[s->handed].offset : p->count;
	if (s->next < p->n && end - p->item[s->next].offset >= BUCKET)
		hand_over(s, s->next, s->handed);
}

size_t train_sums_end(struct train_sums *s)
{
	size_t never = 0;

	hand_over(s, 0, s->handed);
	ranks_sum_wait();
	for (size_t i = 0; i < s->params->n; i++)
		never += !s->complete[i];
	return never;
}

/* ---- all rows */

static size_t row_bytes(const struct train_params *p, const struct train_param *t)
{
	return t->count / (size_t)t->shape.dim[0] * p->real;
}

struct train_whole *train_whole_new(const struct optim *o)
{
	const struct train_params *p = o->params;
	struct train_whole *w = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const struct train_param *t = &p->item[i];

		if (!t->rows)
			continue;
		if (!w)
			w = xcalloc(p->n, sizeof *w);
		w[i].value = xcalloc((size_t)t->rows, row_bytes(p, t));
		w[i].m = xcalloc((size_t)t->rows, row_bytes(p, t));
		w[i].v = o->v ? xcalloc((size_t)t->rows, row_bytes(p, t)) : NULL;
	}
	return w;
}

void train_whole_free(struct train_whole *w, const struct optim *o)
{
	for (size_t i = 0; w && i < o->params->n; i++) {
		free(w[i].value);
		free(w[i].m);
		free(w[i].v);
	}
	free(w);
}

/* The rows that each rank has of parameter t in its arena, in their places in dst. */
static void gather(const struct train_params *p, const struct train_param *t, const void *arena, void *dst)
{
	size_t row = row_bytes(p, t), ranks = (size_t)ranks_size();
	int64_t own[2] = { t->first, t->shape.dim[0] }, (*all)[2] = xcalloc(ranks, sizeof *all), most = 0;

	ranks_gather(own, sizeof own, all);
	for (size_t r = 0; r < ranks; r++)
		most = all[r][1] > most ? all[r][1] : most;
	char *mine = xcalloc((size_t)most, row), *each = xcalloc(ranks * (size_t)most, row);
	memcpy(mine, (const char *)arena + t->offset * p->real, t->count * p->real);
	ranks_gather(mine, (size_t)most * row, each);
	for (size_t r = 0; r < ranks; r++)
		memcpy((char *)dst + (size_t)all[r][0] * row, each + r * (size_t)most * row, (size_t)all[r][1] * row);
	free(mine);
	free(each);
	free(all);
}

void train_whole_gather(struct train_whole *w, const struct optim *o)
{
	const struct train_params *p = o->params;

	for (size_t i = 0; w && i < p->n; i++) {
		if (!p->item[i].rows)
			continue;
		gather(p, &p->item[i], p->value, w[i].value);
		gather(p, &p->item[i], o->m, w[i].m);
		if (o->v)
			gather(p, &p->item[i], o->v, w[i].v);
	}
}

static void take(const struct train_params *p, const struct train_param *t, const void *whole, void *arena)
{
	memcpy((char *)arena + t->offset * p->real, (const char *)whole + (size_t)t->first * row_bytes(p, t),
	       t->count * p->real);
}

void train_whole_take(const struct train_whole *w, struct optim *o)
{
	const struct train_params *p = o->params;

	for (size_t i = 0; w && i < p->n; i++) {
		if (!p->item[i].rows)
			continue;
		take(p, &p->item[i], w[i].value, p->value);
		take(p, &p->item[i], w[i].m, o->m);
		if (o->v)
			take(p, &p->item[i], w[i].v, o->v);
	}
}

/* ---- the same on all ranks */

uint32_t train_ranks_hash(const struct optim *o, uint32_t crc)
{
	const struct train_params *p = o->params;

	for (size_t i = 0; i < p->n; i++) {
		size_t at = p->item[i].offset * p->real, bytes = p->item[i].count * p->real;

		if (p->item[i].rows)
			continue;
		crc = crc32_add(crc, (const char *)p->value + at, bytes);
		crc = crc32_add(crc, (const char *)o->m + at, bytes);
		if (o->v)
			crc = crc32_add(crc, (const char *)o->v + at, bytes);
	}
	for (size_t i = 0; i < p->n_running; i++)
		crc = crc32_add(crc, p->running[i].mean, 2 * (size_t)p->running[i].c * sizeof(float)); /* and var */
	return crc32_add(crc, o->steps, p->n * sizeof *o->steps);
}

int train_ranks_alike(uint32_t hash, struct err *e)
{
	uint32_t *all = xcalloc((size_t)ranks_size(), sizeof *all);
	int rc = 0;

	ranks_gather(&hash, sizeof hash, all);
	for (int r = 1; r < ranks_size() && !rc; r++)
		if (all[r] != all[0])
			rc = err_code(e, EXIT_CODE_FAILED,
				      "rank %d begins with other parameters, types or state than rank 0", r);
	free(all);
	return rc;
}
