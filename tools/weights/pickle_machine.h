/*
 * pickle_machine.h - what pickle.c (the opcodes) and pickle_torch.c (torch's objects) share
 */
#ifndef FRL_WEIGHTS_PICKLE_MACHINE_H
#define FRL_WEIGHTS_PICKLE_MACHINE_H

#include "tools/weights/pickle.h"

struct pickle {
	const uint8_t *p, *end;
	struct chunk *chunks; /* of the arena, newest first */
	size_t chunk_left, arena_bytes;
	char *chunk_next;
	struct pickle_value **stack; /* [depth] */
	size_t depth, stack_cap;
	size_t *mark; /* [marks] depths */
	size_t marks, mark_cap;
	struct pickle_value **memo; /* [memo_n], NULL where nothing was put */
	size_t memo_n, memo_put;
	struct pickle_value *root;
	const struct pickle_storage *storages; /* newest first */
	struct err *e;
};

/* Memory that lives as long as m; NULL with m->e filled when there is no more. */
void *pickle_arena(struct pickle *m, size_t bytes);
struct pickle_value *pickle_new(struct pickle *m, enum pickle_kind kind);
/* Adds to a list or dict. */
int pickle_seq_add(struct pickle *m, struct pickle_value *seq, struct pickle_value *item);

/* The storage that a persistent id names; NULL with m->e filled when it names none. */
struct pickle_value *pickle_storage_of(struct pickle *m, const struct pickle_value *id);
/* What the name f would make of the arguments, as data; NULL with m->e filled when that is unknown. */
struct pickle_value *pickle_apply(struct pickle *m, const struct pickle_value *f, const struct pickle_value *args);

#endif
