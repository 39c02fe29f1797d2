/*
 * embeddings.h - record streams of embeddings
 */
#ifndef FRL_EVAL_EMBEDDINGS_H
#define FRL_EVAL_EMBEDDINGS_H

#include <stddef.h>

#include "common/record.h"

/*
 * Calls fn for every record of the stream ("-": standard input; fd not -1: that descriptor from its beginning, path being its
 * name): its header and its n floats (both valid during the call). All have the same n. Damage is an error.
 */
int embeddings_each(const char *path, int fd,
		    int (*fn)(void *data, const struct record *head, const float *v, size_t n, struct err *e),
		    void *data, struct err *e);
/* Divides by the Euclidean norm; -1 if that is 0 or not finite. */
int embedding_unit(float *v, size_t n);

#endif
