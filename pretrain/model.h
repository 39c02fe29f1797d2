/*
 * model.h - what is trained: network, loss with its queue, optimiser; one step of it
 */
#ifndef FRL_PRETRAIN_MODEL_H
#define FRL_PRETRAIN_MODEL_H

#include "common/model/swav_step.h"
#include "pretrain/log.h"
#include "pretrain/options.h"

struct model {
	struct swav_step *step;
	/* its parts */
	struct swav_net *net;
	struct swav_loss *loss;
	struct optim *optim;
	float *view[SWAV_MAX_GROUPS]; /* [count][batch / ranks][3][size][size]: to be filled before a step */
	/* the rest is the module's own */
	const struct plan *plan;
	int threads;
};

/* Both outlive it. Values are zero until they are started or loaded. -1: the batch cannot be cut as asked for. */
int model_init(struct model *m, const struct options *o, const struct plan *p, int threads, struct err *e);
/* Harmless on a zeroed struct. */
void model_release(struct model *m);

/* When things happen, in steps. */
struct model_times {
	uint64_t per_epoch, freeze, queue_start;
};

/*
 * Step number `step` on the views, at that rate; fills loss, norm, entropy, in_use and spread of the row. A loss that is no number
 * leaves the parameters as they were.
 */
void model_step(struct model *m, const struct model_times *t, uint64_t step, double lr, struct log_row *row);

#endif
