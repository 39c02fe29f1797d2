/*
 * sheet.h - a table of the paper: its cells in the paper's order, what the paper prints, and what runs gave
 *
 * A sheet has a part for each test set; a part has columns (numbers of frl-eval) and lines. A line is an initialisation at a
 * share of the labels, whose cells are filled from the long TSV of frl-eval, or another method, of which the paper's number is
 * all there is. What a table consists of stands in sheet_spec.c and, for tables that the supplement prints, in tables/paper.tsv.
 */
#ifndef FRL_EVAL_SHEET_H
#define FRL_EVAL_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/io.h"
#include "common/opt.h"

/* ---- what tables consist of */

struct sheet_metric {
	const char *name; /* as in the column metric */
	int decimals;	  /* that people are shown */
	bool lower;	  /* lower is better */
};

struct sheet_number {
	const char *subset, *metric, *normaliser;
};

struct sheet_part_spec {
	const char *dataset;		   /* the test set, by frl-curate's name */
	const char *fractions;		   /* of the labels trained on: "100%,10%,2%" */
	const struct sheet_number *number; /* ended by a NULL subset */
};

struct sheet_spec {
	const char *name, *title;
	const char *task;
	const struct sheet_part_spec
		*part;		 /* ended by a NULL dataset; NULL: parts, columns and lines as paper.tsv has them */
	const char *inits;	 /* with part: "random,imagenet,vggface,ours" */
	const char *claim;	 /* what the paper says of the table as a whole */
	const char *const *note; /* NULL-ended */
};

/* All tables, ended by a NULL name. */
extern const struct sheet_spec sheet_specs[];
/* NULL: frl-eval has no such number in a table. */
const struct sheet_metric *sheet_metric(const char *name);

/* ---- a table */

struct sheet_run {
	char *seed;
	double value;
	int64_t n; /* -1: none given */
};

struct sheet_cell {
	struct sheet_run *run; /* by seed */
	size_t runs;	       /* 0: missing */
	double value;	       /* mean over seeds; NaN: missing, or not a number */
	double spread;	       /* their standard deviation (n - 1); NaN below two */
	int64_t n;	       /* the smallest of the runs' */
	char *printed;	       /* as the paper has it; NULL: not printed */
	double paper;	       /* NaN where nothing is printed */
	char *other;	       /* a normaliser under which the number came, which is not the column's; NULL: none did */
};

struct sheet_column {
	char *subset, *metric, *normaliser;
	const struct sheet_metric *kind;
};

struct sheet_line {
	char *row, *fraction;
	char *init;		 /* "": another method */
	int stand_in;		 /* 1: its weights stand in for the real ones; -1: no row yet */
	struct sheet_cell *cell; /* [columns] */
};

struct sheet_part {
	char *dataset;
	struct sheet_column *column;
	size_t columns;
	struct sheet_line *line;
	size_t lines;
};

struct sheet {
	const struct sheet_spec *spec;
	struct sheet_part *part;
	size_t parts;
	char *scale; /* of the rows; NULL before the first */
	char **seed; /* all there are, sorted */
	size_t seeds;
	char **note; /* for the footnote */
	size_t notes;
	size_t absent; /* files that were given and are not there */
	/* Set by sheet_finish. Cells to fill, without a run, with fewer seeds than others, whose number is nan. */
	size_t cells, missing, short_of_seeds, undefined;
};

/*
 * An empty table of that spec with the numbers of the file paper (tables/paper.tsv; NULL: without them, of a spec that has parts).
 * fractions: shares to have lines for instead of the paper's, "100%,2%" each or "DATASET=100%,2%" (a percent sign may
 * lack); inits: the same of initialisations. Release after a failure too.
 */
int sheet_build(struct sheet *s, const struct sheet_spec *spec, const char *paper, const struct opt_list *fractions,
		const struct opt_list *inits, struct err *e);
void sheet_add_note(struct sheet *s, const char *text); /* once, however often it is given */
void sheet_release(struct sheet *s);

/*
 * Takes the rows of a long TSV of frl-eval, or of several one after the other in a file ("-": standard input), into their cells.
 * Errors: two rows for one cell and seed, rows of two scales, an initialisation and its stand-in.
 * Rows that no line takes are named on standard error unless quiet.
 */
int sheet_read(struct sheet *s, const char *path, bool quiet, struct err *e);
int sheet_read_memory(struct sheet *s, const char *name, const void *data, size_t len, bool quiet, struct err *e);
/* Means over seeds, and what is missing, which is named on standard error. The same for any order of the files. */
void sheet_finish(struct sheet *s);
/* Is nothing missing? */
bool sheet_complete(const struct sheet *s);
/* Not of scale paper, or of stand-ins: nobody's result. */
bool sheet_line_counts(const struct sheet *s, const struct sheet_line *l);

/* ---- who is best */

/*
 * The best value of a column among the lines of that fraction and the other methods, by our numbers (paper: by the printed
 * ones; those of other methods are printed always). NaN: unknown, since one of them is missing or there is nothing to compare.
 */
double sheet_best(const struct sheet_part *p, const char *fraction, size_t column, bool paper);
/* The value that a cell enters this comparison with. */
double sheet_value(const struct sheet_line *l, size_t column, bool paper);
/*
 * Is line i the best of its column? 1, 0, -1: unknown. Another method is asked about against the only fraction that the part has
 * lines of; with several there is no answer.
 */
int sheet_is_best(const struct sheet_part *p, size_t i, size_t column, bool paper);
/* The first line of ours of each fraction, to visit each fraction once. */
bool sheet_begins_fraction(const struct sheet_part *p, size_t i);
/* Names of the lines whose value that is, "a, b"; "-" for NaN. Appends. */
void sheet_winners(const struct sheet_part *p, const char *fraction, size_t column, bool paper, struct buf *names);

/* ---- output */

/* Long: a row a cell, in the paper's order; frl-eval(1). */
void sheet_tsv(const struct sheet *s, bool no_pg, int argc, char *const *argv, struct buf *b);
/* For people: a line a row of the paper, with the paper's number and the difference below ours; claims; footnote. */
void sheet_markdown(const struct sheet *s, struct buf *b);
/* "12 of 108 numbers are missing: affectnet 2% vggface, .."; with fewer seeds too. Appends. */
void sheet_say_missing(const struct sheet *s, struct buf *b);

#endif
