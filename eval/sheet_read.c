/* sheet_read.c - rows of frl-eval's long TSV into the cells of a table; means over seeds, and what is missing */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/tsv.h"
#include "eval/sheet.h"

static const char stand_in[] = "stand-in:";

enum { MAX_BYTES = 64 << 20 }; /* of a file: a cell's is a few kilobytes */
enum { TASK, DATASET, SUBSET, FRACTION, INIT, SEED, METRIC, NORMALISER, SCALE, TEXTS };

static const char *const text_name[TEXTS] = { "task", "dataset", "subset",     "fraction", "init",
					      "seed", "metric",	 "normaliser", "scale" };

struct reader {
	struct sheet *s;
	const char *path;
	bool quiet;
	int col[TEXTS], value, n;
	struct buf text[TEXTS]; /* of the row, unescaped */
	struct buf strangers;	/* lines that rows name and the table has not, each ended by NUL */
};

static struct sheet_line *find_line(const struct sheet_part *p, const char *fraction, const char *init)
{
	for (size_t i = 0; i < p->lines; i++)
		if (*p->line[i].init && strcmp(p->line[i].fraction, fraction) == 0 &&
		    strcmp(p->line[i].init, init) == 0)
			return &p->line[i];
	return NULL;
}

/* The cell for the row; NULL: no column. A number under another normaliser than the column's is remembered, for a hint. */
static struct sheet_cell *find_cell(const struct reader *r, const struct sheet_part *p, struct sheet_line *l)
{
	struct sheet_cell *like = NULL;

	for (size_t i = 0; i < p->columns; i++) {
		const struct sheet_column *c = &p->column[i];

		if (strcmp(c->subset, r->text[SUBSET].data) != 0 || strcmp(c->metric, r->text[METRIC].data) != 0)
			continue;
		if (strcmp(c->normaliser, r->text[NORMALISER].data) == 0)
			return &l->cell[i];
		like = &l->cell[i];
	}
	if (like && !like->other)
		like->other = xstrdup(r->text[NORMALISER].data);
	return NULL;
}

/* Rows that belong to nothing are said once for each set, share and initialisation. */
static void say_stranger(struct reader *r)
{
	char *name = xasprintf("%s %s %s %s", r->text[TASK].data, r->text[DATASET].data, r->text[FRACTION].data,
			       r->text[INIT].data);
	size_t at = 0;

	while (at < r->strangers.len && strcmp(r->strangers.data + at, name) != 0)
		at += strlen(r->strangers.data + at) + 1;
	if (at >= r->strangers.len) {
		buf_add(&r->strangers, name, strlen(name) + 1);
		if (!r->quiet)
			warn("'%s': '%s' is no line of %s", r->path, name, r->s->spec->name);
	}
	free(name);
}

/* One table has one scale, and a line one kind of weights. */
static int check_kind(struct reader *r, struct sheet_line *l, bool stands_in, uint64_t line, struct err *e)
{
	struct sheet *s = r->s;
	const char *scale = r->text[SCALE].data;

	if (!*scale)
		return err_set(e, "'%s' line %llu: no scale", r->path, (unsigned long long)line);
	if (!s->scale)
		s->scale = xstrdup(scale);
	if (strcmp(s->scale, scale) != 0)
		return err_set(e, "'%s' line %llu: scale '%s' in a table of scale '%s'", r->path,
			       (unsigned long long)line, scale, s->scale);
	if (l->stand_in >= 0 && l->stand_in != stands_in)
		return err_set(e, "'%s' line %llu: both '%s' and '%s%s'", r->path, (unsigned long long)line, l->init,
			       stand_in, l->init);
	l->stand_in = stands_in;
	return 0;
}

static void add_seed(struct sheet *s, const char *seed)
{
	size_t i = 0;

	while (i < s->seeds && strcmp(s->seed[i], seed) < 0)
		i++;
	if (i < s->seeds && strcmp(s->seed[i], seed) == 0)
		return;
	s->seed = xrealloc_array(s->seed, s->seeds + 1, sizeof *s->seed);
	memmove(s->seed + i + 1, s->seed + i, (s->seeds - i) * sizeof *s->seed);
	s->seed[i] = xstrdup(seed);
	s->seeds++;
}

static int add_run(struct reader *r, const struct tsv *t, struct sheet_cell *c, uint64_t line, struct err *e)
{
	const char *seed = r->text[SEED].data;
	struct sheet_run run = { .n = -1 };
	size_t i = 0;

	if (tsv_f64(t, &t->row, r->value, &run.value, e))
		return -1;
	if (*tsv_raw(&t->row, r->n) && tsv_i64(t, &t->row, r->n, &run.n, e))
		return -1;
	while (i < c->runs && strcmp(c->run[i].seed, seed) < 0)
		i++;
	if (i < c->runs && strcmp(c->run[i].seed, seed) == 0)
		return err_set(e, "'%s' line %llu: %s %s %s %s %s with seed '%s' is there twice", r->path,
			       (unsigned long long)line, r->text[DATASET].data, r->text[FRACTION].data,
			       r->text[INIT].data, r->text[SUBSET].data, r->text[METRIC].data, seed);
	run.seed = xstrdup(seed);
	c->run = xrealloc_array(c->run, c->runs + 1, sizeof *c->run);
	memmove(c->run + i + 1, c->run + i, (c->runs - i) * sizeof *c->run);
	c->run[i] = run;
	c->runs++;
	add_seed(r->s, seed);
	return 0;
}

/* line: the row's number in the file. */
static int take_row(struct reader *r, const struct tsv *t, uint64_t line, struct err *e)
{
	struct sheet_part *p = NULL;
	struct sheet_line *l;
	struct sheet_cell *cell;
	const char *init;
	bool stands_in;

	for (int k = 0; k < TEXTS; k++)
		tsv_get(&t->row, r->col[k], &r->text[k]);
	init = r->text[INIT].data;
	stands_in = strncmp(init, stand_in, sizeof stand_in - 1) == 0;
	init += stands_in ? sizeof stand_in - 1 : 0;
	for (size_t i = 0; i < r->s->parts && strcmp(r->text[TASK].data, r->s->spec->task) == 0; i++)
		if (strcmp(r->s->part[i].dataset, r->text[DATASET].data) == 0)
			p = &r->s->part[i];
	l = p ? find_line(p, r->text[FRACTION].data, init) : NULL;
	if (!l) {
		say_stranger(r);
		return 0;
	}
	cell = find_cell(r, p, l);
	if (!cell)
		return 0;
	return check_kind(r, l, stands_in, line, e) || add_run(r, t, cell, line, e) ? -1 : 0;
}

/* One TSV, which begins after `before` lines of the file. */
static int read_section(struct reader *r, const char *text, size_t len, uint64_t before, struct err *e)
{
	struct tsv t;
	char *name = before ? xasprintf("%s, from line %llu on", r->path, (unsigned long long)before + 1) : NULL;
	int rc = tsv_open_memory(&t, name ? name : r->path, text, len, e);

	if (rc) {
		free(name);
		return -1;
	}
	for (int k = 0; k < TEXTS && !rc; k++)
		rc = (r->col[k] = tsv_need(&t, text_name[k], e)) < 0 ? -1 : 0;
	if (!rc && ((r->value = tsv_need(&t, "value", e)) < 0 || (r->n = tsv_need(&t, "n", e)) < 0))
		rc = -1;
	while (!rc && (rc = tsv_next(&t, e)) > 0) {
		/* Files written without provenance and joined by cat: the header once more. */
		bool head = strcmp(tsv_raw(&t.row, r->col[TASK]), "task") == 0 &&
			    strcmp(tsv_raw(&t.row, r->col[METRIC]), "metric") == 0;

		rc = head ? 0 : take_row(r, &t, before + t.row.line, e);
	}
	tsv_close(&t);
	free(name);
	return rc;
}

int sheet_read_memory(struct sheet *s, const char *name, const void *data, size_t len, bool quiet, struct err *e)
{
	struct reader r = { .s = s, .path = name, .quiet = quiet };
	const char *text = data;
	uint64_t lines = 0, before = 0;
	size_t start = 0;
	bool rows = false; /* a line that is no comment has been */
	int rc = 0;

	for (size_t at = 0; !rc && at < len; lines++) {
		const char *end = memchr(text + at, '\n', len - at);

		if (text[at] == '#' && rows) {
			rc = read_section(&r, text + start, at - start, before, e);
			start = at;
			before = lines;
			rows = false;
		}
		rows = rows || text[at] != '#';
		at = end ? (size_t)(end - text) + 1 : len;
	}
	if (!rc)
		rc = read_section(&r, text + start, len - start, before, e);
	for (int k = 0; k < TEXTS; k++)
		buf_release(&r.text[k]);
	buf_release(&r.strangers);
	return rc;
}

int sheet_read(struct sheet *s, const char *path, bool quiet, struct err *e)
{
	struct buf b = { 0 };
	int rc = io_slurp_given(path, MAX_BYTES, &b, e);

	if (!rc)
		rc = sheet_read_memory(s, strcmp(path, "-") != 0 ? path : "<stdin>", b.len ? b.data : "", b.len, quiet,
				       e);
	buf_release(&b);
	return rc;
}

/* ---- when all is read */

/* From the first run on, so that equal values have that mean and no spread. */
static void cell_mean(struct sheet_cell *c)
{
	double sum = 0, square = 0, first = c->run[0].value;

	c->n = c->run[0].n;
	for (size_t i = 0; i < c->runs; i++) {
		sum += c->run[i].value - first;
		c->n = c->run[i].n < c->n ? c->run[i].n : c->n;
	}
	c->value = first + sum / (double)c->runs;
	for (size_t i = 0; i < c->runs; i++)
		square += (c->run[i].value - c->value) * (c->run[i].value - c->value);
	c->spread = c->runs > 1 ? sqrt(square / (double)(c->runs - 1)) : NAN;
}

static void say_line(const struct sheet *s, const struct sheet_part *p, const struct sheet_line *l)
{
	size_t missing = 0, few = 0, undefined = 0;

	for (size_t c = 0; c < p->columns; c++) {
		missing += l->cell[c].runs == 0;
		few += l->cell[c].runs > 0 && l->cell[c].runs < s->seeds;
		undefined += l->cell[c].runs > 0 && isnan(l->cell[c].value);
	}
	if (missing)
		warn("%s: %s %s %s: %zu of %zu numbers are missing", s->spec->name, p->dataset, l->fraction, l->row,
		     missing, p->columns);
	for (size_t c = 0; c < p->columns; c++)
		if (l->cell[c].runs == 0 && l->cell[c].other)
			hint("%s %s is there with normaliser '%s', not '%s'", p->column[c].subset, p->column[c].metric,
			     l->cell[c].other, p->column[c].normaliser);
	if (undefined)
		warn("%s: %s %s %s: %zu of %zu numbers are nan", s->spec->name, p->dataset, l->fraction, l->row,
		     undefined, p->columns);
	if (few)
		warn("%s: %s %s %s: %zu of %zu numbers are of fewer than %zu seeds", s->spec->name, p->dataset,
		     l->fraction, l->row, few, p->columns, s->seeds);
}

void sheet_finish(struct sheet *s)
{
	for (size_t i = 0; i < s->parts; i++) {
		struct sheet_part *p = &s->part[i];

		for (size_t k = 0; k < p->lines; k++) {
			struct sheet_line *l = &p->line[k];

			for (size_t c = 0; c < p->columns && *l->init; c++) {
				s->cells++;
				s->missing += l->cell[c].runs == 0;
				s->short_of_seeds += l->cell[c].runs > 0 && l->cell[c].runs < s->seeds;
				if (!l->cell[c].runs)
					continue;
				cell_mean(&l->cell[c]);
				s->undefined += isnan(l->cell[c].value) != 0;
			}
			if (*l->init)
				say_line(s, p, l);
		}
	}
}

bool sheet_complete(const struct sheet *s)
{
	return !s->missing && !s->short_of_seeds && !s->absent;
}

bool sheet_line_counts(const struct sheet *s, const struct sheet_line *l)
{
	return l->stand_in < 1 && (!s->scale || strcmp(s->scale, "paper") == 0);
}
