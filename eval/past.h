/*
 * past.h - what a model's file says of how it came to be: the initialisation, the labels' share, the seed, and of RUN/best
 * the photos that it was chosen on, on which a score flatters
 */
#ifndef FRL_EVAL_PAST_H
#define FRL_EVAL_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Zero-initialised it is that of a model that says nothing. */
struct past {
	uint64_t *chosen; /* [n] keys of photos, ascending */
	size_t n;
	char *init, *fraction, *seed; /* NULL: it does not say */
};

/* From the model's file of weights, or its folder. -1: the file cannot be read, or its tensor chosen_on is none. */
int past_read(struct past *p, const char *path, struct err *e);
void past_release(struct past *p);
/* Was the model chosen on that photo? */
bool past_chose(const struct past *p, uint64_t key);
/* -1: the error of a score with such a photo; what names it. */
int past_refuse(const char *model, const char *what, struct err *e);

#endif
