/*
 * thread.h - the two forms of parallelism: a parallel for, and an ordered pipeline
 *
 * Results never depend on the number of threads: a parallel for's iterations are independent, a pipeline's output order
 * is its input order.
 */
#ifndef FRL_THREAD_H
#define FRL_THREAD_H

#include <stdbool.h>
#include <stddef.h>

/* The processors this process may run on (affinity mask and cgroup quota respected), at least 1. */
int thread_default(void);

/* fn(data, i, worker) for i in [0, n), on up to `threads` threads; worker in [0, threads) names scratch space. Nests. */
void parallel_for(int threads, size_t n, void (*fn)(void *data, size_t i, int worker), void *data);

/*
 * read -> work (on many threads) -> write (in order), with at most `depth` items in flight (0: 2 * threads).
 *
 * read: the next item, or NULL at the end. Called by one thread at a time, in order. While it waits for a slow input,
 *       finished items go on to `write` (another thread runs it).
 * work: may run for several items at once; worker in [0, threads) names scratch space.
 *       A read that waits when write stops the pipeline is waited for.
 * write: items in the order read returned them, one at a time. Returns 0, or -1 to stop the pipeline: no further read,
 *        items in flight are handed to `drop`. `last_ready` says that no finished item waits behind this one, so a
 *        buffered output should be flushed now.
 * drop: frees an item that will not be written (may be NULL).
 * The reader has a thread of its own even with threads 1, so that a slow pipe is no obstacle. With threads 0 the calling
 * thread does everything, an item at a time.
 */
struct pipeline {
	void *(*read)(void *data);
	void (*work)(void *data, void *item, int worker);
	int (*write)(void *data, void *item, bool last_ready);
	void (*drop)(void *data, void *item);
	void *data;
	int threads;
	int depth;
};

/* 0, or -1 when write stopped it. */
int pipeline_run(const struct pipeline *p);

#endif
