/* sheet_build.c - an empty table: parts, columns and lines from its description and tables/paper.tsv */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "common/tsv.h"
#include "eval/sheet.h"

enum { ROW, TASK, DATASET, FRACTION, INIT, SUBSET, METRIC, NORMALISER, PRINTED, TEXTS };

static const char *const text_name[TEXTS] = { "row",	"task",	  "dataset",	"fraction", "init",
					      "subset", "metric", "normaliser", "printed" };

/* The rows of tables/paper.tsv for one table. */
struct printed {
	char *text[TEXTS];
	double value;
};

struct paper {
	struct printed *row;
	size_t rows;
};

/* A list of texts in the order in which they came, each once. */
struct names {
	char **name;
	size_t n;
};

static void names_add(struct names *l, const char *name, size_t len)
{
	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->name[i]) == len && memcmp(l->name[i], name, len) == 0)
			return;
	l->name = xrealloc_array(l->name, l->n + 1, sizeof *l->name);
	l->name[l->n++] = xstrndup(name, len);
}

static void names_split(struct names *l, const char *list)
{
	for (const char *end; *list; list = *end ? end + 1 : end) {
		end = strchrnul(list, ',');
		if (end > list)
			names_add(l, list, (size_t)(end - list));
	}
}

static void names_release(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l->name);
}

/* ---- tables/paper.tsv */

static int paper_rows(struct paper *p, struct tsv *t, const char *table, struct err *e)
{
	int table_col = tsv_need(t, "table", e), value_col = tsv_need(t, "value", e), col[TEXTS], rc = 0;
	struct buf b = { 0 };

	if (table_col < 0 || value_col < 0)
		return -1;
	for (int k = 0; k < TEXTS; k++)
		if ((col[k] = tsv_need(t, text_name[k], e)) < 0)
			return -1;
	while (!rc && (rc = tsv_next(t, e)) > 0) {
		struct printed r = { 0 };

		rc = 0;
		if (strcmp(tsv_get(&t->row, table_col, &b), table) != 0)
			continue;
		rc = tsv_f64(t, &t->row, value_col, &r.value, e);
		for (int k = 0; k < TEXTS; k++)
			r.text[k] = xstrdup(tsv_get(&t->row, col[k], &b));
		p->row = xrealloc_array(p->row, p->rows + 1, sizeof *p->row);
		p->row[p->rows++] = r;
	}
	buf_release(&b);
	return rc;
}

static int paper_read(struct paper *p, const char *path, const char *table, struct err *e)
{
	struct tsv t;
	int rc = tsv_open(&t, path, e);

	if (rc)
		return -1;
	rc = paper_rows(p, &t, table, e);
	tsv_close(&t);
	return rc;
}

static void paper_release(struct paper *p)
{
	for (size_t i = 0; i < p->rows; i++)
		for (int k = 0; k < TEXTS; k++)
			free(p->row[i].text[k]);
	free(p->row);
}

/* ---- parts and columns */

static struct sheet_part *find_part(const struct sheet *s, const char *dataset)
{
	for (size_t i = 0; i < s->parts; i++)
		if (strcmp(s->part[i].dataset, dataset) == 0)
			return &s->part[i];
	return NULL;
}

static struct sheet_part *add_part(struct sheet *s, const char *dataset)
{
	struct sheet_part *p = find_part(s, dataset);

	if (p)
		return p;
	s->part = xrealloc_array(s->part, s->parts + 1, sizeof *s->part);
	s->part[s->parts] = (struct sheet_part){ .dataset = xstrdup(dataset) };
	return &s->part[s->parts++];
}

static int64_t find_column(const struct sheet_part *p, const char *subset, const char *metric, const char *normaliser)
{
	for (size_t i = 0; i < p->columns; i++)
		if (strcmp(p->column[i].subset, subset) == 0 && strcmp(p->column[i].metric, metric) == 0 &&
		    strcmp(p->column[i].normaliser, normaliser) == 0)
			return (int64_t)i;
	return -1;
}

static int add_column(struct sheet_part *p, const char *subset, const char *metric, const char *normaliser,
		      struct err *e)
{
	const struct sheet_metric *kind = sheet_metric(metric);

	if (!kind)
		return err_set(e, "'%s' is no metric of a table", metric);
	if (find_column(p, subset, metric, normaliser) >= 0)
		return 0;
	p->column = xrealloc_array(p->column, p->columns + 1, sizeof *p->column);
	p->column[p->columns++] = (struct sheet_column){
		.subset = xstrdup(subset), .metric = xstrdup(metric), .normaliser = xstrdup(normaliser), .kind = kind
	};
	return 0;
}

static int make_parts(struct sheet *s, const struct paper *p, struct err *e)
{
	int rc = 0;

	for (const struct sheet_part_spec *d = s->spec->part; d && d->dataset && !rc; d++) {
		struct sheet_part *part = add_part(s, d->dataset);
		for (const struct sheet_number *n = d->number; n->subset && !rc; n++)
			rc = add_column(part, n->subset, n->metric, n->normaliser, e);
	}
	for (size_t i = 0; !s->spec->part && i < p->rows && !rc; i++) {
		char *const *text = p->row[i].text;
		rc = add_column(add_part(s, text[DATASET]), text[SUBSET], text[METRIC], text[NORMALISER], e);
	}
	return rc;
}

/* ---- lines */

static void add_line(struct sheet_part *p, const char *row, const char *fraction, const char *init)
{
	struct sheet_line l = { .stand_in = -1 };

	for (size_t i = 0; i < p->lines; i++)
		if (strcmp(p->line[i].row, row) == 0 && strcmp(p->line[i].fraction, fraction) == 0)
			return;
	l.row = xstrdup(row);
	l.fraction = xstrdup(fraction);
	l.init = xstrdup(init);
	l.cell = xcalloc(p->columns, sizeof *l.cell);
	for (size_t c = 0; c < p->columns; c++)
		l.cell[c].value = l.cell[c].spread = l.cell[c].paper = NAN;
	p->line = xrealloc_array(p->line, p->lines + 1, sizeof *p->line);
	p->line[p->lines++] = l;
}

/* "DATASET=LIST": the list, if it is of that part; NULL for another's and for a list of no set. */
static const char *own_list(const struct sheet_part *p, const char *text)
{
	size_t len = strlen(p->dataset);

	return strncmp(text, p->dataset, len) == 0 && text[len] == '=' ? text + len + 1 : NULL;
}

static void add_fractions(struct names *l, const char *list)
{
	struct names given = { 0 };

	names_split(&given, list);
	for (size_t i = 0; i < given.n; i++) {
		char *name = xasprintf("%s%s", given.name[i], strchr(given.name[i], '%') ? "" : "%");
		names_add(l, name, strlen(name));
		free(name);
	}
	names_release(&given);
}

/* The fractions of a part that were asked for: its own before those of all; none: the table's. */
static void fractions_asked(struct names *l, const struct sheet_part *p, const struct opt_list *fractions)
{
	bool own_only;

	for (int i = 0; i < fractions->n; i++) {
		const char *own = own_list(p, fractions->item[i]);
		if (own)
			add_fractions(l, own);
	}
	own_only = l->n > 0;
	for (int i = 0; i < fractions->n && !own_only; i++)
		if (!strchr(fractions->item[i], '='))
			add_fractions(l, fractions->item[i]);
}

/* Other methods first, as the paper has them; then each initialisation at each fraction. */
static void make_lines(struct sheet *s, struct sheet_part *part, const struct paper *p,
		       const struct opt_list *fractions, const struct opt_list *inits)
{
	const struct sheet_part_spec *spec = s->spec->part ? &s->spec->part[part - s->part] : NULL;
	struct names fraction = { 0 }, init = { 0 };
	bool fractions_given, inits_given = inits->n > 0;

	fractions_asked(&fraction, part, fractions);
	fractions_given = fraction.n > 0;
	for (int i = 0; i < inits->n; i++)
		names_split(&init, inits->item[i]);
	if (spec && !fractions_given)
		names_split(&fraction, spec->fractions);
	if (spec && !inits_given)
		names_split(&init, s->spec->inits);
	for (size_t i = 0; i < p->rows; i++) {
		char *const *text = p->row[i].text;

		if (strcmp(text[DATASET], part->dataset) != 0)
			continue;
		if (!*text[INIT])
			add_line(part, text[ROW], text[FRACTION], "");
		else if (!spec && !fractions_given)
			names_add(&fraction, text[FRACTION], strlen(text[FRACTION]));
		if (*text[INIT] && !spec && !inits_given)
			names_add(&init, text[INIT], strlen(text[INIT]));
	}
	for (size_t f = 0; f < fraction.n; f++)
		for (size_t k = 0; k < init.n; k++)
			add_line(part, init.name[k], fraction.name[f], init.name[k]);
	names_release(&fraction);
	names_release(&init);
}

/* Numbers of sets, columns and shares that the table has not (others were asked for) are left out. */
static void add_printed(struct sheet *s, const struct printed *r)
{
	struct sheet_part *p = find_part(s, r->text[DATASET]);
	int64_t column = p ? find_column(p, r->text[SUBSET], r->text[METRIC], r->text[NORMALISER]) : -1;

	for (size_t i = 0; column >= 0 && i < p->lines; i++) {
		struct sheet_line *l = &p->line[i];
		bool other = !*r->text[INIT];

		if (strcmp(l->fraction, r->text[FRACTION]) != 0 || strcmp(l->init, r->text[INIT]) != 0 ||
		    (other && strcmp(l->row, r->text[ROW]) != 0))
			continue;
		free(l->cell[column].printed);
		l->cell[column].printed = xstrdup(r->text[PRINTED]);
		l->cell[column].paper = r->value;
	}
}

/* Lists that name no set of the table, or no line. */
static int check_lists(const struct sheet *s, const struct opt_list *fractions, struct err *e)
{
	for (int i = 0; i < fractions->n; i++) {
		const char *f = fractions->item[i], *equals = strchr(f, '=');
		bool found = !equals;

		for (size_t k = 0; k < s->parts && !found; k++)
			found = strlen(s->part[k].dataset) == (size_t)(equals - f) &&
				strncmp(s->part[k].dataset, f, (size_t)(equals - f)) == 0;
		if (!found)
			return err_code(e, EXIT_CODE_USAGE, "--fractions '%.200s': %s has no such set", f,
					s->spec->name);
	}
	for (size_t k = 0; k < s->parts; k++) {
		size_t own = 0;
		for (size_t i = 0; i < s->part[k].lines; i++)
			own += *s->part[k].line[i].init != 0;
		if (!own)
			return err_code(e, EXIT_CODE_USAGE, "%s: no line is left of %s", s->spec->name,
					s->part[k].dataset);
	}
	return 0;
}

void sheet_add_note(struct sheet *s, const char *text)
{
	for (size_t i = 0; i < s->notes; i++)
		if (strcmp(s->note[i], text) == 0)
			return;
	s->note = xrealloc_array(s->note, s->notes + 1, sizeof *s->note);
	s->note[s->notes++] = xstrdup(text);
}

/* What the table has lines of, where that is not what the paper has. */
static void note_list(struct sheet *s, const char *what, const struct opt_list *list)
{
	struct buf b = { 0 };

	for (int i = 0; i < list->n; i++)
		buf_printf(&b, "%s%s", i ? ", " : what, list->item[i]);
	if (list->n)
		sheet_add_note(s, b.data);
	buf_release(&b);
}

int sheet_build(struct sheet *s, const struct sheet_spec *spec, const char *paper, const struct opt_list *fractions,
		const struct opt_list *inits, struct err *e)
{
	struct paper p = { 0 };
	int rc;

	*s = (struct sheet){ .spec = spec };
	rc = paper ? paper_read(&p, paper, spec->name, e) : 0;
	if (!rc && !spec->part && !p.rows)
		rc = err_set(e, "'%s' has no row of %s", paper ? paper : "", spec->name);
	if (!rc)
		rc = make_parts(s, &p, e);
	for (size_t i = 0; i < s->parts && !rc; i++)
		make_lines(s, &s->part[i], &p, fractions, inits);
	for (size_t i = 0; i < p.rows && !rc; i++)
		add_printed(s, &p.row[i]);
	if (!rc)
		rc = check_lists(s, fractions, e);
	for (const char *const *n = spec->note; !rc && *n; n++)
		sheet_add_note(s, *n);
	note_list(s, "Shares that were asked for instead of the paper's: ", fractions);
	note_list(s, "Initialisations that were asked for instead of the paper's: ", inits);
	paper_release(&p);
	return rc;
}

static void line_release(struct sheet_line *l, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		for (size_t r = 0; r < l->cell[c].runs; r++)
			free(l->cell[c].run[r].seed);
		free(l->cell[c].run);
		free(l->cell[c].printed);
		free(l->cell[c].other);
	}
	free(l->cell);
	free(l->row);
	free(l->fraction);
	free(l->init);
}

void sheet_release(struct sheet *s)
{
	for (size_t i = 0; i < s->parts; i++) {
		struct sheet_part *p = &s->part[i];

		for (size_t k = 0; k < p->lines; k++)
			line_release(&p->line[k], p->columns);
		for (size_t c = 0; c < p->columns; c++) {
			free(p->column[c].subset);
			free(p->column[c].metric);
			free(p->column[c].normaliser);
		}
		free(p->line);
		free(p->column);
		free(p->dataset);
	}
	free(s->part);
	for (size_t i = 0; i < s->seeds; i++)
		free(s->seed[i]);
	free(s->seed);
	for (size_t i = 0; i < s->notes; i++)
		free(s->note[i]);
	free(s->note);
	free(s->scale);
	*s = (struct sheet){ 0 };
}
