/*
 * report.h - what frl-eval prints: rows of numbers, as long TSV, JSON or a table
 */
#ifndef FRL_EVAL_REPORT_H
#define FRL_EVAL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/opt.h"

struct report_row {
	char *subset, *metric, *normaliser;
	double value;
	int64_t n;	  /* what the value is a mean over; -1: no such count */
	double low, high; /* NaN: no interval asked for */
};

/* Options first, then rows. report_init, fill by options, add rows. */
struct report {
	const char *task;
	const char *dataset, *fraction, *init, *run_seed, *scale; /* go to the columns of the same names */
	const char *out;
	bool json, table, no_pg, quiet;
	int bootstrap; /* replicates; 0: no interval */
	double confidence;
	int64_t seed;
	struct report_row *row;
	size_t n;
};

void report_init(struct report *r, const char *task);
/* Adds a row and returns it, so that an interval can be set before the next is added. */
struct report_row *report_add(struct report *r, const char *subset, const char *metric, const char *normaliser,
			      double value, int64_t n);
/* Sets the interval of a row from its r->bootstrap replicates (sorts them). */
void report_interval(const struct report *r, struct report_row *row, double *value);
/* Writes all to r->out. argc, argv are a sub-command's, the tail of main's: the provenance line has its name too. */
int report_write(const struct report *r, int argc, char *const *argv, struct err *e);
void report_release(struct report *r);

/* The options that all sub-commands share. */
#define OPT_REPORT_OUTPUT(r) \
	OPT_GROUP("Output"), OPT_STR('o', "output", "FILE", &(r)->out, "where the numbers go; - is standard output"), \
		OPT_BOOL(0, "table", &(r)->table, "print a table for people instead of TSV"), \
		OPT_BOOL(0, "json", &(r)->json, "print a JSON array of rows instead of TSV"), \
		OPT_STR(0, "dataset", "NAME", &(r)->dataset, "fills the column dataset"), \
		OPT_STR(0, "fraction", "TEXT", &(r)->fraction, "fills the column fraction"), \
		OPT_STR(0, "init", "NAME", &(r)->init, "fills the column init"), \
		OPT_STR(0, "run-seed", "TEXT", &(r)->run_seed, "fills the column seed"), \
		OPT_STR(0, "scale", "NAME", &(r)->scale, "fills the column scale: how large the experiment was")
#define OPT_REPORT_BOOTSTRAP(r) \
	OPT_GROUP("Intervals"), \
		OPT_INT(0, "bootstrap", "N", &(r)->bootstrap, 0, 1048576, "replicates for an interval; 0: none"), \
		OPT_F64(0, "confidence", "P", &(r)->confidence, 0, 1, "share of the replicates inside the interval"), \
		OPT_I64(0, "seed", "N", &(r)->seed, 0, 9007199254740992.0, "seed of the resampling")
#define OPT_REPORT_COMMON(r) \
	OPT_GROUP("Common"), OPT_BOOL('q', "quiet", &(r)->quiet, "no warnings of mere interest"), \
		OPT_BOOL(0, "no-pg", &(r)->no_pg, "leave provenance out of outputs")

#endif
