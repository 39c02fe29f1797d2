/*
 * detection.h - what the two files of frl-eval detection share
 */
#ifndef FRL_EVAL_DETECTION_H
#define FRL_EVAL_DETECTION_H

#include <stdbool.h>

#include "common/wider.h"
#include "eval/report.h"

struct detection {
	const char *truth_dir, *pred, *list, *curves;
	bool partial;
	struct report report;

	struct wider_truth truth;
	bool *chosen;		     /* [truth.n] by --list, else all */
	bool *seen;		     /* [truth.n] are there predictions, be it an empty set? */
	struct wider_result *result; /* [truth.n] */
};

/* Fills seen and result from d->pred. A chosen picture without predictions is an error unless d->partial. */
int detection_read(struct detection *d, struct err *e);

#endif
