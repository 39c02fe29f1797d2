/* verify.c - 1:1 verification of templates, as IJB-B and IJB-C have it: fifteen million pairs in blocks */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/metrics/dot.h"
#include "common/thread.h"
#include "eval/recognition.h"

enum { CHUNK = 1 << 20, BLOCK = 1 << 19, SLICE = 1 << 12, LINE = 100, FETCH = 8 };

struct pair {
	int32_t a, b;
	bool genuine;
};

/* Grows by doubling. */
struct list {
	double *v;
	size_t n, cap;
};

struct verify {
	const struct recognition *r;
	const struct templates *t;
	int threads;
	struct pair *pair; /* [BLOCK] */
	struct pair
		*sorted; /* [BLOCK] by the second template, so that it is in the cache for all its pairs of the block */
	uint32_t *first; /* [t->n + 1] */
	double *score;	 /* [BLOCK] of sorted */
	size_t n;
	struct list list[2]; /* impostor, genuine */
	uint64_t line;
};

static void push(struct list *l, double v)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : BLOCK;
		l->v = xrealloc_array(l->v, l->cap, sizeof *l->v);
	}
	l->v[l->n++] = v;
}

/* The processor finds out by itself how a vector goes on, but not where the next one begins. */
static void fetch_ahead(const float *v, size_t n)
{
	for (size_t i = 0; i < n && i < 16 * FETCH; i += 16)
		__builtin_prefetch(v + i);
}

static void score_slice(void *data, size_t slice, int worker)
{
	struct verify *v = data;
	size_t end = (slice + 1) * SLICE < v->n ? (slice + 1) * SLICE : v->n, dim = v->t->dim;

	(void)worker;
	for (size_t i = slice * SLICE; i < end; i++) {
		const struct pair *p = &v->sorted[i];

		if (i + 1 < end)
			fetch_ahead(v->t->v + (size_t)p[1].a * dim, dim);
		v->score[i] = dot_f32(v->t->v + (size_t)p->a * dim, v->t->v + (size_t)p->b * dim, dim);
	}
}

static void sort_block(struct verify *v)
{
	memset(v->first, 0, (v->t->n + 1) * sizeof *v->first);
	for (size_t i = 0; i < v->n; i++)
		v->first[v->pair[i].b + 1]++;
	for (size_t k = 0; k < v->t->n; k++)
		v->first[k + 1] += v->first[k];
	for (size_t i = 0; i < v->n; i++)
		v->sorted[v->first[v->pair[i].b]++] = v->pair[i];
}

static void score_block(struct verify *v)
{
	sort_block(v);
	parallel_for(v->threads, (v->n + SLICE - 1) / SLICE, score_slice, v);
	for (size_t i = 0; i < v->n; i++)
		push(&v->list[v->sorted[i].genuine], v->score[i]);
	v->n = 0;
}

/* A whole number and the blanks before it; -1 if there is none. */
static int64_t parse_number(const char **s)
{
	int64_t n = 0;
	const char *digits;

	while (**s == ' ' || **s == '\t' || **s == ',')
		++*s;
	for (digits = *s; **s >= '0' && **s <= '9' && *s - digits < 18; ++*s)
		n = n * 10 + (**s - '0');
	return *s == digits ? -1 : n;
}

/* "template template label"; text ends with a newline. */
static int parse_pair(struct verify *v, const char *s, struct err *e)
{
	int64_t a, b, label;
	struct pair *p = &v->pair[v->n];

	if (v->line == 1 && strncmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	while (*s == ' ' || *s == '\t' || *s == '\r')
		s++;
	if (*s == '\n')
		return 0;
	a = parse_number(&s);
	b = parse_number(&s);
	label = parse_number(&s);
	while (*s == ' ' || *s == '\t' || *s == '\r')
		s++;
	if (*s != '\n' || a < 0 || b < 0 || (label != 0 && label != 1))
		return err_set(e, "'%s' line %llu: not 'template template label'", v->r->template_pairs,
			       (unsigned long long)v->line);
	p->a = templates_find(v->t, a);
	p->b = templates_find(v->t, b);
	if (p->a < 0 || p->b < 0)
		return err_set(e, "'%s' line %llu: template %lld is not in '%s'", v->r->template_pairs,
			       (unsigned long long)v->line, (long long)(p->a < 0 ? a : b), v->r->templates);
	p->genuine = label == 1;
	if (++v->n == BLOCK)
		score_block(v);
	return 0;
}

/* Lines of text [len]; returns how much of it was whole lines, or -1. */
static ssize_t parse_lines(struct verify *v, const char *text, size_t len, struct err *e)
{
	const char *at = text, *nl;

	while ((nl = memchr(at, '\n', len - (size_t)(at - text)))) {
		v->line++;
		if (parse_pair(v, at, e))
			return -1;
		at = nl + 1;
	}
	if (len - (size_t)(at - text) > LINE)
		return err_set(e, "'%s' line %llu: not 'template template label'", v->r->template_pairs,
			       (unsigned long long)v->line + 1);
	return at - text;
}

static int read_pairs(struct verify *v, int fd, char *text, struct err *e)
{
	size_t have = 0;

	for (;;) {
		ssize_t n = read(fd, text + have, CHUNK), used;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "cannot read '%s'", v->r->template_pairs);
		if (n == 0 && have == 0)
			break;
		have += (size_t)n;
		if (n == 0)
			text[have++] = '\n';
		used = parse_lines(v, text, have, e);
		if (used < 0)
			return -1;
		have -= (size_t)used;
		memmove(text, text + used, have);
	}
	score_block(v);
	return 0;
}

int recognition_verify(struct recognition *r, const struct templates *t, struct err *e)
{
	struct verify v = { .r = r, .t = t, .threads = r->threads ? r->threads : thread_default() };
	int fd = open(r->template_pairs, O_RDONLY | O_CLOEXEC), rc;
	char *text;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", r->template_pairs);
	text = xmalloc(CHUNK + LINE + 1);
	v.pair = xrealloc_array(NULL, BLOCK, sizeof *v.pair);
	v.score = xrealloc_array(NULL, BLOCK, sizeof *v.score);
	v.sorted = xrealloc_array(NULL, BLOCK, sizeof *v.sorted);
	v.first = xrealloc_array(NULL, t->n + 1, sizeof *v.first);
	rc = read_pairs(&v, fd, text, e);
	close(fd);
	free(text);
	free(v.pair);
	free(v.score);
	free(v.sorted);
	free(v.first);
	if (!rc && (!v.list[0].n || !v.list[1].n))
		rc = err_set(e, "'%s': no %s pairs", r->template_pairs, v.list[1].n ? "impostor" : "genuine");
	if (!rc) {
		struct scores s = { v.list[1].v, v.list[0].v, v.list[1].n, v.list[0].n };

		roc_sort(v.list[0].v, v.list[0].n);
		roc_sort(v.list[1].v, v.list[1].n);
		rc = recognition_rates(r, "1:1", &s, e);
	}
	free(v.list[0].v);
	free(v.list[1].v);
	return rc;
}
