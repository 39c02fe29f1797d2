/*
 * schedule.h - the learning rate of every step of a run
 *
 * Iteration 0 is the first step and takes the start of the warm-up, as the SwAV reference does (spec: linspace with its end
 * point, then cosine):
 *
 *	step < warmup:	start + step (base - start) / (warmup - 1); the last of them is base to the bit. A warm-up of one step
 *			is start alone
 *	cosine:		final + (base - final) / 2 (1 + cos(pi t / T)),  t = step - warmup = 0 .. T - 1,  T = total - warmup:
 *			base stands twice, final is never quite reached
 *	steps:		base, times factor once for every drop <= step. Drops count from the beginning of the run, warm-up included
 *	constant:	base
 */
#ifndef FRL_NN_SCHEDULE_H
#define FRL_NN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/io.h"

/* ---- a length of time, as users give it: "10", "0.5": epochs; "4s": steps */

struct schedule_length {
	double n; /* >= 0, at most 2^53; whole where steps */
	bool steps;
};

int schedule_length_parse(struct schedule_length *l, const char *text, struct err *e);
/* In steps of an epoch of per_epoch; epochs are rounded to the nearest step. At most 2^53. */
uint64_t schedule_length_steps(const struct schedule_length *l, uint64_t per_epoch);

/* ---- the rate */

enum schedule_kind { SCHEDULE_COSINE, SCHEDULE_STEPS, SCHEDULE_CONSTANT };

enum { SCHEDULE_MAX_DROPS = 16 };

struct schedule {
	enum schedule_kind kind;
	double start, base, final; /* start: of the warm-up; final: cosine */
	uint64_t warmup, total;	   /* steps; total includes the warm-up, which may reach past it */
	uint64_t drop[SCHEDULE_MAX_DROPS];
	int drops;
	double factor;
};

/* "cosine", "steps", "constant". */
int schedule_kind_parse(enum schedule_kind *kind, const char *text, struct err *e);
const char *schedule_kind_name(enum schedule_kind kind);

/* A step past the last one has the rate that the course ends in (cosine: final). */
double schedule_lr(const struct schedule *s, uint64_t step);
/* TSV with a header: step, lr; a row for each of `total` steps, lr by its shortest text that reads back. */
int schedule_print(const struct schedule *s, struct out *o, struct err *e);

#endif
