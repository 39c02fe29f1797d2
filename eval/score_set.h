/*
 * score_set.h - files of verification scores
 */
#ifndef FRL_EVAL_SCORE_SET_H
#define FRL_EVAL_SCORE_SET_H

#include <stddef.h>

#include "common/err.h"
#include "common/metrics/roc.h"

struct score_set {
	double *score[2]; /* impostor, genuine; ascending */
	size_t n[2];
	size_t missing; /* comparisons without a score */
};

/*
 * A comparison a line: "label score" with label 1 or -1 (0), or "claimed [model] real test score", where equal names make
 * it genuine. A score nan is a comparison that could not be made. A file without genuine or impostor scores is an error.
 * s is zero-initialised, and to be released even after an error.
 */
int score_set_read(struct score_set *s, const char *path, struct err *e);
struct scores score_set_scores(const struct score_set *s);
void score_set_release(struct score_set *s);

#endif
