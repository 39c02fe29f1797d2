/* groups.c - see groups.h */
#include "subsample/groups.h"

#include <stdlib.h>

#include "common/err.h"

enum { FIRST_SLOTS = 1024 };

/* The slot of that key, or the free one where it would go. */
static uint32_t *find_slot(const struct groups *g, uint64_t key)
{
	/* Keys come from a hash already, but labels of a record stream may be 0, 1, 2 ... */
	uint32_t i = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (g->slots - 1);

	while (g->slot[i] && g->group[g->slot[i] - 1].key != key)
		i = (i + 1) & (g->slots - 1);
	return &g->slot[i];
}

static void grow(struct groups *g)
{
	if (g->slots > UINT32_MAX / 4)
		die(EXIT_CODE_FAILED, "more than %u groups", g->n);
	g->slots = g->slots ? 2 * g->slots : FIRST_SLOTS;
	free(g->slot);
	g->slot = xcalloc(g->slots, sizeof *g->slot);
	g->group = xrealloc_array(g->group, g->slots / 2, sizeof *g->group);
	for (uint32_t i = 0; i < g->n; i++)
		*find_slot(g, g->group[i].key) = i + 1;
}

uint32_t groups_at(struct groups *g, uint64_t key)
{
	uint32_t *slot;

	if (g->n >= g->slots / 2)
		grow(g);
	slot = find_slot(g, key);
	if (!*slot) {
		g->group[g->n] = (struct group){ .key = key, .hash = UINT64_MAX, .face = UINT32_MAX };
		*slot = ++g->n;
	}
	return *slot - 1;
}

void groups_release(struct groups *g)
{
	free(g->group);
	free(g->slot);
	*g = (struct groups){ 0 };
}
