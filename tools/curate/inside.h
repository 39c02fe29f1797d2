/*
 * inside.h - pictures that a dataset has inside its .mat files: written out as PNG where --pictures says
 *
 * A picture is uint8, rows x columns (grey) or rows x columns x 3, column-major as MATLAB's arrays are.
 */
#ifndef FRL_CURATE_INSIDE_H
#define FRL_CURATE_INSIDE_H

#include "common/mat.h"
#include "tools/curate/curate.h"

/*
 * Reads variables (NULL-ended) of the first of two files under --root that is there: `colour` or `grey`. The last name is
 * that of the pictures, a cell, and left out without --pictures: they are most of the file. *file is what was read.
 */
int inside_read(struct mat_file *f, struct curate *c, const char *colour, const char *grey, const char *const *names,
		const char **file, struct err *e);
/*
 * Writes DIR/path and its folder. 1: m is no picture, and e holds the words of a status; -1: it cannot be written. Without
 * --pictures nothing is written: 0.
 */
int inside_write(const struct curate *c, const struct mat *m, const char *path, struct err *e);

#endif
