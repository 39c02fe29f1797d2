/* ranks_internal.h - what carries bytes between ranks: ranks_mpi.c, or ranks_none.c where MPI was not built in */
#ifndef FRL_NN_RANKS_INTERNAL_H
#define FRL_NN_RANKS_INTERNAL_H

#include <stdbool.h>

#include "common/nn/ranks.h"

/* What runs beside each other has a lane of its own. */
enum ranks_lane { RANKS_ALL, RANKS_NORM, RANKS_LATER, RANKS_LANES };

/* Offsets are bytes, at[ranks of the lane] is the end, less than 2^31. */
struct ranks_transport {
	/* x is complete: every rank's piece [at[r], at[r + 1]) comes from rank r. */
	void (*gather)(enum ranks_lane lane, void *x, const int *at);
	/* From each rank its piece for this one: dst [ranks][at[me + 1] - at[me]]. */
	void (*exchange)(enum ranks_lane lane, const void *x, const int *at, void *dst);
	void (*broadcast)(void *x, int bytes);
	/* The norm lane becomes groups of n neighbours. */
	void (*norm_groups)(int n);
	/* Ends all ranks. */
	void (*abort)(int status);
	void (*stop)(void);
};

struct ranks {
	const struct ranks_transport *t; /* NULL: one rank */
	int rank, size, local_rank, local_size;
	int node;      /* the machine: the first rank on it */
	int threads;   /* what ranks_threads says */
	int norm;      /* ranks of a group */
	bool threaded; /* the transport may be called by two threads at a time, each on its lane */
};
extern struct ranks ranks;

/* The MPI that was built in, NULL for none. */
const char *ranks_built_in(void);
/* Joins what the launcher started: fills in all but threads. Not called where no MPI was built in. */
void ranks_join(struct ranks *r);

#endif
