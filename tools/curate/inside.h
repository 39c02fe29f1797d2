/*
 * inside.h - datasets that have their pictures inside of .mat files: written out as PNG where --pictures says
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
 * --pictures nothing is written: 0. On any thread.
 */
int inside_write(const struct curate *c, const struct mat *m, const char *path, struct err *e);

/* The faces of such a set. */
struct inside {
	struct curate *c;
	const void *set;	/* for the functions */
	const struct mat *cell; /* [n] pictures, or NULL: none are written */
	size_t n, values;
	/* "train/1.png"; the caller frees it. */
	char *(*path)(const struct inside *in, size_t i);
	/* Labels of face i into value, which holds NAN before. Failing, e holds the words of a status. On any thread. */
	int (*read)(const struct inside *in, size_t i, double *value, struct err *e);
	/* In order. status says why the picture or the labels cannot be had, NULL: they can. */
	int (*write)(const struct inside *in, size_t i, const char *path, const double *value, const char *status,
		     struct err *e);
};

/* Pictures and labels on all processors, rows in order. -1: a picture cannot be written, or write failed. */
int inside_run(const struct inside *in, struct err *e);

#endif
