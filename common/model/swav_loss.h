/*
 * swav_loss.h - SwAV's loss from embeddings to their gradient: swapped prediction, assignments, queue (the reference's
 * main_swav.py; Caron et al., NeurIPS 2020)
 *
 *	loss = mean over i in {0, 1}, mean over views v != i:  mean_b - sum_k q_i[b,k] log softmax(scores_v[b] / temperature)_k
 *
 * q_i = sinkhorn(scores_i) has no gradient. With a queue, Sinkhorn sees its rows' scores first, by the prototypes of now,
 * and what it says of them is dropped; the batch's embeddings enter it afterwards, at the front. It is used from when its
 * last row is not zero: asked per assignment view until one says so, afresh each epoch.
 *
 * Ranks (ranks.h): the batch is the samples of all of them, rank after rank, and every mean is over it. So a gradient is this
 * rank's share, and the batch's is the sum over ranks (never their mean). All ranks call these functions together; reports
 * are of the whole batch, the same everywhere. Each rank holds the whole queue, in the batch's order, and scores its share.
 */
#ifndef FRL_MODEL_SWAV_LOSS_H
#define FRL_MODEL_SWAV_LOSS_H

#include "common/nn/train_ops.h"

enum { SWAV_ASSIGNED = 2 }; /* views that assignments are made from: 0 and 1 */

struct swav_loss_config {
	int views, batch; /* samples of this rank, the same number on all */
	int features, prototypes;
	double temperature, epsilon;
	int iterations;
};

struct swav_loss;

struct swav_report {
	double loss;
	double entropy[SWAV_ASSIGNED]; /* of the assignments, nats, mean over the batch */
	int in_use;		       /* prototypes that are somebody's likeliest, view 0 */
	double spread;	/* root mean square distance of view 0's embeddings from their mean: 0 all alike */
	int queue_rows; /* that Sinkhorn saw */
};

struct swav_loss *swav_loss_new(const struct nn_train *ops, const struct swav_loss_config *c);
void swav_loss_free(struct swav_loss *l);

/* From now on with a queue of `rows` embeddings a view, all zero; a multiple of the batch of all ranks. */
void swav_loss_queue(struct swav_loss *l, int rows);
/* The queue [SWAV_ASSIGNED, rows, features], for checkpoints: the same on every rank; NULL without. */
double *swav_loss_queue_data(struct swav_loss *l, int *rows);
void swav_loss_epoch(struct swav_loss *l);

/* L2-normalises the rows of the prototypes [prototypes, features] in place: at the start of every step. */
void swav_normalise_prototypes(const struct nn_train *ops, void *prototypes, int n, int features);

/*
 * z [views * batch, features] dense, view by view, before L2 normalisation; prototypes as normalised. dz gets the gradient,
 * d_prototypes has it added (this rank's share). Numbers are the backend's.
 */
void swav_loss_step(struct swav_loss *l, const void *z, const void *prototypes, void *dz, void *d_prototypes,
		    struct swav_report *report);

#endif
