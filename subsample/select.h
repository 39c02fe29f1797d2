/*
 * select.h - which samples are in the subset
 *
 * A sample's place is its hash, a function of the seed and its id alone: the first 16 hex digits of
 * `printf '%s %s' SEED KEY | sha256sum` as a number, KEY being the 16 hex digits of its key (hash.h: hash_key). A share
 * takes the hashes below share * 2^64; a count takes the lowest ones. So a subset is the same for any order of the rows,
 * a smaller one lies inside a larger one, and a manifest and the record stream made from it give the same samples.
 *
 * Two passes: every row is added in the order of the input, select_finish decides, select_next answers in that order. Rows
 * wait as 16 bytes each in an unnamed file in $TMPDIR, so memory grows with the number of groups only (with per_group,
 * also with the rows).
 */
#ifndef FRL_SUBSAMPLE_SELECT_H
#define FRL_SUBSAMPLE_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "subsample/ratio.h"

uint64_t select_hash(uint64_t seed, uint64_t key);

enum select_identity {
	SELECT_BLIND,
	SELECT_FLOOR, /* at least this share of the identities keeps a sample */
	SELECT_FROM,  /* samples are drawn from this share of the identities */
};

struct select_rule {
	bool by_count;
	struct ratio fraction; /* unless by_count */
	uint64_t count;
	bool per_group;		       /* the rule holds in each group by itself */
	enum select_identity identity; /* groups are identities */
	struct ratio share;
	uint64_t seed;
};

struct sample {
	uint64_t hash;
	uint32_t face;	/* orders the faces of a photo, which share its hash */
	uint32_t group; /* SELECT_NONE: not in the population */
};

#define SELECT_NONE UINT32_MAX

struct select; /* opaque */

struct select *select_new(const struct select_rule *rule);
/* group is any number that stands for the group; without groups always the same. */
int select_add(struct select *s, uint64_t hash, uint32_t face, uint64_t group, struct err *e);
/* A row outside the population; never chosen. */
int select_skip(struct select *s, struct err *e);
/* Decides. What became of identities is added to note as text, nothing where the rule knows none. */
int select_finish(struct select *s, struct buf *note, struct err *e);
/* Is the next row chosen? 1, 0, or -1; more questions than rows are an error. */
int select_next(struct select *s, struct err *e);
uint64_t select_population(const struct select *s);
void select_free(struct select *s);

#endif
