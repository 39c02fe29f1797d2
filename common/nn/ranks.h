/*
 * ranks.h - several processes that train one network: who they are, and sums over them
 *
 * Ranks are started by a launcher (mpirun, srun) and joined by MPI where it was built in; without one there is one rank, MPI
 * is not touched, and every sum is what it was. All ranks call the same functions in the same order with the same sizes.
 *
 * Same bits: pieces are added in rank order, in double, and rounded once: every rank has the same sum, which depends on
 * the number of ranks and on nothing else. Waiting sleeps: two ranks on one core do not keep it from each other.
 *
 * Failure: MPI's own errors, die() and BUG() in any rank end all of them, with a message that names the rank; so does
 * leaving the program without ranks_stop(). A rank that cannot go on must die(), as the others wait for it.
 */
#ifndef FRL_NN_RANKS_H
#define FRL_NN_RANKS_H

#include <stddef.h>

#include "common/err.h"

/*
 * Joins the ranks, once, after options are parsed and before threads are started. -1: a launcher promises several ranks and
 * delivers single ones (another MPI than the one built in, or none), or ranks of different versions.
 */
int ranks_start(struct err *e);
/* Waits for all ranks; the last thing they do together. Without ranks_start: nothing. */
void ranks_stop(void);

int ranks_rank(void);
int ranks_size(void);
/* The same among those of this machine. */
int ranks_local_rank(void);
int ranks_local_size(void);
/* This rank's share of the machine's processors, at least 1: a processor that k ranks may run on is 1 / k. */
int ranks_threads(void);
/* Rank 0 says on standard error who is where, with how many threads, if there is more than one. All call it. */
void ranks_tell(int threads);

/* ---- over all ranks, in place */

void ranks_sum_f32(float *x, size_t n);
void ranks_sum_f64(double *x, size_t n);
/* The larger one; NaN if any is. */
void ranks_max_f64(double *x, size_t n);
/* The largest x of all ranks: what they decide alike by. */
double ranks_largest(double x);
/* Those of rank 0 to all. */
void ranks_broadcast(void *x, size_t bytes);
/* dst [size][bytes], in rank order; src may be its own place in it. */
void ranks_gather(const void *src, size_t bytes, void *dst);
void ranks_barrier(void);

/*
 * ---- over the groups that share batch norm's statistics: `n` neighbours each; at first one group of all. -1: n does not
 * divide the number of ranks.
 */
int ranks_norm_groups(int n, struct err *e);
int ranks_norm_size(void);
void ranks_norm_sum_f64(double *x, size_t n);
void ranks_norm_gather(const void *src, size_t bytes, void *dst);

/*
 * ---- sums on a thread of their own, while this one computes. `real` is 4 or 8, bytes of a number. Between the two x is not
 * to be touched; everywhere the same calls in the same order, from one thread.
 */
void ranks_sum_later(void *x, size_t n, size_t real);
/* After it, all those are done. */
void ranks_sum_wait(void);

#endif
