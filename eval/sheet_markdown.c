/* sheet_markdown.c - a table for people: ours, the paper's and the difference, who is best, and the footnote */
#include <math.h>
#include <string.h>

#include "eval/sheet.h"

enum kind { KIND_VALUE, KIND_PAPER, KIND_DIFFERENCE };

/* Text of a cell: nothing in it ends the cell or the line. */
static void add_text(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_add_char(b, '\\');
		buf_add_char(b, *text == '\n' || *text == '\r' || *text == '\t' ? ' ' : *text);
	}
}

/* What tells a column from the others: its subset, its metric, or both. */
static void add_head(struct buf *b, const struct sheet_part *p, size_t column)
{
	bool subsets = false, metrics = false;

	for (size_t c = 1; c < p->columns; c++) {
		subsets = subsets || strcmp(p->column[c].subset, p->column[0].subset) != 0;
		metrics = metrics || strcmp(p->column[c].metric, p->column[0].metric) != 0;
	}
	if (subsets || !metrics)
		add_text(b, p->column[column].subset);
	if (metrics || !subsets) {
		if (subsets || !metrics)
			buf_add_char(b, ' ');
		add_text(b, p->column[column].metric);
	}
}

static void add_heads(struct buf *b, const struct sheet_part *p, const char *first, const char *last)
{
	buf_add_str(b, first);
	for (size_t c = 0; c < p->columns; c++) {
		buf_add_str(b, " ");
		add_head(b, p, c);
		buf_add_str(b, " |");
	}
	buf_printf(b, "%s\n|", last);
	for (const char *s = first + 1; *s; s++)
		if (*s == '|')
			buf_add_str(b, "---|");
	for (size_t c = 0; c < p->columns; c++)
		buf_add_str(b, "---:|");
	for (const char *s = last; *s; s++)
		if (*s == '|')
			buf_add_str(b, "---:|");
	buf_add_char(b, '\n');
}

static void add_cell(struct buf *b, const struct sheet_part *p, size_t i, size_t column, enum kind kind)
{
	const struct sheet_cell *c = &p->line[i].cell[column];
	int decimals = p->column[column].kind->decimals;
	const char *bold = kind != KIND_DIFFERENCE && sheet_is_best(p, i, column, kind == KIND_PAPER) == 1 ? "**" : "";

	buf_add_char(b, ' ');
	if (kind == KIND_PAPER) {
		buf_add_str(b, bold);
		add_text(b, c->printed ? c->printed : "-");
		buf_add_str(b, bold);
	} else if (!c->runs || (kind == KIND_DIFFERENCE && !c->printed)) {
		buf_add_char(b, '-');
	} else if (kind == KIND_DIFFERENCE) {
		buf_printf(b, "%+.*f", decimals, c->value - c->paper);
	} else {
		buf_printf(b, "%s%.*f%s", bold, decimals, c->value, bold);
		if (c->runs > 1)
			buf_printf(b, " (sd %.*f)", decimals, c->spread);
	}
	buf_add_str(b, " |");
}

/* How many the numbers of a line are taken over: one count, or the least and the most. */
static void add_counts(struct buf *b, const struct sheet_part *p, const struct sheet_line *l)
{
	int64_t low = -1, high = -1;

	for (size_t c = 0; c < p->columns; c++) {
		int64_t n = l->cell[c].runs ? l->cell[c].n : -1;
		if (n < 0)
			continue;
		low = low < 0 || n < low ? n : low;
		high = n > high ? n : high;
	}
	if (low < 0)
		buf_add_str(b, " - |");
	else if (low == high)
		buf_printf(b, " %lld |", (long long)low);
	else
		buf_printf(b, " %lld..%lld |", (long long)low, (long long)high);
}

static void add_label(struct buf *b, const struct sheet *s, const struct sheet_line *l, enum kind kind)
{
	static const char *const name[] = { "frl", "paper", "difference" };

	buf_add_str(b, "| ");
	add_text(b, l->fraction);
	buf_add_str(b, " | ");
	add_text(b, l->row);
	buf_printf(b, " | %s", *l->init ? name[kind] : "printed");
	if (*l->init && kind != KIND_PAPER && !sheet_line_counts(s, l)) {
		buf_add_str(b, " (no result: ");
		add_text(b, strcmp(s->scale, "paper") != 0 ? s->scale : "");
		buf_printf(b, "%s)",
			   l->stand_in != 1		    ? ""
			   : strcmp(s->scale, "paper") != 0 ? ", stand-in"
							    : "stand-in");
	}
	buf_add_str(b, " |");
}

/* Another method has the paper's line only; ours have no more where the paper prints nothing. */
static void add_lines(struct buf *b, const struct sheet *s, const struct sheet_part *p, size_t i)
{
	const struct sheet_line *l = &p->line[i];
	enum kind first = *l->init ? KIND_VALUE : KIND_PAPER, last = *l->init ? KIND_VALUE : KIND_PAPER;
	size_t seeds = 0;

	for (size_t c = 0; c < p->columns; c++) {
		seeds = l->cell[c].runs > seeds ? l->cell[c].runs : seeds;
		if (*l->init && l->cell[c].printed)
			last = KIND_DIFFERENCE;
	}
	for (enum kind k = first; k <= last; k++) {
		add_label(b, s, l, k);
		for (size_t c = 0; c < p->columns; c++)
			add_cell(b, p, i, c, k);
		if (k == KIND_VALUE) {
			buf_printf(b, " %zu |", seeds);
			add_counts(b, p, l);
		} else {
			buf_add_str(b, " | |");
		}
		buf_add_char(b, '\n');
	}
}

static void add_part(struct buf *b, const struct sheet *s, const struct sheet_part *p)
{
	buf_add_str(b, "\n## ");
	add_text(b, p->dataset);
	buf_add_str(b, "\n\n");
	add_heads(b, p, "| data | row | |", " seeds | n |");
	for (size_t i = 0; i < p->lines; i++)
		add_lines(b, s, p, i);
}

/* Of how many columns is `ours` the best, of how many is that known? */
static void count_best(const struct sheet_part *p, const char *fraction, bool paper, size_t *best, size_t *known)
{
	*best = *known = 0;
	for (size_t i = 0; i < p->lines; i++) {
		if (strcmp(p->line[i].init, "ours") != 0 || strcmp(p->line[i].fraction, fraction) != 0)
			continue;
		for (size_t c = 0; c < p->columns; c++) {
			int is = sheet_is_best(p, i, c, paper);
			*known += is >= 0;
			*best += is == 1;
		}
	}
}

/* A line of who is best in each column; none where the paper's numbers tell it of no column. */
static void add_winners(struct buf *b, const struct sheet_part *p, const char *fraction, bool paper)
{
	size_t best, known;

	count_best(p, fraction, paper, &best, &known);
	if (paper && !known)
		return;
	buf_add_str(b, "| ");
	add_text(b, fraction);
	buf_printf(b, " | %s |", paper ? "paper" : "frl");
	for (size_t c = 0; c < p->columns; c++) {
		struct buf names = { 0 };

		sheet_winners(p, fraction, c, paper, &names);
		buf_add_char(b, ' ');
		add_text(b, names.data);
		buf_add_str(b, " |");
		buf_release(&names);
	}
	buf_printf(b, " %zu of %zu |\n", best, known);
}

static void add_claims(struct buf *b, const struct sheet_part *p)
{
	buf_add_char(b, '\n');
	add_heads(b, p, "| data | best by |", " ours best of |");
	for (size_t i = 0; i < p->lines; i++)
		for (int paper = 1; paper >= 0 && sheet_begins_fraction(p, i); paper--)
			add_winners(b, p, p->line[i].fraction, paper);
}

static void add_title(struct buf *b, const struct sheet *s)
{
	bool result = !s->scale || strcmp(s->scale, "paper") == 0;

	buf_add_str(b, "# ");
	add_text(b, s->spec->title);
	if (!result) {
		buf_add_str(b, " (no result: scale ");
		add_text(b, s->scale);
		buf_add_char(b, ')');
	}
	if (!sheet_complete(s))
		buf_add_str(b, " (incomplete)");
	buf_add_char(b, '\n');
	if (!sheet_complete(s)) {
		struct buf missing = { 0 };
		sheet_say_missing(s, &missing);
		buf_add_str(b, "\n**Incomplete.** ");
		add_text(b, missing.data);
		buf_add_str(b, ".\n");
		buf_release(&missing);
	}
	if (s->undefined)
		buf_printf(b, "\n**Not numbers.** %zu of %zu are nan.\n", s->undefined, s->cells);
}

void sheet_markdown(const struct sheet *s, struct buf *b)
{
	add_title(b, s);
	for (size_t i = 0; i < s->parts; i++)
		add_part(b, s, &s->part[i]);
	buf_add_str(b, "\n## Who is best\n\nThe claim: ");
	add_text(b, s->spec->claim);
	buf_add_str(b, ".\n");
	for (size_t i = 0; i < s->parts; i++) {
		buf_add_char(b, '\n');
		add_text(b, s->part[i].dataset);
		buf_add_str(b, ":\n");
		add_claims(b, &s->part[i]);
	}
	buf_add_str(
		b,
		"\n## Notes\n\n- frl: what was measured here; paper, printed: as the paper prints it; difference: frl - paper. "
		"Bold: the best of its column (of errors the lowest) among ours of that share and other methods.\n");
	if (s->seeds > 1)
		buf_printf(b, "- Means over %zu seeds; sd: their standard deviation (n - 1).\n", s->seeds);
	for (size_t i = 0; i < s->notes; i++) {
		buf_add_str(b, "- ");
		add_text(b, s->note[i]);
		buf_add_char(b, '\n');
	}
}
