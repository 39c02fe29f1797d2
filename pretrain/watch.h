/*
 * watch.h - looks at a run as it goes: says what a healthy start looks like, and warns of a collapse, a plateau, numbers that are
 * none, and waiting for data
 *
 * At ln K the loss is that of somebody who predicts all prototypes alike. A plateau there, with embeddings that differ, is
 * how runs begin and may last; a collapse is an output that is the same for all pictures, and does not end by itself.
 */
#ifndef FRL_PRETRAIN_WATCH_H
#define FRL_PRETRAIN_WATCH_H

#include <stdbool.h>

#include "pretrain/log.h"

enum { WATCH_WINDOW = 100 }; /* steps */

enum watch_state { WATCH_WELL, WATCH_PLATEAU, WATCH_COLLAPSE };

struct watch {
	int prototypes;
	enum watch_state state;
	bool starved;
	/* sums over the steps of the window in the making */
	int steps;
	double loss, spread, seconds, waited;
};

/* Says what to expect, unless quiet. */
void watch_start(struct watch *w, int prototypes, bool quiet);
/*
 * After a step: warns when the state becomes another one, or data is waited for. -1: the loss or the gradient is no number, and
 * the step must not be taken.
 */
int watch_step(struct watch *w, const struct log_row *row, struct err *e);

#endif
