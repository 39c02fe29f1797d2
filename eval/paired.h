/*
 * paired.h - what the tasks share that compare a manifest of predictions with one of truth, row by row
 */
#ifndef FRL_EVAL_PAIRED_H
#define FRL_EVAL_PAIRED_H

#include "common/table.h"
#include "eval/measure.h"
#include "eval/past.h"
#include "eval/predictor.h"
#include "eval/report.h"

struct paired {
	const char *truth_path, *pred_path; /* pred_path: several with commas between them */
	bool partial;
	/* With a model, which makes the predictions now: of the streams in data. */
	const char *model, *data, *rows, *pred_out;
	bool force;
	int threads;
	const char *by;	     /* column of the truth whose values are resampled together */
	const char *samples; /* file of samples */
	struct report report;
	struct table truth, pred;
	struct table *more; /* [mores] of further files of predictions, until they are loaded into pred */
	int mores;
	struct join join;
	char **group; /* [join.n] the value of `by`, NULL without */
	size_t *all;  /* [join.n] 0, 1, 2 .. */
	int argc;
	char *const *argv;
	/* paired.c's own */
	char *list;	       /* names of files of predictions */
	struct buf truth_text; /* with a model */
	struct past past;      /* of the model */
	int predictions;       /* descriptor of the model's */
	uint64_t unpredicted;  /* records that could not be */
};

#define OPT_PAIRED_INPUT(p) \
	OPT_GROUP("Input"), OPT_STR(0, "truth", "FILE", &(p)->truth_path, "manifest of the truth"), \
		OPT_STR(0, "labels", "FILE", &(p)->truth_path, "the same as --truth"), \
		OPT_STR(0, "pred", "FILE,..", &(p)->pred_path, \
			"manifests of predictions, their rows taken together; - is standard input"), \
		OPT_BOOL(0, "partial", &(p)->partial, \
			 "leave out rows that one side lacks; without it they are an error")
#define OPT_PAIRED_MODEL(p) \
	OPT_GROUP("Instead of --pred"), \
		OPT_STR('m', "model", "RUN", &(p)->model, \
			"predict with a model of frl-finetune: a file, RUN or RUN/last"), \
		OPT_STR(0, "data", "FILE,..", &(p)->data, "record streams of the pictures; - is standard input"), \
		OPT_STR(0, "rows", "FILE", &(p)->rows, \
			"manifest of the crops (frl-crop -m), where the truth does not say where they are"), \
		OPT_STR(0, "pred-out", "FILE", &(p)->pred_out, \
			"keep the predictions, as frl-eval predict writes them"), \
		OPT_BOOL(0, "force", &(p)->force, "score a model on pictures that it was chosen on"), \
		OPT_INT(0, "threads", "N", &(p)->threads, 0, 1024, "threads that predict; 0: one per processor")
#define OPT_PAIRED_SAMPLES(p) \
	OPT_STR(0, "by", "COLUMN", &(p)->by, "rows of the same value there are resampled together (subject)"), \
		OPT_STR(0, "samples", "FILE", &(p)->samples, "write every sample's error, for frl-eval compare")

/*
 * Checks arguments (usage on error), opens both tables; with a model makes the predictions first. fits: as predictor.h has it.
 */
int paired_open(struct paired *p, const struct opt_program *program, int first, int argc, char **argv,
		int (*fits)(const struct task_model *m, const char *path, struct table *truth, struct err *e),
		struct err *e);
/* Loads the predictions of all files: numbers, each of which must be there. */
int paired_load(struct paired *p, const char *const *number, int numbers, struct err *e);
/* Joins what was loaded; text column `by_text` of the truth is the group, -1 for none. */
int paired_join(struct paired *p, int by_text, struct err *e);
void paired_release(struct paired *p);
/* What the program ends with when all went well: some records may have failed. */
int paired_status(const struct paired *p);

/* Sub-rows of the join for which the truth's text column is value. Returns how many, into index [join.n]. */
size_t paired_where(const struct paired *p, int text, const char *value, size_t *index);
/* The distinct values of a text column of the joined truth, sorted, as a NULL-ended list to be freed (not its texts). */
char **paired_values(const struct paired *p, int text);

#endif
