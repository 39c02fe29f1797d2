/* sheet_tsv.c - a table as TSV, a row a cell; and in words what is missing */
#include <stdlib.h>
#include <string.h>

#include "common/tsv.h"
#include "eval/sheet.h"

static const char *const columns[] = { "table",	 "row",	       "task",	 "dataset",    "fraction",
				       "init",	 "subset",     "metric", "normaliser", "value",
				       "spread", "seeds",      "n",	 "paper",      "difference",
				       "best",	 "paper_best", "state",	 "scale" };

/* "-": there is none. */
static void put_number(struct tsv_out *w, double v, bool there)
{
	if (there)
		tsv_out_f64(w, v);
	else
		tsv_out_raw(w, "-");
}

static void put_answer(struct tsv_out *w, int answer)
{
	tsv_out_raw(w, answer < 0 ? "-" : answer ? "yes" : "no");
}

static void put_row(struct tsv_out *w, const struct sheet *s, const struct sheet_part *p, size_t i, size_t column)
{
	const struct sheet_line *l = &p->line[i];
	const struct sheet_column *c = &p->column[column];
	const struct sheet_cell *cell = &l->cell[column];
	const char *const text[] = { s->spec->name, l->row, s->spec->task, p->dataset, l->fraction };
	char *init = xasprintf("%s%s", l->stand_in == 1 ? "stand-in:" : "", l->init);

	for (size_t k = 0; k < sizeof text / sizeof *text; k++)
		tsv_out_str(w, text[k]);
	tsv_out_str(w, *init ? init : "-");
	tsv_out_str(w, c->subset);
	tsv_out_str(w, c->metric);
	tsv_out_str(w, *c->normaliser ? c->normaliser : "-");
	put_number(w, cell->value, cell->runs > 0);
	put_number(w, cell->spread, cell->runs > 1);
	put_number(w, (double)cell->runs, *l->init != 0);
	put_number(w, (double)cell->n, cell->runs > 0 && cell->n >= 0);
	tsv_out_str(w, cell->printed ? cell->printed : "-");
	put_number(w, cell->value - cell->paper, cell->runs > 0 && cell->printed);
	put_answer(w, sheet_is_best(p, i, column, false));
	put_answer(w, sheet_is_best(p, i, column, true));
	tsv_out_raw(w, !*l->init		 ? "printed"
		       : !cell->runs		 ? "missing"
		       : sheet_line_counts(s, l) ? "result"
						 : "no-result");
	tsv_out_str(w, *l->init && s->scale ? s->scale : "-");
	tsv_out_end(w);
	free(init);
}

static void add_comment(struct buf *b, const char *what, const char *text)
{
	buf_printf(b, "#%s\t", what);
	tsv_escape(b, text, strlen(text));
	buf_add_char(b, '\n');
}

void sheet_tsv(const struct sheet *s, bool no_pg, int argc, char *const *argv, struct buf *b)
{
	struct tsv_out w = { 0 };
	struct buf comments = { 0 }, missing = { 0 };

	tsv_out_pg(&w, no_pg, argc, argv);
	add_comment(&comments, "table", s->spec->title);
	if (s->scale && strcmp(s->scale, "paper") != 0)
		add_comment(&comments, "no-result scale", s->scale);
	if (!sheet_complete(s)) {
		sheet_say_missing(s, &missing);
		add_comment(&comments, "incomplete", missing.data);
	}
	if (s->undefined)
		buf_printf(&comments, "#nan\t%zu of %zu numbers are nan\n", s->undefined, s->cells);
	add_comment(&comments, "claim", s->spec->claim);
	for (size_t i = 0; i < s->notes; i++)
		add_comment(&comments, "note", s->note[i]);
	tsv_out_comments(&w, &comments);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(&w, columns[i]);
	tsv_out_end(&w);
	for (size_t i = 0; i < s->parts; i++)
		for (size_t k = 0; k < s->part[i].lines; k++)
			for (size_t c = 0; c < s->part[i].columns; c++)
				put_row(&w, s, &s->part[i], k, c);
	buf_add(b, w.line.data, w.line.len);
	tsv_out_release(&w);
	buf_release(&comments);
	buf_release(&missing);
}

/* Does the line lack a run, or one of the seeds? */
static bool lacks(const struct sheet *s, const struct sheet_part *p, const struct sheet_line *l)
{
	for (size_t c = 0; c < p->columns; c++)
		if (*l->init && (l->cell[c].runs == 0 || l->cell[c].runs < s->seeds))
			return true;
	return false;
}

void sheet_say_missing(const struct sheet *s, struct buf *b)
{
	const char *comma = ": ";

	buf_printf(b, "%zu of %zu numbers are missing", s->missing, s->cells);
	if (s->short_of_seeds)
		buf_printf(b, ", %zu are of fewer than %zu seeds", s->short_of_seeds, s->seeds);
	if (s->absent)
		buf_printf(b, ", %zu of the files given are not there", s->absent);
	for (size_t i = 0; i < s->parts; i++)
		for (size_t k = 0; k < s->part[i].lines; k++) {
			const struct sheet_part *p = &s->part[i];
			if (!lacks(s, p, &p->line[k]))
				continue;
			buf_printf(b, "%s%s %s %s", comma, p->dataset, p->line[k].fraction, p->line[k].row);
			comma = ", ";
		}
}
