/* identify.c - 1:N identification of templates: rank-k, and TPIR at a FPIR, by two definitions */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/dot.h"
#include "common/num.h"
#include "common/thread.h"
#include "eval/lines.h"
#include "eval/recognition.h"

enum { RANKS = 3, FPIRS = 2 };

static const int ranks[RANKS] = { 1, 5, 10 };
static const double fpirs[FPIRS] = { .01, .1 };

/* Templates and their subjects, each template once. */
struct people {
	const char *path;
	int32_t *template;
	int64_t *subject;
	size_t n;
};

/* What a probe's similarities to a gallery come to. */
struct outcome {
	double mate;  /* the best mate's; -INFINITY without one */
	double other; /* the best of all others */
	size_t above; /* others above the mate */
};

static int add_person(struct people *p, int32_t template, int64_t subject, bool *seen)
{
	if (seen[template])
		return 0;
	seen[template] = true;
	if ((p->n & (p->n - 1)) == 0) {
		p->template = xrealloc_array(p->template, p->n ? 2 * p->n : 1, sizeof *p->template);
		p->subject = xrealloc_array(p->subject, p->n ? 2 * p->n : 1, sizeof *p->subject);
	}
	p->template[p->n] = template;
	p->subject[p->n++] = subject;
	return 0;
}

/* A csv with a header line, TEMPLATE_ID and SUBJECT_ID first; a template has a line for each of its pictures. */
static int read_people(struct people *p, const char *path, const struct templates *t, const struct recognition *r,
		       struct err *e)
{
	bool *seen = xcalloc(t->n, sizeof *seen);
	struct lines l;
	int rc = lines_open(&l, path, e);

	p->path = path;
	if (!rc)
		rc = lines_next(&l, e) < 0 ? -1 : 0;
	while (!rc && (rc = lines_next(&l, e)) > 0) {
		char *comma = strchr(l.text, ','), *second;
		int64_t id, subject;
		int32_t template;

		if (!comma) {
			rc = lines_bad(&l, e, "not 'TEMPLATE_ID,SUBJECT_ID,..'");
			break;
		}
		*comma = 0;
		second = comma + 1;
		second[strcspn(second, ",")] = 0;
		if (num_parse_i64(l.text, &id) || num_parse_i64(second, &subject))
			rc = lines_bad(&l, e, "not 'TEMPLATE_ID,SUBJECT_ID,..'");
		else if ((template = templates_find(t, id)) < 0)
			rc = err_set(e, "'%s' line %llu: template %lld is not in '%s'", path,
				     (unsigned long long)l.number, (long long)id, r->templates);
		else
			rc = add_person(p, template, subject, seen);
		if (rc)
			break;
	}
	lines_close(&l);
	free(seen);
	if (!rc && !p->n)
		rc = err_set(e, "'%s': no template in it", path);
	return rc;
}

struct search {
	const struct templates *t;
	const struct people *probe, *gallery;
	struct outcome *outcome; /* [probe.n] */
	float *others;		 /* [probe.n][gallery.n] similarities to non-mates, -2 for mates; NULL if not wanted */
};

static void search_probe(void *data, size_t i, int worker)
{
	struct search *s = data;
	const float *v = s->t->v + (size_t)s->probe->template[i] * s -> t -> dim;
	double *score = xrealloc_array(NULL, s->gallery->n, sizeof *score);
	struct outcome o = { .mate = -INFINITY, .other = -INFINITY };

	(void)worker;
	for (size_t k = 0; k < s->gallery->n; k++) {
		bool mate = s->gallery->subject[k] == s->probe->subject[i];

		score[k] = dot_f32(v, s->t->v + (size_t)s->gallery->template[k] * s -> t -> dim, s -> t -> dim);
		if (mate)
			o.mate = fmax(o.mate, score[k]);
		else
			o.other = fmax(o.other, score[k]);
		if (s->others)
			s->others[i * s->gallery->n + k] = mate ? -2 : (float)score[k];
	}
	for (size_t k = 0; k < s->gallery->n; k++)
		o.above += s->gallery->subject[k] != s->probe->subject[i] && score[k] > o.mate;
	s->outcome[i] = o;
	free(score);
}

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

/* As NIST counts: per gallery, probes without a mate in it are the impostors; rates are the mean over galleries. */
static void nist(struct recognition *r, struct search *s, const struct people *gallery, int galleries)
{
	size_t hits[RANKS] = { 0 }, mated_all = 0;
	double tpir[FPIRS] = { 0 }, *best = xrealloc_array(NULL, s->probe->n, sizeof *best);

	for (int g = 0; g < galleries; g++) {
		size_t mated = 0, others = 0;

		s->gallery = &gallery[g];
		parallel_for(r->threads, s->probe->n, search_probe, s);
		for (size_t i = 0; i < s->probe->n; i++) {
			if (s->outcome[i].mate == -INFINITY) {
				best[others++] = s->outcome[i].other;
				continue;
			}
			mated++;
			for (int k = 0; k < RANKS; k++)
				hits[k] += s->outcome[i].above < (size_t)ranks[k];
		}
		qsort(best, others, sizeof *best, descending);
		for (int f = 0; f < FPIRS; f++) {
			size_t at = (size_t)((double)others * fpirs[f]), found = 0;
			double threshold = others ? best[at ? at - 1 : 0] : -INFINITY;

			for (size_t i = 0; i < s->probe->n; i++)
				found += s->outcome[i].mate > threshold && s->outcome[i].mate > s->outcome[i].other;
			tpir[f] += (double)found / (double)mated / galleries;
		}
		mated_all += mated;
	}
	for (int k = 0; k < RANKS; k++) {
		char name[16];
		snprintf(name, sizeof name, "rank-%d", ranks[k]);
		report_add(&r->report, "1:N", name, "nist", (double)hits[k] / (double)s->probe->n,
			   (int64_t)s->probe->n);
	}
	report_add(&r->report, "1:N", "tpir@0.01", "nist", tpir[0], (int64_t)mated_all);
	report_add(&r->report, "1:N", "tpir@0.1", "nist", tpir[1], (int64_t)mated_all);
	free(best);
}

/* The k-th largest of n floats, by counting their ordered bits in two halves. */
static float kth_largest(const float *v, size_t n, size_t k)
{
	uint32_t prefix = 0;

	for (int half = 0; half < 2; half++) {
		size_t *count = xcalloc(1 << 16, sizeof *count), left = k;
		uint32_t digit = 0xffff;

		for (size_t i = 0; i < n; i++) {
			uint32_t u;
			memcpy(&u, &v[i], sizeof u);
			u = u >> 31 ? ~u : u | 0x80000000u;
			if (half == 0)
				count[u >> 16]++;
			else if (u >> 16 == prefix)
				count[u & 0xffff]++;
		}
		while (digit && count[digit] < left)
			left -= count[digit--];
		free(count);
		k = left;
		prefix = half ? prefix << 16 | digit : digit;
	}
	prefix = prefix >> 31 ? prefix & 0x7fffffffu : ~prefix;
	float result;
	memcpy(&result, &prefix, sizeof result);
	return result;
}

/* Both galleries as one, every probe has a mate; the threshold is taken of all similarities to non-mates. */
static int merged(struct recognition *r, struct search *s, const struct people *gallery, int galleries, struct err *e)
{
	struct people all = { .path = gallery[0].path };
	size_t hits[RANKS] = { 0 };
	double tpir[FPIRS];

	for (int g = 0; g < galleries; g++)
		all.n += gallery[g].n;
	all.template = xrealloc_array(NULL, all.n, sizeof *all.template);
	all.subject = xrealloc_array(NULL, all.n, sizeof *all.subject);
	for (size_t g = 0, at = 0; g < (size_t)galleries; at += gallery[g++].n) {
		memcpy(all.template + at, gallery[g].template, gallery[g].n * sizeof *all.template);
		memcpy(all.subject + at, gallery[g].subject, gallery[g].n * sizeof *all.subject);
	}
	s->gallery = &all;
	s->others = xrealloc_array(NULL, s->probe->n * all.n, sizeof *s->others);
	parallel_for(r->threads, s->probe->n, search_probe, s);
	for (int f = 0; f < FPIRS; f++) {
		size_t at = (size_t)ceil((double)s->probe->n * fpirs[f]), found = 0;
		float threshold = kth_largest(s->others, s->probe->n * all.n, at ? at : 1);

		for (size_t i = 0; i < s->probe->n; i++)
			found += (float)s->outcome[i].mate > threshold;
		tpir[f] = (double)found / (double)s->probe->n;
	}
	free(s->others);
	free(all.template);
	free(all.subject);
	for (size_t i = 0; i < s->probe->n; i++) {
		if (s->outcome[i].mate == -INFINITY)
			return err_set(e,
				       "'%s': subject %lld has no mate in the galleries\nhint: --identification nist",
				       s->probe->path, (long long)s->probe->subject[i]);
		for (int k = 0; k < RANKS; k++)
			hits[k] += s->outcome[i].above < (size_t)ranks[k];
	}
	for (int k = 0; k < RANKS; k++) {
		char name[16];
		snprintf(name, sizeof name, "rank-%d", ranks[k]);
		report_add(&r->report, "1:N", name, "merged", (double)hits[k] / (double)s->probe->n,
			   (int64_t)s->probe->n);
	}
	report_add(&r->report, "1:N", "tpir@0.01", "merged", tpir[0], (int64_t)s->probe->n);
	report_add(&r->report, "1:N", "tpir@0.1", "merged", tpir[1], (int64_t)s->probe->n);
	return 0;
}

int recognition_identify(struct recognition *r, const struct templates *t, struct err *e)
{
	int galleries = r->gallery.n, rc = 0;
	struct people *gallery = xcalloc((size_t)galleries, sizeof *gallery), probe = { 0 };
	struct search s = { .t = t, .probe = &probe };

	for (int g = 0; g < galleries && !rc; g++)
		rc = read_people(&gallery[g], r->gallery.item[g], t, r, e);
	if (!rc)
		rc = read_people(&probe, r->probe, t, r, e);
	if (!rc) {
		s.outcome = xrealloc_array(NULL, probe.n, sizeof *s.outcome);
		if (r->identification == IDENTIFY_NIST)
			nist(r, &s, gallery, galleries);
		else
			rc = merged(r, &s, gallery, galleries, e);
		free(s.outcome);
	}
	for (int g = 0; g < galleries; g++) {
		free(gallery[g].template);
		free(gallery[g].subject);
	}
	free(gallery);
	free(probe.template);
	free(probe.subject);
	return rc;
}
