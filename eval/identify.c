/* identify.c - 1:N identification of templates: rank-k, and TPIR at a FPIR, by two definitions */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics/dot.h"
#include "common/num.h"
#include "common/thread.h"
#include "eval/lines.h"
#include "eval/measure.h"
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

/* What a probe is found to be in a gallery; at the thresholds of all probes. */
struct verdict {
	bool mated, hit[RANKS + FPIRS];
};

struct search {
	const struct templates *t;
	const struct people *probe, *gallery;
	struct outcome *outcome; /* [probe.n] */
	struct verdict *verdict; /* [searches][probe.n] */
	int searches;		 /* galleries, or 1 */
	int threads;
	float *others; /* [probe.n][gallery.n] similarities to non-mates, -2 for mates; NULL if not wanted */
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

/* Rates over some probes. Ranks count over all of them, tpir over those with a mate, as the mean over galleries. */
static size_t rates(const size_t *index, size_t n, double *value, void *data)
{
	const struct search *s = data;

	for (int k = 0; k < RANKS + FPIRS; k++) {
		size_t all = 0;

		value[k] = 0;
		for (int g = 0; g < s->searches; g++) {
			const struct verdict *v = s->verdict + (size_t)g * s->probe->n;
			size_t mated = 0, hits = 0;

			for (size_t i = 0; i < n; i++) {
				mated += v[index[i]].mated;
				hits += v[index[i]].hit[k];
			}
			all += hits;
			value[k] += (double)hits / (double)mated / s->searches;
		}
		if (k < RANKS)
			value[k] = (double)all / (double)n;
	}
	return n;
}

/* Intervals resample probes. */
static void add_rates(struct recognition *r, struct search *s, const char *how)
{
	const struct measure m = { .count = RANKS + FPIRS,
				   .name = { "rank-1", "rank-5", "rank-10", "tpir@0.01", "tpir@0.1" },
				   .normaliser = how,
				   .compute = rates,
				   .data = s };
	size_t n = s->probe->n, *index = xrealloc_array(NULL, n, sizeof *index), mated = 0;

	for (size_t i = 0; i < n; i++)
		index[i] = i;
	measure_add(&r->report, "1:N", &m, index, n, NULL);
	for (size_t i = 0; i < n * (size_t)s->searches; i++)
		mated += s->verdict[i].mated;
	for (int f = 1; f <= FPIRS; f++)
		r->report.row[r->report.n - (size_t)f].n = (int64_t)mated;
	free(index);
}

/* The ranks of a probe with a mate. */
static void judge_ranks(struct verdict *v, const struct outcome *o)
{
	v->mated = true;
	for (int k = 0; k < RANKS; k++)
		v->hit[k] = o->above < (size_t)ranks[k];
}

/* As NIST counts: per gallery, probes without a mate in it are the impostors; rates are the mean over galleries. */
static void nist(struct search *s, const struct people *gallery)
{
	double *best = xrealloc_array(NULL, s->probe->n, sizeof *best);

	for (int g = 0; g < s->searches; g++) {
		struct verdict *v = s->verdict + (size_t)g * s->probe->n;
		size_t others = 0;

		s->gallery = &gallery[g];
		parallel_for(s->threads, s->probe->n, search_probe, s);
		for (size_t i = 0; i < s->probe->n; i++)
			if (s->outcome[i].mate == -INFINITY)
				best[others++] = s->outcome[i].other;
			else
				judge_ranks(&v[i], &s->outcome[i]);
		qsort(best, others, sizeof *best, descending);
		for (int f = 0; f < FPIRS; f++) {
			size_t at = (size_t)((double)others * fpirs[f]);
			double threshold = others ? best[at ? at - 1 : 0] : -INFINITY;

			for (size_t i = 0; i < s->probe->n; i++)
				v[i].hit[RANKS + f] = s->outcome[i].mate > threshold &&
						      s->outcome[i].mate > s->outcome[i].other;
		}
	}
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

/* All galleries as one. */
static struct people merge(const struct people *gallery, int galleries)
{
	struct people all = { .path = gallery[0].path };

	for (int g = 0; g < galleries; g++)
		all.n += gallery[g].n;
	all.template = xrealloc_array(NULL, all.n, sizeof *all.template);
	all.subject = xrealloc_array(NULL, all.n, sizeof *all.subject);
	for (size_t g = 0, at = 0; g < (size_t)galleries; at += gallery[g++].n) {
		memcpy(all.template + at, gallery[g].template, gallery[g].n * sizeof *all.template);
		memcpy(all.subject + at, gallery[g].subject, gallery[g].n * sizeof *all.subject);
	}
	return all;
}

/* Every probe has a mate in the one gallery; the threshold is taken of all similarities to non-mates. */
static int merged(struct search *s, const struct people *all, struct err *e)
{
	s->gallery = all;
	s->others = xrealloc_array(NULL, s->probe->n * all->n, sizeof *s->others);
	parallel_for(s->threads, s->probe->n, search_probe, s);
	for (int f = 0; f < FPIRS; f++) {
		size_t at = (size_t)ceil((double)s->probe->n * fpirs[f]);
		float threshold = kth_largest(s->others, s->probe->n * all->n, at ? at : 1);

		for (size_t i = 0; i < s->probe->n; i++)
			s->verdict[i].hit[RANKS + f] = (float)s->outcome[i].mate > threshold;
	}
	free(s->others);
	for (size_t i = 0; i < s->probe->n; i++) {
		if (s->outcome[i].mate == -INFINITY)
			return err_set(e,
				       "'%s': subject %lld has no mate in the galleries\nhint: --identification nist",
				       s->probe->path, (long long)s->probe->subject[i]);
		judge_ranks(&s->verdict[i], &s->outcome[i]);
	}
	return 0;
}

static int search(struct recognition *r, struct search *s, const struct people *gallery, int galleries, struct err *e)
{
	bool one = r->identification == IDENTIFY_MERGED;
	int rc = 0;

	s->threads = r->threads;
	s->searches = one ? 1 : galleries;
	s->outcome = xrealloc_array(NULL, s->probe->n, sizeof *s->outcome);
	s->verdict = xcalloc(s->probe->n * (size_t)s->searches, sizeof *s->verdict);
	if (one) {
		struct people all = merge(gallery, galleries);

		rc = merged(s, &all, e);
		free(all.template);
		free(all.subject);
	} else {
		nist(s, gallery);
	}
	if (!rc)
		add_rates(r, s, one ? "merged" : "nist");
	free(s->outcome);
	free(s->verdict);
	return rc;
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
	if (!rc)
		rc = search(r, &s, gallery, galleries, e);
	for (int g = 0; g < galleries; g++) {
		free(gallery[g].template);
		free(gallery[g].subject);
	}
	free(gallery);
	free(probe.template);
	free(probe.subject);
	return rc;
}
