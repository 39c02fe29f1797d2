/*
 * spool.h - an unnamed file in $TMPDIR (/tmp), gone when it is closed or the process dies
 */
#ifndef FRL_SUBSAMPLE_SPOOL_H
#define FRL_SUBSAMPLE_SPOOL_H

#include "common/err.h"

/* A descriptor open for reading and writing, or -1. */
int spool_open(struct err *e);
/* Copies all of fd into a new one, which is then at its beginning. */
int spool_copy(int fd, const char *name, struct err *e);

#endif
