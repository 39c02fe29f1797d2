/* score_intervals.c - see score_intervals.h */
#include "eval/score_intervals.h"

#include <stdlib.h>

#include "common/metrics/bootstrap.h"
#include "common/thread.h"

/* Draws and drawn scores of all threads together, about 12 bytes a comparison, stay below 1 GB where they can. */
enum { UNITS_AT_ONCE = 80000000 };

struct sample {
	uint32_t *times; /* [n] */
	double *score;	 /* [n] a replicate's genuine scores, then its impostors' */
};

struct replicates {
	const struct report *r;
	const struct score_rates *rates;
	const struct scores *s;
	size_t n;	       /* comparisons */
	struct sample *sample; /* [threads] */
	double *value;	       /* [rates->count][r->bootstrap] */
};

/* Each score as often as it was drawn: still ascending. */
static size_t repeat(const double *score, const uint32_t *times, size_t n, double *to)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		for (uint32_t t = 0; t < times[i]; t++)
			to[m++] = score[i];
	return m;
}

static void replicate(void *data, size_t b, int worker)
{
	struct replicates *p = data;
	struct sample *d = &p->sample[worker];
	const struct scores *s = p->s;
	struct scores drawn;
	double one[SCORE_RATES_MAX];

	if (!d->times) {
		d->times = xrealloc_array(NULL, p->n, sizeof *d->times);
		d->score = xrealloc_array(NULL, p->n, sizeof *d->score);
	}
	bootstrap_draw((uint64_t)p->r->seed, (uint32_t)b, p->n, d->times);
	drawn.genuine = d->score;
	drawn.genuines = repeat(s->genuine, d->times, s->genuines, d->score);
	drawn.impostor = d->score + drawn.genuines;
	drawn.impostors = repeat(s->impostor, d->times + s->genuines, s->impostors, d->score + drawn.genuines);
	p->rates->compute(&drawn, p->n - drawn.genuines - drawn.impostors, one, p->rates->data);
	for (int k = 0; k < p->rates->count; k++)
		p->value[(size_t)k * (size_t)p->r->bootstrap + b] = one[k];
}

void score_intervals(const struct report *r, struct report_row *row, const struct score_rates *rates,
		     const struct scores *s, size_t missing, int threads)
{
	struct replicates p = { .r = r, .rates = rates, .s = s };
	size_t count = (size_t)r->bootstrap;

	p.n = s->genuines + s->impostors + missing;
	if (!count || !p.n)
		return;
	while (threads > 1 && (size_t)threads * p.n > UNITS_AT_ONCE)
		threads--;
	p.value = xrealloc_array(NULL, count * (size_t)rates->count, sizeof *p.value);
	p.sample = xcalloc((size_t)threads, sizeof *p.sample);
	parallel_for(threads, count, replicate, &p);
	for (int k = 0; k < rates->count; k++)
		report_interval(r, row + k, p.value + (size_t)k * count);
	for (int t = 0; t < threads; t++) {
		free(p.sample[t].times);
		free(p.sample[t].score);
	}
	free(p.sample);
	free(p.value);
}
