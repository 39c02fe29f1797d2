/*
 * batches.h - batches of rows that threads make ahead of time, handed out in order
 *
 * Threads take rows one after the other, over the bounds of batches, as long as there is room for the batch they belong to.
 */
#ifndef FRL_DATA_BATCHES_H
#define FRL_DATA_BATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* What a row was made of. */
struct batch_row {
	uint64_t key;
	uint32_t face;
};

struct batches_config {
	/*
	 * Makes a row of batch number `step`: row_bytes at dst, and its origin. Called by many threads at once, worker in
	 * [0, threads) names scratch space. -1 and a reason fail the batch, when all its rows have been tried: the
	 * reason that is told is the first row's that has one.
	 */
	int (*make)(void *data, uint64_t step, int row, int worker, uint8_t *dst, struct batch_row *origin,
		    struct err *e);
	void *data;
	size_t row_bytes;
	int rows;
	int threads;  /* >= 1 */
	int prefetch; /* >= 1: batches that there is room for */
};

struct batch {
	const uint8_t *bytes; /* [rows][row_bytes] */
	const struct batch_row *origin;
};

struct batches;

/* Starts the threads; the first batch has the number `step`. */
struct batches *batches_start(const struct batches_config *c, uint64_t step);
/* Waits for the next batch; *waited: seconds. 0, or -1 when it failed. */
int batches_take(struct batches *b, struct batch *batch, double *waited, struct err *e);
/* The batch taken last is not needed any more. Between two takes. */
void batches_done(struct batches *b);
/* Stops the threads, when they have finished the rows they are at. NULL is fine. */
void batches_free(struct batches *b);

size_t batches_bytes(const struct batches_config *c);

#endif
