/* sheet_best.c - who is best in a column of a table, by our numbers and by the printed ones */
#include <math.h>
#include <string.h>

#include "eval/sheet.h"

/* Lines that are compared with those of a fraction: these, and other methods whatever theirs is. */
static bool compared(const struct sheet_line *l, const char *fraction)
{
	return !*l->init || strcmp(l->fraction, fraction) == 0;
}

double sheet_value(const struct sheet_line *l, size_t column, bool paper)
{
	return paper || !*l->init ? l->cell[column].paper : l->cell[column].value;
}

double sheet_best(const struct sheet_part *p, const char *fraction, size_t column, bool paper)
{
	bool lower = p->column[column].kind->lower;
	double best = NAN;
	size_t n = 0;

	for (size_t i = 0; i < p->lines; i++) {
		double v;

		if (!compared(&p->line[i], fraction))
			continue;
		v = sheet_value(&p->line[i], column, paper);
		if (isnan(v))
			return NAN;
		best = n++ == 0 || (lower ? v < best : v > best) ? v : best;
	}
	return n > 1 ? best : NAN;
}

bool sheet_begins_fraction(const struct sheet_part *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (*p->line[k].init && strcmp(p->line[k].fraction, p->line[i].fraction) == 0)
			return false;
	return *p->line[i].init != 0;
}

/* The fraction that a line is compared in; NULL: another method's, and there are several. */
static const char *fraction_of(const struct sheet_part *p, size_t i)
{
	const char *only = NULL;

	if (*p->line[i].init)
		return p->line[i].fraction;
	for (size_t k = 0; k < p->lines; k++)
		if (sheet_begins_fraction(p, k)) {
			if (only)
				return NULL;
			only = p->line[k].fraction;
		}
	return only;
}

int sheet_is_best(const struct sheet_part *p, size_t i, size_t column, bool paper)
{
	const char *fraction = fraction_of(p, i);
	double best = fraction ? sheet_best(p, fraction, column, paper) : NAN;

	return isnan(best) ? -1 : sheet_value(&p->line[i], column, paper) == best;
}

void sheet_winners(const struct sheet_part *p, const char *fraction, size_t column, bool paper, struct buf *names)
{
	double best = sheet_best(p, fraction, column, paper);
	const char *comma = "";

	if (isnan(best))
		buf_add_char(names, '-');
	for (size_t i = 0; i < p->lines; i++)
		if (compared(&p->line[i], fraction) && sheet_value(&p->line[i], column, paper) == best) {
			buf_printf(names, "%s%s", comma, p->line[i].row);
			comma = ", ";
		}
}
