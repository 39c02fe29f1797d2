/* measure.c - see measure.h */
#include "eval/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/bootstrap.h"
#include "common/thread.h"

/* ---- units */

struct keyed {
	const char *group;
	size_t sample;
};

static int by_group(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int c = strcmp(x->group, y->group);

	return c ? c : (x->sample > y->sample) - (x->sample < y->sample);
}

void units_make(struct units *u, const size_t *index, size_t n, char *const *group)
{
	struct keyed *k = xrealloc_array(NULL, n + 1, sizeof *k);

	u->start = xrealloc_array(NULL, n + 1, sizeof *u->start);
	u->member = xrealloc_array(NULL, n + 1, sizeof *u->member);
	u->n = 0;
	for (size_t i = 0; i < n; i++)
		k[i] = (struct keyed){ group ? group[index[i]] : "", index[i] };
	if (group)
		qsort(k, n, sizeof *k, by_group);
	for (size_t i = 0; i < n; i++) {
		u->member[i] = k[i].sample;
		if (!group || i == 0 || strcmp(k[i].group, k[i - 1].group) != 0)
			u->start[u->n++] = i;
	}
	u->start[u->n] = n;
	free(k);
}

void units_release(struct units *u)
{
	free(u->start);
	free(u->member);
	*u = (struct units){ 0 };
}

void draw_units(struct draw *d, const struct units *u, uint64_t seed, uint32_t r)
{
	if (!d->times)
		d->times = xrealloc_array(NULL, u->n + 1, sizeof *d->times);
	bootstrap_draw(seed, r, u->n, d->times);
	d->n = 0;
	for (size_t i = 0; i < u->n; i++)
		d->n += d->times[i] * (u->start[i + 1] - u->start[i]);
	if (d->n > d->cap) {
		d->cap = d->n + d->n / 4;
		free(d->index);
		d->index = xrealloc_array(NULL, d->cap, sizeof *d->index);
	}
	for (size_t i = 0, at = 0; i < u->n; i++)
		for (uint32_t t = 0; t < d->times[i]; t++) {
			size_t size = u->start[i + 1] - u->start[i];
			memcpy(d->index + at, u->member + u->start[i], size * sizeof *d->index);
			at += size;
		}
}

void draw_release(struct draw *d)
{
	free(d->index);
	free(d->times);
	*d = (struct draw){ 0 };
}

/* ---- rows */

/* Replicates are independent of each other, so any number of threads gives the same. */
struct replicates {
	const struct report *r;
	const struct measure *m;
	struct units units;
	struct draw *draw; /* [threads] */
	double *value;	   /* [m->count][r->bootstrap] */
};

static void replicate(void *data, size_t i, int worker)
{
	struct replicates *p = data;
	struct draw *d = &p->draw[worker];
	double one[MEASURE_MAX];

	draw_units(d, &p->units, (uint64_t)p->r->seed, (uint32_t)i);
	p->m->compute(d->index, d->n, one, p->m->data);
	for (int k = 0; k < p->m->count; k++)
		p->value[(size_t)k * (size_t)p->r->bootstrap + i] = one[k];
}

static void add_intervals(const struct report *r, struct report_row *row, const struct measure *m, const size_t *index,
			  size_t n, char *const *group)
{
	int threads = thread_default();
	size_t count = (size_t)r->bootstrap;
	struct replicates p = { .r = r, .m = m };

	p.value = xrealloc_array(NULL, count * (size_t)m->count, sizeof *p.value);
	p.draw = xcalloc((size_t)threads, sizeof *p.draw);
	units_make(&p.units, index, n, group);
	parallel_for(threads, count, replicate, &p);
	for (int k = 0; k < m->count; k++)
		report_interval(r, row + k, p.value + (size_t)k * count);
	for (int t = 0; t < threads; t++)
		draw_release(&p.draw[t]);
	free(p.draw);
	free(p.value);
	units_release(&p.units);
}

void measure_add(struct report *r, const char *subset, const struct measure *m, const size_t *index, size_t n,
		 char *const *group)
{
	double value[MEASURE_MAX];
	size_t counted = m->compute(index, n, value, m->data);

	for (int k = 0; k < m->count; k++)
		report_add(r, subset, m->name[k], m->normaliser, value[k], (int64_t)counted);
	if (r->bootstrap && n)
		add_intervals(r, r->row + r->n - m->count, m, index, n, group);
}

/* ---- the samples */

int sample_file_open(struct sample_file *f, const char *path, const struct report *r, int argc, char *const *argv,
		     struct err *e)
{
	static const char *const name[] = { "id", "face", "group", "name", "truth", "pred", "error" };

	*f = (struct sample_file){ 0 };
	if (!path)
		return 0;
	if (out_open(&f->out, path, false, e))
		return -1;
	f->open = true;
	tsv_out_pg(&f->tsv, r->no_pg, argc + 1, argv - 1);
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		tsv_out_raw(&f->tsv, name[i]);
	tsv_out_end(&f->tsv);
	return 0;
}

static void put(struct tsv_out *w, double v)
{
	if (isnan(v))
		tsv_out_raw(w, "");
	else
		tsv_out_f64(w, v);
}

int sample_file_add(struct sample_file *f, const char *id, int64_t face, const char *group, const char *name,
		    double truth, double pred, double error, struct err *e)
{
	if (!f->open)
		return 0;
	tsv_out_str(&f->tsv, id);
	tsv_out_i64(&f->tsv, face);
	tsv_out_str(&f->tsv, group);
	tsv_out_str(&f->tsv, name);
	put(&f->tsv, truth);
	put(&f->tsv, pred);
	put(&f->tsv, error);
	tsv_out_end(&f->tsv);
	return tsv_out_write(&f->tsv, &f->out, e);
}

int sample_file_close(struct sample_file *f, struct err *e)
{
	int rc;

	if (!f->open)
		return 0;
	rc = tsv_out_write(&f->tsv, &f->out, e);
	tsv_out_release(&f->tsv);
	f->open = false;
	if (!rc)
		return out_commit(&f->out, e);
	out_abort(&f->out);
	return -1;
}

void sample_file_abort(struct sample_file *f)
{
	if (f->open)
		out_abort(&f->out);
	tsv_out_release(&f->tsv);
	f->open = false;
}
