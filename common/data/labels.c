/* labels.c - see labels.h */
#include "common/data/labels.h"

#include <stdlib.h>
#include <string.h>

/* Records as table.h has rows; those of one face in their order. */
static int by_face(const void *a, const void *b)
{
	const struct table_face *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->face != y->face)
		return x->face < y->face ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static struct table_face *faces_of_source(const struct source *s)
{
	struct table_face *f = xcalloc(s->n + 1, sizeof *f);
	uint64_t n = 0;

	for (int k = 0; k < s->files; k++) {
		const struct record_index *x = &s->file[k].index;

		for (uint64_t i = 0; i < x->n; i++, n++)
			f[n] = (struct table_face){ x->key[i], x->face[i], n };
	}
	qsort(f, n, sizeof *f, by_face);
	return f;
}

/* Faces of the id at f[i]: how many different ones; *next: where the next id begins. */
static int count_faces(const struct table_face *f, size_t n, size_t i, size_t *next)
{
	size_t k = i + 1;
	int faces = 1;

	for (; k < n && f[k].key == f[i].key; k++)
		faces += f[k].face != f[k - 1].face;
	*next = k;
	return faces;
}

int labels_told_apart(const struct table_face *records, size_t n, const struct table_face *rows, const struct table *t,
		      const char *what, struct err *e)
{
	size_t r = 0, next_record, next_row;

	for (size_t i = 0; i < t->n; i = next_row) {
		int in_rows = count_faces(rows, t->n, i, &next_row);

		while (r < n && records[r].key < rows[i].key)
			r++;
		if (r == n || records[r].key != rows[i].key)
			continue;
		int in_records = count_faces(records, n, r, &next_record);
		if ((in_rows > 1) == (in_records > 1))
			continue;
		return err_set(e, "'%s': '%.200s' has %d face%s there and %d among the %s", t->tsv.name,
			       t->id[rows[i].row], in_rows, in_rows == 1 ? "" : "s", in_records, what);
	}
	return 0;
}

static bool same_face(const struct table_face *a, const struct table_face *b)
{
	return a->key == b->key && a->face == b->face;
}

/* Rows whose face no record has: their number, and the first of them. Both lists are sorted. */
static void count_unpictured(struct labels *l, const struct table_face *records, size_t n,
			     const struct table_face *rows, const struct table *t)
{
	uint64_t first = UINT64_MAX;
	size_t r = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct table_face key = { rows[i].key, rows[i].face, 0 };

		while (r < n && by_face(&records[r], &key) < 0)
			r++;
		if (r < n && same_face(&records[r], &key))
			continue;
		l->unpictured++;
		first = rows[i].row < first ? rows[i].row : first;
	}
	if (l->unpictured)
		l->first_unpictured = xstrdup(t->id[first]);
}

/* For each record the row that it belongs to, or -1; l's counts. */
static int64_t *match(struct labels *l, const struct table_face *records, size_t n, const struct table_face *rows,
		      const struct table *t)
{
	int64_t *row = xcalloc(n + 1, sizeof *row);
	const struct table_face *first = NULL;
	size_t i = 0;

	for (size_t r = 0; r < n; r++) {
		struct table_face key = { records[r].key, records[r].face, 0 };

		while (i < t->n && by_face(&rows[i], &key) < 0)
			i++;
		bool found = i < t->n && same_face(&rows[i], &key);
		row[records[r].row] = found ? (int64_t)rows[i].row : -1;
		if (found)
			continue;
		l->unlabelled++;
		if (!first || records[r].row < first->row)
			first = &records[r];
	}
	if (first)
		l->first_unlabelled = xasprintf("key %016llx face %lld", (unsigned long long)first->key,
						(long long)first->face);
	count_unpictured(l, records, n, rows, t);
	return row;
}

static int take_labels(struct labels *l, const int64_t *row, uint64_t n, const struct table *t,
		       int (*label)(void *data, const struct table *t, size_t row, double *value, struct err *e),
		       void *data, struct err *e)
{
	size_t width = (size_t)l->width;
	signed char *known = xcalloc(t->n + 1, sizeof *known); /* 1 a label, 0 none */
	double *value = xcalloc(t->n * width + 1, sizeof *value);
	bool *wanted = xcalloc(t->n + 1, sizeof *wanted);
	int rc = 0;

	for (uint64_t i = 0; i < n; i++)
		if (row[i] >= 0)
			wanted[row[i]] = true;
	for (size_t i = 0; i < t->n && rc >= 0; i++) {
		if (wanted[i])
			rc = label(data, t, i, value + i * width, e);
		known[i] = wanted[i] && rc > 0;
	}
	for (uint64_t i = 0; i < n && rc >= 0; i++) {
		if (row[i] < 0)
			continue;
		if (!known[row[i]]) {
			l->left_out++;
			continue;
		}
		l->record[l->n] = i;
		l->row[l->n] = (size_t)row[i];
		memcpy(l->value + l->n++ * width, value + (size_t)row[i] * width, width * sizeof *value);
	}
	free(known);
	free(value);
	free(wanted);
	return rc < 0 ? -1 : 0;
}

int labels_join(struct labels *l, const struct source *s, const struct table *t, int width,
		int (*label)(void *data, const struct table *t, size_t row, double *value, struct err *e), void *data,
		struct err *e)
{
	struct table_face *records = faces_of_source(s), *rows = table_faces(t);
	int64_t *row = NULL;
	int rc = -1;

	*l = (struct labels){ .width = width };
	l->record = xcalloc(s->n + 1, sizeof *l->record);
	l->row = xcalloc(s->n + 1, sizeof *l->row);
	l->value = xcalloc(s->n * (size_t)width + 1, sizeof *l->value);
	if (labels_told_apart(records, s->n, rows, t, "pictures", e))
		goto out;
	row = match(l, records, s->n, rows, t);
	if (l->unlabelled == s->n)
		err_set(e, "'%s' and '%s' have nothing in common: %llu rows, %llu pictures", t->tsv.name,
			s->file[0].path, (unsigned long long)t->n, (unsigned long long)s->n);
	else if (!take_labels(l, row, s->n, t, label, data, e))
		rc = l->n ? 0 : err_set(e, "'%s': no row that belongs to a picture has a label", t->tsv.name);
out:
	free(records);
	free(rows);
	free(row);
	return rc;
}

void labels_release(struct labels *l)
{
	free(l->record);
	free(l->row);
	free(l->value);
	free(l->first_unlabelled);
	free(l->first_unpictured);
	*l = (struct labels){ 0 };
}
