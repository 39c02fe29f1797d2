/*
 * swav_step.h - one whole step of SwAV: prototypes normalised, forward, loss, backward, gradients summed, optimiser
 *
 * The batch is cut twice. Each rank (ranks.h) has batch / ranks samples, rank after rank; and with `accumulate` = A these are A
 * micro-batches one after the other, so that activations are those of batch / ranks / A samples. Assignments, loss and
 * statistics of the report are over the whole batch in any case: what depends on the cut is
 *
 *	batch norm, which sees a micro-batch of all ranks (or of the ranks of its group), for each size of view; its running
 *	statistics move once a micro-batch and plan
 *
 * With A > 1 embeddings of all micro-batches are needed before the first assignment, and activations are kept of one: the
 * first A - 1 are run forward twice, A + 1/3 (A - 1) passes for A.
 *
 * Gradients are summed over the ranks while backward still runs, in buckets of neighbours, as soon as they are complete.
 * Every rank then takes the same step on the same numbers.
 */
#ifndef FRL_MODEL_SWAV_STEP_H
#define FRL_MODEL_SWAV_STEP_H

#include "common/model/swav_loss.h"
#include "common/model/swav_net.h"
#include "common/nn/optim.h"

struct swav_step_config {
	struct swav_config net; /* batch: of all ranks and micro-batches; slices: of a micro-batch of one rank */
	int accumulate;		/* at least 1 */
	double temperature, epsilon;
	int iterations;
	struct optim_config optim;
};

struct swav_step;

/* -1 in *e when batch is not a multiple of ranks * accumulate. Values are zero until they are started or loaded. */
struct swav_step *swav_step_new(const struct nn_train *ops, const struct swav_step_config *c, struct err *e);
void swav_step_free(struct swav_step *s);

/* Its parts: parameters, queue and epochs, optimiser state. */
struct swav_net *swav_step_net(struct swav_step *s);
struct swav_loss *swav_step_loss(struct swav_step *s);
struct optim *swav_step_optim(struct swav_step *s);

/* Where this rank's pictures of a group go before each step: [count][batch / ranks][3][size][size], normalised. */
void *swav_step_view(struct swav_step *s, int group);

struct swav_step_report {
	struct swav_report swav;
	double gradient_norm; /* of the whole batch's, frozen parameters included */
};

/*
 * Takes a step at that rate; frozen: the prototypes are not moved. A loss or gradient that is no number leaves parameters and
 * optimiser as they were (not the running statistics): the caller looks at the report, which is the same on every rank.
 */
void swav_step_take(struct swav_step *s, double lr, bool frozen, int threads, struct swav_step_report *report);

/*
 * Whether all ranks begin alike: type of values, parameters, running statistics, optimiser state and queue. -1: e names
 * the first rank that differs from rank 0.
 */
int swav_step_alike(struct swav_step *s, struct err *e);

#endif
