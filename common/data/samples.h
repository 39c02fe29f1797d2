/*
 * samples.h - labelled pictures for the downstream tasks, in batches made ahead of time: augmented, labels moved along
 *
 * An epoch is a keyed permutation (order.h), cut into batches; the last one holds what is left over, unless that is a single
 * sample, which joins the batch before, and fewer samples than a batch are one batch. Without augmentation the samples come
 * once, in order. What a step gets is a function of the configuration and the step's number: the same bits for any number
 * of threads, ranks and batches made ahead, and wherever the run was resumed.
 */
#ifndef FRL_DATA_SAMPLES_H
#define FRL_DATA_SAMPLES_H

#include "common/data/labels.h"
#include "common/data/warp.h"

struct samples_config {
	struct source *source; /* both outlive the samples */
	const struct labels *labels;
	struct warp warp;
	bool augment;
	/*
	 * The label [width] of a picture of w x h that goes through d, from what labels.h has of it. Called by many threads.
	 * -1 and a reason: the sample cannot be had. NULL: it is what labels.h has.
	 */
	int (*move)(void *data, const struct warp_draws *d, int w, int h, const double *value, double *label,
		    struct err *e);
	void *move_data;
	int width;	 /* of a label that move makes */
	int batch;	 /* over all ranks */
	int rank, ranks; /* rows [rank n / ranks, (rank + 1) n / ranks) of a batch of n are this rank's */
	uint64_t seed;
	int threads, prefetch; /* >= 1 */
};

struct samples;

/* NULL: values out of range, or batches without a sample for every rank. */
struct samples *samples_open(const struct samples_config *c, struct err *e);
void samples_close(struct samples *s); /* NULL is fine */

/* Batches of an epoch. */
uint64_t samples_steps(const struct samples *s);
/* Samples of that step's batch over all ranks, and the number (in labels) of its sample i < n. */
int samples_count(const struct samples *s, uint64_t step);
uint64_t samples_at(const struct samples *s, uint64_t step, int i);
/* This rank's share of a batch of n. */
int samples_begin(const struct samples *s, int n);
int samples_own(const struct samples *s, int n);
/* The most that samples_own ever is. */
int samples_most(const struct samples *s);

/* samples_next gives this step next; at first it is step 0. */
void samples_seek(struct samples *s, uint64_t step);
/*
 * Waits for the next step's samples: picture [own][3][size][size], label [own][width]. -1: a record that cannot be read
 * (file and record are named), or no label.
 */
int samples_next(struct samples *s, float *picture, double *label, struct err *e);
/* Seconds that the last samples_next waited. */
double samples_waited(const struct samples *s);

#endif
