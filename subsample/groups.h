/*
 * groups.h - the groups (identities, subjects) that samples belong to
 */
#ifndef FRL_SUBSAMPLE_GROUPS_H
#define FRL_SUBSAMPLE_GROUPS_H

#include <stddef.h>
#include <stdint.h>

struct group {
	uint64_t key;
	uint64_t samples;
	uint64_t hash; /* with face, of its lowest sample */
	uint32_t face;
};

/* A hash table of the groups, numbered in the order they appeared in. Zero-initialise it. */
struct groups {
	struct group *group; /* [n] */
	uint32_t n;
	uint32_t *slot; /* [slots] number + 1, 0 for a free one; slots is a power of two */
	uint32_t slots;
};

/* The number of the group of that key, which is made if need be. */
uint32_t groups_at(struct groups *g, uint64_t key);
void groups_release(struct groups *g);

#endif
