/*
 * measure.h - numbers over a set of samples, with intervals by resampling, and the samples themselves for frl-eval compare
 */
#ifndef FRL_EVAL_MEASURE_H
#define FRL_EVAL_MEASURE_H

#include <stddef.h>

#include "common/io.h"
#include "common/tsv.h"
#include "eval/report.h"

enum { MEASURE_MAX = 32 };

/* Several numbers from the samples index [n] (which may repeat): value [count], and how many samples counted. */
struct measure {
	int count;
	const char *name[MEASURE_MAX];
	const char *normaliser;
	size_t (*compute)(const size_t *index, size_t n, double *value, void *data); /* by several threads at once */
	void *data;
};

/* Samples that are taken together when resampling: unit i holds member[start[i] .. start[i + 1]). */
struct units {
	size_t n;
	size_t *start;
	size_t *member;
};

/* Each sample of index [n] by itself, or, with group (a text per sample number), those of one text together. */
void units_make(struct units *u, const size_t *index, size_t n, char *const *group);
void units_release(struct units *u);
/* One resampling: the members of the units drawn in replicate r. Zero-initialise it; it grows as need be. */
struct draw {
	size_t *index; /* [n] */
	size_t n, cap;
	uint32_t *times;
};

void draw_units(struct draw *d, const struct units *u, uint64_t seed, uint32_t r);
void draw_release(struct draw *d);

/* Adds the rows of a measure over index [n] to the report, with intervals where r->bootstrap asks for them. */
void measure_add(struct report *r, const char *subset, const struct measure *m, const size_t *index, size_t n,
		 char *const *group);

/* A file of samples: columns id face group name truth pred error. NULL path: nothing is written. */
struct sample_file {
	struct out out;
	struct tsv_out tsv;
	bool open;
};

int sample_file_open(struct sample_file *f, const char *path, const struct report *r, int argc, char *const *argv,
		     struct err *e);
int sample_file_add(struct sample_file *f, const char *id, int64_t face, const char *group, const char *name,
		    double truth, double pred, double error, struct err *e);
int sample_file_close(struct sample_file *f, struct err *e);
void sample_file_abort(struct sample_file *f);

#endif
