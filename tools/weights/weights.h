/*
 * weights.h - the named tensors of a file in memory, whatever its format
 *
 * Files are untrusted and small ones can ask for much (a tensor of stride 0, a compressed archive): all bytes that
 * loading allocates for data come out of one budget, which the file's own size sets.
 */
#ifndef FRL_WEIGHTS_WEIGHTS_H
#define FRL_WEIGHTS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/nn/safetensors.h"
#include "common/nn/tensor.h"

struct weight {
	char *name; /* owned */
	enum dtype dtype;
	struct shape shape;
	uint8_t *data; /* C order, little-endian; owned */
	size_t bytes;
};

struct weights_meta {
	char *key, *value; /* owned */
};

struct weights {
	struct weight *item; /* [n] in the file's order */
	size_t n, cap;
	struct weights_meta *meta; /* [n_meta] */
	size_t n_meta, meta_cap;
	uint64_t room;	    /* bytes of data that may still be allocated */
	const char *format; /* "PyTorch zip", .. */
};

/* The budget that suits a file of that size: 256 MiB and four times the size. */
void weights_init(struct weights *w, size_t file_size);
void weights_release(struct weights *w);

/* Takes `bytes` out of the budget: 0, or -1 when there is less. */
int weights_take(struct weights *w, uint64_t bytes, struct err *e);
/* A new tensor, zeroed, the caller fills data. NULL: shape too large or budget spent. Good until the next addition. */
struct weight *weights_add(struct weights *w, const char *name, enum dtype dtype, const struct shape *shape,
			   struct err *e);
void weights_remove(struct weights *w, size_t i);
/* Leaves weight i only. */
void weights_keep(struct weights *w, size_t i);
/* Adds a line of metadata whose key is not there yet. */
void weights_add_meta(struct weights *w, const char *key, const char *value);
/* Sets or replaces a line of metadata. */
void weights_set_meta(struct weights *w, const char *key, const char *value);
/* NULL: not there. */
const char *weights_get_meta(const struct weights *w, const char *key);
struct weight *weights_find(const struct weights *w, const char *name);
void weight_rename(struct weight *t, const char *name);

/* Is any name there twice? -1 names it. */
int weights_check_names(const struct weights *w, struct err *e);
/* Takes the prefix off the names that have it; returns how many. An empty name is not made. */
size_t weights_strip(struct weights *w, const char *prefix);
bool weights_all_have(const struct weights *w, const char *prefix);

/* Writes them as safetensors to o. */
int weights_write(const struct weights *w, struct out *o, struct err *e);

#endif
