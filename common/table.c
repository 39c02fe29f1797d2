/* table.c - see table.h */
#include "common/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

int table_open(struct table *t, const char *path, struct err *e)
{
	*t = (struct table){ 0 };
	return tsv_open(&t->tsv, path, e);
}

int table_open_memory(struct table *t, const char *name, const void *text, size_t len, struct err *e)
{
	*t = (struct table){ 0 };
	return tsv_open_memory(&t->tsv, name, text, len, e);
}

int table_open_fd(struct table *t, int fd, const char *name, struct err *e)
{
	*t = (struct table){ 0 };
	return tsv_open_fd(&t->tsv, fd, name, e);
}

bool table_has(const struct table *t, const char *column)
{
	return tsv_col(&t->tsv, column) >= 0;
}

const char *table_file(const struct table *t, size_t row)
{
	return t->file ? t->file[row] : t->tsv.name;
}

int table_bad(const struct table *t, size_t row, const char *column, const char *what, struct err *e)
{
	return err_set(e, "'%s' line %llu: column '%s': %s", table_file(t, row), (unsigned long long)t->line[row],
		       column, what);
}

struct columns {
	int id, face, status;
	int *number, *text;
};

static int find(const struct table *t, const char *const *name, int n, int *col, struct err *e)
{
	for (int i = 0; i < n; i++)
		if ((col[i] = tsv_need(&t->tsv, name[i], e)) < 0)
			return -1;
	return 0;
}

/* Room for one more row; doubles when n is a power of two. */
static void grow(struct table *t)
{
	size_t cap = t->n ? 2 * t->n : 1;

	if (t->n & (t->n - 1))
		return;
	t->id = xrealloc_array(t->id, cap, sizeof *t->id);
	t->face = xrealloc_array(t->face, cap, sizeof *t->face);
	t->line = xrealloc_array(t->line, cap, sizeof *t->line);
	t->number = xrealloc_array(t->number, cap * (size_t)t->numbers + 1, sizeof *t->number);
	t->text = xrealloc_array(t->text, cap * (size_t)t->texts + 1, sizeof *t->text);
}

static int add_row(struct table *t, const struct columns *c, bool complete, struct buf *b, struct err *e)
{
	const struct tsv_row *row = &t->tsv.row;
	double *number;
	int64_t face = 0;

	if (c->face >= 0 && *tsv_raw(row, c->face) && tsv_i64(&t->tsv, row, c->face, &face, e))
		return -1;
	grow(t);
	number = t->number + t->n * (size_t)t->numbers;
	for (int i = 0; i < t->numbers; i++) {
		number[i] = NAN;
		if ((complete || *tsv_raw(row, c->number[i])) && tsv_f64(&t->tsv, row, c->number[i], &number[i], e))
			return -1;
		if (isinf(number[i]) || (complete && isnan(number[i])))
			return err_set(e, "'%s' line %llu: column '%s': '%s' is not a finite number", t->tsv.name,
				       (unsigned long long)row->line, t->tsv.head.field[c->number[i]],
				       tsv_raw(row, c->number[i]));
	}
	for (int i = 0; i < t->texts; i++)
		t->text[t->n * (size_t)t->texts + (size_t)i] = xstrdup(tsv_get(row, c->text[i], b));
	t->id[t->n] = xstrdup(tsv_get(row, c->id, b));
	t->face[t->n] = face;
	t->line[t->n] = row->line;
	t->n++;
	return 0;
}

static int compare(const struct table *a, size_t i, const struct table *b, size_t k)
{
	int c = strcmp(a->id[i], b->id[k]);

	return c ? c : (a->face[i] > b->face[k]) - (a->face[i] < b->face[k]);
}

static int by_id(const void *x, const void *y, void *t)
{
	return compare(t, *(const size_t *)x, t, *(const size_t *)y);
}

static int sort(struct table *t, struct err *e)
{
	t->order = xrealloc_array(NULL, t->n + 1, sizeof *t->order);
	for (size_t i = 0; i < t->n; i++)
		t->order[i] = i;
	qsort_r(t->order, t->n, sizeof *t->order, by_id, t);
	for (size_t i = 1; i < t->n; i++) {
		size_t a = t->order[i - 1], b = t->order[i];
		if (compare(t, a, t, b))
			continue;
		return err_set(e, "'%s' line %llu: column 'id': '%.200s' face %lld is there already, on line %llu",
			       t->tsv.name, (unsigned long long)(t->line[a] > t->line[b] ? t->line[a] : t->line[b]),
			       t->id[a], (long long)t->face[a],
			       (unsigned long long)(t->line[a] < t->line[b] ? t->line[a] : t->line[b]));
	}
	return 0;
}

int table_load(struct table *t, const char *const *number, int numbers, const char *const *text, int texts,
	       bool complete, struct err *e)
{
	struct columns c = { .id = tsv_need(&t->tsv, "id", e) };
	struct buf b = { 0 };
	int rc = -1;

	c.number = xrealloc_array(NULL, (size_t)numbers + 1, sizeof *c.number);
	c.text = xrealloc_array(NULL, (size_t)texts + 1, sizeof *c.text);
	t->numbers = numbers;
	t->texts = texts;
	c.face = tsv_col(&t->tsv, "face");
	c.status = tsv_col(&t->tsv, "status");
	if (c.id < 0 || find(t, number, numbers, c.number, e) || find(t, text, texts, c.text, e))
		goto out;
	while ((rc = tsv_next(&t->tsv, e)) > 0) {
		if (!tsv_ok(&t->tsv.row, c.status))
			t->failed++;
		else if ((rc = add_row(t, &c, complete, &b, e)) < 0)
			break;
	}
	if (!rc)
		rc = sort(t, e);
out:
	free(c.number);
	free(c.text);
	buf_release(&b);
	return rc;
}

/* ---- tables one after the other */

/* The order of both: t's rows, and more's as those behind them. -1: a face is in both. */
static int merge_order(const struct table *t, const struct table *more, size_t *order, struct err *e)
{
	size_t a = 0, b = 0;

	while (a < t->n || b < more->n) {
		int c = a == t->n ? 1 : b == more->n ? -1 : compare(t, t->order[a], more, more->order[b]);

		if (!c)
			return err_set(e, "'%s' line %llu: '%.200s' face %lld is in '%s', too", more->tsv.name,
				       (unsigned long long)more->line[more->order[b]], more->id[more->order[b]],
				       (long long)more->face[more->order[b]], table_file(t, t->order[a]));
		order[a + b] = c < 0 ? t->order[a] : t->n + more->order[b];
		c < 0 ? a++ : b++;
	}
	return 0;
}

/* n values at *to, then those of `from`. */
static void *join_arrays(void *to, size_t n, const void *from, size_t more, size_t size)
{
	char *all = xrealloc_array(to, n + more + 1, size);

	if (more)
		memcpy(all + n * size, from, more * size);
	return all;
}

int table_append(struct table *t, struct table *more, struct err *e)
{
	size_t n = t->n + more->n, *order = xrealloc_array(NULL, n + 1, sizeof *order);
	const char **file;

	if (t->numbers != more->numbers || t->texts != more->texts)
		BUG("tables of other columns");
	if (merge_order(t, more, order, e)) {
		free(order);
		return -1;
	}
	file = xcalloc(n + 1, sizeof *file);
	for (size_t i = 0; i < n; i++)
		file[i] = i < t->n ? table_file(t, i) : table_file(more, i - t->n);
	t->id = join_arrays(t->id, t->n, more->id, more->n, sizeof *t->id);
	t->face = join_arrays(t->face, t->n, more->face, more->n, sizeof *t->face);
	t->line = join_arrays(t->line, t->n, more->line, more->n, sizeof *t->line);
	t->number = join_arrays(t->number, t->n * (size_t)t->numbers, more->number, more->n * (size_t)t->numbers,
				sizeof *t->number);
	t->text = join_arrays(t->text, t->n * (size_t)t->texts, more->text, more->n * (size_t)t->texts,
			      sizeof *t->text);
	free(t->order);
	free(t->file);
	t->order = order;
	t->file = file;
	t->n = n;
	t->failed += more->failed;
	more->n = 0; /* its texts are t's now */
	return 0;
}

static int by_face(const void *a, const void *b)
{
	const struct table_face *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->face > y->face) - (x->face < y->face);
}

static int by_face_and_row(const void *a, const void *b)
{
	const struct table_face *x = a, *y = b;
	int order = by_face(a, b);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

void table_faces_sort(struct table_face *f, size_t n)
{
	qsort(f, n, sizeof *f, by_face_and_row);
}

struct table_face *table_faces(const struct table *t)
{
	struct table_face *f = xcalloc(t->n + 1, sizeof *f);

	for (size_t i = 0; i < t->n; i++)
		f[i] = (struct table_face){ hash_key(t->id[i]), t->face[i], i };
	table_faces_sort(f, t->n);
	return f;
}

int64_t table_row(const struct table_face *f, size_t n, uint64_t key, int64_t face)
{
	const struct table_face want = { key, face, 0 }, *found = n ? bsearch(&want, f, n, sizeof *f, by_face) : NULL;

	return found ? (int64_t)found->row : -1;
}

void table_release(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->id[i]);
	for (size_t i = 0; i < t->n * (size_t)t->texts; i++)
		free(t->text[i]);
	free(t->id);
	free(t->face);
	free(t->line);
	free(t->number);
	free(t->text);
	free(t->order);
	free(t->file);
	tsv_close(&t->tsv);
	*t = (struct table){ 0 };
}

/* ---- join */

/* Rows of `of` without a row of `other`. */
struct alone {
	size_t n, first; /* the lowest row number */
};

static void count_alone(struct alone *a, size_t row)
{
	if (a->n++ == 0 || row < a->first)
		a->first = row;
}

static int complain(const struct alone *a, const struct table *of, const struct table *other, bool partial, bool quiet,
		    struct err *e)
{
	if (!a->n)
		return 0;
	if (!partial)
		return err_set(e,
			       "'%s' line %llu: '%.200s' face %lld is not in '%s', nor are %zu other rows\n"
			       "hint: --partial leaves them out",
			       table_file(of, a->first), (unsigned long long)of->line[a->first], of->id[a->first],
			       (long long)of->face[a->first], other->tsv.name, a->n - 1);
	if (!quiet)
		warn("'%s': %zu of %zu rows are not in '%s' and left out", of->tsv.name, a->n, of->n, other->tsv.name);
	return 0;
}

int join_tables(struct join *j, const struct table *truth, const struct table *pred, bool partial, bool quiet,
		struct err *e)
{
	struct alone truths = { 0 }, preds = { 0 };
	size_t *match = xrealloc_array(NULL, truth->n + 1, sizeof *match), a = 0, b = 0;

	*j = (struct join){ 0 };
	while (a < truth->n || b < pred->n) {
		int c = a == truth->n ? 1 : b == pred->n ? -1 : compare(truth, truth->order[a], pred, pred->order[b]);

		if (c < 0) {
			match[truth->order[a]] = SIZE_MAX;
			count_alone(&truths, truth->order[a++]);
		} else if (c > 0) {
			count_alone(&preds, pred->order[b++]);
		} else {
			match[truth->order[a++]] = pred->order[b++];
			j->n++;
		}
	}
	j->truth = xrealloc_array(NULL, j->n + 1, sizeof *j->truth);
	j->pred = xrealloc_array(NULL, j->n + 1, sizeof *j->pred);
	for (size_t i = 0, k = 0; i < truth->n; i++)
		if (match[i] != SIZE_MAX) {
			j->truth[k] = i;
			j->pred[k++] = match[i];
		}
	free(match);
	if (complain(&truths, truth, pred, partial, quiet, e) || complain(&preds, pred, truth, partial, quiet, e))
		return -1;
	return j->n ? 0 : err_set(e, "'%s' and '%s' have no row in common", truth->tsv.name, pred->tsv.name);
}

void join_release(struct join *j)
{
	free(j->truth);
	free(j->pred);
	*j = (struct join){ 0 };
}
