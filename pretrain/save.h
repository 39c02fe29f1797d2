/*
 * save.h - checkpoints of a run, out and in
 */
#ifndef FRL_PRETRAIN_SAVE_H
#define FRL_PRETRAIN_SAVE_H

#include "pretrain/run.h"

/* RUN/step-NNNNNNNN after r->step steps; older ones are removed as --keep and --keep-every say. */
int save_run(struct run *r, struct err *e);
/* For a run with nothing left to save: what a process that was killed had half written, or no time to remove, goes. */
int tidy_run(struct run *r, struct err *e);
/*
 * Parameters, optimiser, queue and step from c. -1 where the data are others, or tensors are those of another network. Warns where
 * the last bits may be others than those of a run that was not interrupted.
 */
int load_run(struct run *r, const struct checkpoint *c, struct err *e);

#endif
