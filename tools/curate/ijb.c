/*
 * ijb.c - IJB-B and IJB-C, as cropped loosely and listed by insightface
 *
 * meta/S_face_tid_mid.txt: "name template media"; meta/S_name_5pts_score.txt: "name x1 y1 .. x5 y5 score", the same pictures
 * in the same order. frl-eval recognition reads the first and meta/S_template_pair_label.txt as they are.
 *
 * Whose template it is stands in the lists of 1:N only: meta/S_1N_gallery_*.csv and S_1N_probe_mixed.csv, a line of column
 * names, then TEMPLATE_ID and SUBJECT_ID before other columns, a line for each picture of the template. Those that are there
 * are read.
 */
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tools/curate/readers.h"
#include "tools/curate/text.h"

enum { POINTS = 5, NUMBERS = 2 * POINTS + 1, MEMBER = 3, FACE = NUMBERS + 1 };

/* A template and its person, from a line of a list. */
struct owner {
	int64_t template, person;
	int list;
	uint64_t line;
};

struct owners {
	struct owner *item; /* by template */
	size_t n, cap;
};

static int by_template(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return x->template != y->template
		? (x->template > y->template) - (x->template <y->template)
						 : x->list != y->list ? x->list - y->list
								      : (x->line > y->line) - (x->line < y->line);
}

static int read_owner(struct owners *o, struct text *t, int list, struct err *e)
{
	char *f[3];
	int64_t template, person;

	if (text_csv(t->line, f, 3) < 2 || num_parse_i64(f[0], &template) || num_parse_i64(f[1], &person))
		return text_bad(t, e, "not TEMPLATE_ID, SUBJECT_ID, ..");
	/* The pictures of a template follow each other. */
	if (o->n && o->item[o->n - 1].template == template && o->item[o->n - 1].person == person)
		return 0;
	if (o->n == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 1024;
		o->item = xrealloc_array(o->item, o->cap, sizeof *o->item);
	}
	o->item[o->n++] = (struct owner){ template, person, list, t->number };
	return 0;
}

static int read_owners(struct owners *o, struct curate *c, const char *path, int list, struct err *e)
{
	struct text t = { .fd = -1 };
	int rc;

	if (!curate_exists(c, path))
		return 0;
	rc = text_open(&t, curate_path(c, path), e);
	if (!rc && (rc = text_next(&t, e)) >= 0)
		rc = rc && strncmp(t.line, "TEMPLATE_ID,", 12) == 0
			     ? 0
			     : text_bad(&t, e, "not 'TEMPLATE_ID,SUBJECT_ID,..'");
	while (!rc && (rc = text_next(&t, e)) == 1)
		rc = read_owner(o, &t, list, e);
	text_close(&t);
	return rc;
}

/* The galleries and probes of 1:N: what is there. */
static int read_identities(struct owners *o, struct curate *c, const char *set, struct err *e)
{
	static const char *const part[] = { "gallery_S1", "gallery_S2", "gallery_G1", "gallery_G2", "probe_mixed" };
	enum { PARTS = sizeof part / sizeof *part };
	char *path[PARTS];
	int rc = 0;

	for (int i = 0; i < PARTS; i++) {
		path[i] = xasprintf("meta/%s_1N_%s.csv", set, part[i]);
		rc = rc ? rc : read_owners(o, c, path[i], i, e);
	}
	if (o->n)
		qsort(o->item, o->n, sizeof *o->item, by_template);
	for (size_t i = 1; !rc && i < o->n; i++) {
		const struct owner *a = &o->item[i - 1], *b = &o->item[i];

		if (a->template == b->template && a->person != b->person)
			rc = err_set(e, "'%s/%s' line %llu: template %lld is of person %lld, in '%s' line %llu of %lld",
				     c->root, path[b->list], (unsigned long long)b->line, (long long)b->template,
				     (long long)b->person, path[a->list], (unsigned long long)a->line,
				     (long long)a->person);
	}
	for (int i = 0; i < PARTS; i++)
		free(path[i]);
	return rc;
}

static void write_identity(struct curate *c, const struct owners *o, int64_t template)
{
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (o->item[mid].template <template)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < o->n && o->item[lo].template == template)
		row_i64(c, o->item[lo].person);
	else
		row_blank(c, 1);
}

static int write_face(struct curate *c, struct text *member, struct text *face, const struct owners *owners,
		      struct err *e)
{
	char *m[MEMBER + 1], *f[FACE + 1], *path;
	int64_t template, media;
	double v[NUMBERS];
	int rc;

	if (text_words(member->line, m, MEMBER) != MEMBER || strchr(m[0], '/') || num_parse_i64(m[1], &template) ||
	    num_parse_i64(m[2], &media))
		return text_bad(member, e, "not 'name template media'");
	if (text_words(face->line, f, FACE) != FACE || text_numbers(f + 1, NUMBERS, v))
		return text_bad(face, e, "not 'name x1 y1 .. x5 y5 score'");
	if (strcmp(m[0], f[0]) != 0)
		return text_bad(face, e, "not the picture that the list of templates has there");
	path = xasprintf("loose_crop/%s", m[0]);
	row_begin_as(c, m[0], path);
	row_i64(c, template);
	row_i64(c, media);
	write_identity(c, owners, template);
	row_f64(c, v[NUMBERS - 1]);
	row_numbers(c, v, 2 * POINTS);
	rc = row_end(c, NULL, e);
	free(path);
	return rc;
}

static int open_list(struct curate *c, struct text *t, const char *set, const char *list, struct err *e)
{
	char *path = xasprintf("meta/%s_%s.txt", set, list);
	int rc = curate_need(c, path, e) || text_open(t, curate_path(c, path), e) ? -1 : 0;

	free(path);
	return rc;
}

static int read_set(struct curate *c, const char *set, struct err *e)
{
	struct text member = { .fd = -1 }, face = { .fd = -1 };
	struct owners owners = { 0 };
	int more = 1, rc = open_list(c, &member, set, "face_tid_mid", e);

	rc = rc || open_list(c, &face, set, "name_5pts_score", e) || read_identities(&owners, c, set, e) ||
	     row_head(c, "template media identity score", POINTS, 2, e);
	while (!rc && more) {
		int other;

		more = text_next(&member, e);
		other = more < 0 ? -1 : text_next(&face, e);
		if (more < 0 || other < 0)
			rc = -1;
		else if (more != other)
			rc = text_bad(more ? &face : &member, e, "ends before the other list");
		else if (more)
			rc = write_face(c, &member, &face, &owners, e);
	}
	text_close(&member);
	text_close(&face);
	free(owners.item);
	return rc ? -1 : 0;
}

int read_ijbb(struct curate *c, struct err *e)
{
	return read_set(c, "ijbb", e);
}

int read_ijbc(struct curate *c, struct err *e)
{
	return read_set(c, "ijbc", e);
}
