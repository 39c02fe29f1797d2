/*
 * params.h - the parameters of a network: one flat arena of f32, and a table of named views into it
 *
 * Names and order are those of the weights file (PyTorch's state_dict): what optimiser, all-reduce and checkpoint need is
 * one pass over the arena, what a layer needs is a view found by name.
 */
#ifndef FRL_NN_PARAMS_H
#define FRL_NN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/nn/safetensors.h"
#include "common/nn/tensor.h"

struct param {
	const char *name; /* owned by the table */
	struct shape shape;
	float *data; /* into the arena */
	size_t count;
	bool used; /* a layer asked for it */
};

struct params {
	struct param *item; /* [n], in the file's order */
	size_t n;
	float *arena;
	size_t count;	    /* floats in the arena */
	struct buf missing; /* names that layers asked for in vain, ", " between them */
	struct param **by_name;
};

/* Copies every float tensor of s (integers, such as num_batches_tracked, are no parameters) without `strip` before its name. */
int params_load(struct params *p, const struct safetensors *s, const char *strip, struct err *e);
void params_release(struct params *p);

/* The view of that name, or NULL. Marks it as used. */
struct param *params_find(struct params *p, const char *name);
/*
 * The view NAME.PART, which must have exactly `count` elements. NULL when it is absent or of another size: its name is then
 * added to p->missing.
 */
const float *params_need(struct params *p, const char *name, const char *part, size_t count);
/* After a network was built: -1 when something was missing (names listed), with what no layer used as a hint in e. */
int params_check(const struct params *p, const char *what, struct err *e);

#endif
