/*
 * chosen.h - the photos that a model was chosen on, which RUN/best of frl-finetune carries: a score on them flatters
 */
#ifndef FRL_EVAL_CHOSEN_H
#define FRL_EVAL_CHOSEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Zero-initialised it is that of a model that was not chosen. */
struct chosen {
	uint64_t *key; /* [n] ascending */
	size_t n;
};

/* From the model's file of weights, or its folder. -1: the file cannot be read, or its tensor chosen_on is none. */
int chosen_read(struct chosen *c, const char *path, struct err *e);
void chosen_release(struct chosen *c);
bool chosen_has(const struct chosen *c, uint64_t key);
/* -1: the error of a score with such a photo; what names it. */
int chosen_refuse(const char *model, const char *what, struct err *e);

#endif
