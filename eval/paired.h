/*
 * paired.h - what the tasks share that compare a manifest of predictions with one of truth, row by row
 */
#ifndef FRL_EVAL_PAIRED_H
#define FRL_EVAL_PAIRED_H

#include "eval/measure.h"
#include "eval/report.h"
#include "common/table.h"

struct paired {
	const char *truth_path, *pred_path;
	bool partial;
	const char *by;	     /* column of the truth whose values are resampled together */
	const char *samples; /* file of samples */
	struct report report;
	struct table truth, pred;
	struct join join;
	char **group; /* [join.n] the value of `by`, NULL without */
	size_t *all;  /* [join.n] 0, 1, 2 .. */
	int argc;
	char *const *argv;
};

#define OPT_PAIRED_INPUT(p) \
	OPT_GROUP("Input"), OPT_STR(0, "truth", "FILE", &(p)->truth_path, "manifest of the truth"), \
		OPT_STR(0, "labels", "FILE", &(p)->truth_path, "the same as --truth"), \
		OPT_STR(0, "pred", "FILE", &(p)->pred_path, "manifest of predictions; - is standard input"), \
		OPT_BOOL(0, "partial", &(p)->partial, \
			 "leave out rows that one side lacks; without it they are an error")
#define OPT_PAIRED_SAMPLES(p) \
	OPT_STR(0, "by", "COLUMN", &(p)->by, "rows of the same value there are resampled together (subject)"), \
		OPT_STR(0, "samples", "FILE", &(p)->samples, "write every sample's error, for frl-eval compare")

/* Checks arguments (usage on error), opens both tables. */
int paired_open(struct paired *p, const struct opt_program *program, int first, int argc, char **argv, struct err *e);
/* Joins what was loaded; text column `by_text` of the truth is the group, -1 for none. */
int paired_join(struct paired *p, int by_text, struct err *e);
void paired_release(struct paired *p);

/* Sub-rows of the join for which the truth's text column is value. Returns how many, into index [join.n]. */
size_t paired_where(const struct paired *p, int text, const char *value, size_t *index);
/* The distinct values of a text column of the joined truth, sorted, as a NULL-ended list to be freed (not its texts). */
char **paired_values(const struct paired *p, int text);

#endif
