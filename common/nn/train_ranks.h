/*
 * train_ranks.h - parameters in training on several ranks: gradients added up, rows that are shared out put together, and
 * whether all ranks hold the same
 *
 * All ranks call these with networks that are built alike; a parameter that is split (train_params_split) is another piece of
 * the same one on each. With one rank nothing is sent, and nothing is split.
 */
#ifndef FRL_NN_TRAIN_RANKS_H
#define FRL_NN_TRAIN_RANKS_H

#include "common/nn/optim.h"

/*
 * ---- sums of gradients while backward still computes: in buckets of neighbours, from the arena's end on, as soon as they are
 * complete. Split parameters are left out: their rows have one owner.
 */
struct train_sums {
	const struct train_params *params;
	bool *complete; /* [params->n] */
	size_t next;	/* parameters from here on are complete */
	size_t handed;	/* and from here on on their way */
};

/* params has its arenas, and outlives the sums. */
void train_sums_init(struct train_sums *s, const struct train_params *params);
/* Harmless on a zeroed struct. */
void train_sums_release(struct train_sums *s);
/* Before backward. */
void train_sums_begin(struct train_sums *s);
/* These have their gradients: for train_net_on_gradient, `sums` being the struct. */
void train_sums_complete(void *sums, size_t first, size_t count);
/* All sums are done. Returns how many parameters were never complete (frozen ones); their gradients are left as they are. */
size_t train_sums_end(struct train_sums *s);

/* ---- all rows of a split parameter, and of its optimiser's state; NULL where nothing is split, or there is no such state */

struct train_whole {
	void *value, *m, *v;
};

/* [params->n] with room for all rows, zeroed; NULL: no parameter is split. */
struct train_whole *train_whole_new(const struct optim *o);
void train_whole_free(struct train_whole *w, const struct optim *o);
/* From all ranks' rows to every rank. */
void train_whole_gather(struct train_whole *w, const struct optim *o);
/* This rank's rows from all. */
void train_whole_take(const struct train_whole *w, struct optim *o);

/* ---- */

/* Of values, running statistics and the optimiser's state, without what is split, continuing crc. */
uint32_t train_ranks_hash(const struct optim *o, uint32_t crc);
/* Whether all ranks have the same hash. -1: e names the first rank that differs from rank 0. */
int train_ranks_alike(uint32_t hash, struct err *e);

#endif
