/*
 * run.h - a run of training: from options to the last step
 */
#ifndef FRL_PRETRAIN_RUN_H
#define FRL_PRETRAIN_RUN_H

#include "common/data/loader.h"
#include "pretrain/log.h"
#include "pretrain/model.h"
#include "pretrain/options.h"
#include "pretrain/probe.h"
#include "pretrain/tensorboard.h"
#include "pretrain/watch.h"

struct run {
	const struct options *options;
	const struct opt *table;
	struct plan plan;
	char *folder;
	int threads;
	struct schedule schedule;
	struct model_times times;
	uint64_t save_every, keep_every, probe_every; /* steps; 0: never */
	uint64_t step;				      /* taken */
	uint64_t saved;				      /* the step of the newest checkpoint */
	int stop;				      /* the signal that some rank was sent; 0: none */
	struct loader *loader;
	struct model model;
	struct log log;
	struct watch watch;
	struct probe probe;
	struct tensorboard board;
};

/* Looks at the data and makes the schedule: all that --print-schedule needs. */
int run_plan(struct run *r, const struct options *o, const struct opt *table, struct err *e);
/* Network and files; from the checkpoint c, if there is one (c->folder). */
int run_open(struct run *r, const struct checkpoint *c, struct err *e);
/*
 * Steps until the last one, or until a signal (stop.h) asks for an end, then saved. Bad data saves what there is; a loss that is no
 * number does not.
 */
int run_train(struct run *r, struct err *e);
int run_close(struct run *r, struct err *e);
/* In any case. */
void run_release(struct run *r);

#endif
