/*
 * made.h - what frl-eval makes with a model before it scores it: predictions or embeddings, in nameless memory
 *
 * They are written there as a program would write them and read back as anybody's are, so that a score is the same to every
 * digit whichever way it was made.
 */
#ifndef FRL_EVAL_MADE_H
#define FRL_EVAL_MADE_H

#include "common/io.h"
#include "eval/past.h"
#include "eval/report.h"

/* Opens an output into new memory; returns its descriptor, the caller's, or -1. name is for messages. */
int made_open(struct out *out, const char *name, struct err *e);
/* Of what was committed: copies it to a file too, unless path is NULL, and brings fd to its beginning. */
int made_keep(int fd, const char *path, struct err *e);

/* Paths with commas between them, as a list [*n] to be freed; `list` is cut up. */
char **made_paths(char *list, int *n);
/* What a model says of itself fills the columns of the report that no option filled. p outlives r. */
void made_columns(struct report *r, const struct past *p);

#endif
