/* templates.c - embeddings pooled to templates: the mean over each media's pictures, the sum over media, norm 1 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/num.h"
#include "eval/lines.h"
#include "eval/recognition.h"

enum { MAX_ID = 1 << 26 };

/* A picture's part in a template: name template media. */
struct member {
	uint64_t key;
	int64_t template, media;
	double weight; /* factor / pictures of that media in the template */
	uint64_t line;
	bool found;
};

struct pool {
	struct member *member; /* [n] by key */
	size_t n;
	struct templates *t;
	double *sum; /* [t->n][dim] */
	const struct recognition *r;
};

static int read_members(struct pool *p, struct err *e)
{
	struct lines l;
	int rc = lines_open(&l, p->r->templates, e);

	while (!rc && (rc = lines_next(&l, e)) > 0) {
		struct member m = { .weight = 1, .line = l.number };
		char *f[3];

		if (lines_split(&l, " \t", f, 3) != 3 || num_parse_i64(f[1], &m.template) ||
		    num_parse_i64(f[2], &m.media))
			rc = lines_bad(&l, e, "not 'name template media'");
		else if (m.template <0 || m.template > MAX_ID)
			rc = lines_bad(&l, e, "a template number out of range");
		else
			rc = 0;
		if (rc)
			break;
		m.key = hash_key(f[0]);
		if ((p->n & (p->n - 1)) == 0)
			p->member = xrealloc_array(p->member, p->n ? 2 * p->n : 1, sizeof *p->member);
		p->member[p->n++] = m;
	}
	lines_close(&l);
	if (!rc && !p->n)
		rc = err_set(e, "'%s': no template in it", p->r->templates);
	return rc;
}

static int by_media(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->template != y->template)
		return x->template <y->template ? -1 : 1;
	if (x->media != y->media)
		return x->media < y->media ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static int by_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* Numbers the templates and gives each picture its weight within its media. */
static void weigh(struct pool *p)
{
	struct templates *t = p->t;

	qsort(p->member, p->n, sizeof *p->member, by_media);
	t->max_id = p->member[p->n - 1].template;
	t->number = xrealloc_array(NULL, (size_t)t->max_id + 1, sizeof *t->number);
	t->id = xrealloc_array(NULL, p->n, sizeof *t->id);
	for (int64_t i = 0; i <= t->max_id; i++)
		t->number[i] = -1;
	for (size_t i = 0, end; i < p->n; i = end) {
		const struct member *m = &p->member[i];

		for (end = i; end < p->n && p->member[end].template == m->template && p->member[end].media == m->media;)
			end++;
		for (size_t k = i; k < end; k++)
			p->member[k].weight = 1 / (double)(end - i);
		if (t->number[m->template] < 0) {
			t->number[m->template] = (int32_t)t->n;
			t->id[t->n++] = m->template;
		}
	}
	qsort(p->member, p->n, sizeof *p->member, by_key);
}

/* The first member of that key, or n. */
static size_t find_key(const struct pool *p, uint64_t key)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (p->member[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n && p->member[low].key == key ? low : p->n;
}

/* A line "name .. factor": the detector's score in ijbb_name_5pts_score.txt. */
static int read_quality(struct pool *p, struct err *e)
{
	struct lines l;
	int rc;

	if (!p->r->quality)
		return 0;
	rc = lines_open(&l, p->r->quality, e);
	while (!rc && (rc = lines_next(&l, e)) > 0) {
		char *last = strrchr(l.text, ' ') ? strrchr(l.text, ' ') : strrchr(l.text, '\t');
		double factor;

		rc = 0;
		if (!last || num_parse_f64(last + 1, &factor) || !isfinite(factor)) {
			rc = lines_bad(&l, e, "does not end in a factor");
			break;
		}
		l.text[strcspn(l.text, " \t")] = 0;
		uint64_t key = hash_key(l.text);
		for (size_t i = find_key(p, key); i < p->n && p->member[i].key == key; i++)
			p->member[i].weight *= factor;
	}
	lines_close(&l);
	return rc;
}

static int take(void *data, const struct record *head, const float *v, size_t n, struct err *e)
{
	struct pool *p = data;
	size_t i = find_key(p, head->key);
	double norm = 1;

	if (!p->sum) {
		p->t->dim = n;
		p->sum = xcalloc(p->t->n, n * sizeof *p->sum);
	}
	if (i < p->n && p->member[i].found)
		return err_set(e, "'%s': two embeddings of the picture on line %llu of '%s'", p->r->embeddings,
			       (unsigned long long)p->member[i].line, p->r->templates);
	if (i < p->n && p->r->unit) {
		norm = 0;
		for (size_t k = 0; k < n; k++)
			norm += (double)v[k] * (double)v[k];
		norm = sqrt(norm);
		if (!(norm > 0))
			return err_set(e, "'%s': the embedding of the picture on line %llu of '%s' is zero",
				       p->r->embeddings, (unsigned long long)p->member[i].line, p->r->templates);
	}
	for (; i < p->n && p->member[i].key == head->key; i++) {
		double *sum = p->sum + (size_t)p->t->number[p->member[i].template] * n, w = p->member[i].weight / norm;

		p->member[i].found = true;
		for (size_t k = 0; k < n; k++)
			sum[k] += w * (double)v[k];
	}
	return 0;
}

static int normalise(struct pool *p, struct err *e)
{
	struct templates *t = p->t;

	for (size_t i = 0; i < p->n; i++)
		if (!p->member[i].found)
			return err_set(e, "'%s': no embedding of the picture on line %llu of '%s'", p->r->embeddings,
				       (unsigned long long)p->member[i].line, p->r->templates);
	t->v = xrealloc_array(NULL, t->n * t->dim, sizeof *t->v);
	for (size_t i = 0; i < t->n; i++) {
		const double *sum = p->sum + i * t->dim;
		double square = 0;

		for (size_t k = 0; k < t->dim; k++)
			square += sum[k] * sum[k];
		if (!(square > 0) || !isfinite(square))
			return err_set(e, "'%s': template %lld is zero", p->r->templates, (long long)t->id[i]);
		for (size_t k = 0; k < t->dim; k++)
			t->v[i * t->dim + k] = (float)(sum[k] / sqrt(square));
	}
	return 0;
}

int templates_read(struct templates *t, const struct recognition *r, struct err *e)
{
	struct pool p = { .t = t, .r = r };
	int rc;

	*t = (struct templates){ 0 };
	rc = read_members(&p, e);
	if (!rc) {
		weigh(&p);
		rc = read_quality(&p, e) || embeddings_each(r->embeddings, r->fd, take, &p, e) || normalise(&p, e) ? -1
														   : 0;
	}
	free(p.member);
	free(p.sum);
	return rc;
}

int32_t templates_find(const struct templates *t, int64_t id)
{
	return id >= 0 && id <= t->max_id ? t->number[id] : -1;
}

void templates_release(struct templates *t)
{
	free(t->v);
	free(t->id);
	free(t->number);
	*t = (struct templates){ 0 };
}
