/*
 * log.h - RUN/log.tsv, a row for each step; a line for people now and then
 */
#ifndef FRL_PRETRAIN_LOG_H
#define FRL_PRETRAIN_LOG_H

#include <stdint.h>

#include "common/io.h"

struct log_row {
	uint64_t step, epoch;
	double loss, lr;
	double images;	/* samples a second */
	double waited;	/* seconds for data */
	double norm;	/* of the gradient */
	double entropy; /* of the assignments, nats, mean of both views */
	int in_use;	/* prototypes */
	double spread;	/* of the embeddings: 0 all alike, 1 in all directions */
	double memory;	/* MiB, peak */
	/* not in the file */
	double seconds;
};

/* For the line for people: sums since the last one. */
struct log {
	struct out file;
	uint64_t per_epoch, total;
	int prototypes, every;
	bool quiet;
	double seconds, waited, loss;
	int steps, batch;
};

/*
 * A new file, or, with `done` steps of a run that goes on, the file without the rows from step `done` on (and without a torn
 * last line). l's numbers are set by the caller.
 */
int log_open(struct log *l, const char *path, uint64_t done, struct err *e);
int log_add(struct log *l, const struct log_row *row, struct err *e);
/* To the disk: a checkpoint must not know of steps that the log does not. */
int log_sync(struct log *l, struct err *e);
int log_close(struct log *l, struct err *e);

#endif
