/*
 * rows.h - a TSV file that grows by a row at a time, and is cut back when a run goes on from an earlier step
 */
#ifndef FRL_ROWS_H
#define FRL_ROWS_H

#include <stdint.h>

#include "common/io.h"

/*
 * below 0: a new file that begins with header (a line with its newline); else what is there of path, down to its last row whose
 * first column, a number, is below that; a torn last line is dropped. -1: it begins with another header.
 */
int rows_open(struct out *o, const char *path, const char *header, uint64_t below, struct err *e);

#endif
