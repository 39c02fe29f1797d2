/*
 * mats.h - datasets with a .mat file for each picture: read in parallel, written in order
 */
#ifndef FRL_CURATE_MATS_H
#define FRL_CURATE_MATS_H

#include "common/mat.h"
#include "tools/curate/curate.h"
#include "tools/curate/names.h"

struct mats {
	struct curate *c;
	const struct names *list; /* one row for each */
	size_t values;		  /* how many numbers read finds */
	/* On any thread; name is an element of the list. Failing, e holds the words of a status. */
	int (*read)(const struct mats *m, const char *name, double *value, struct err *e);
	/* In order. value is NULL where read failed, and status then says why. */
	int (*write)(struct curate *c, const char *name, const double *value, const char *status, struct err *e);
};

int mats_run(const struct mats *m, struct err *e);

/* Reads variables (NULL-ended) of root/rel; e is "no-mat" where it is not there, and "mat: WHY" where it cannot be read. */
int mats_open(struct mat_file *f, const char *root, const char *rel, const char *const *names, struct err *e);
/* The numbers of a variable of that many rows and columns into v, column by column; -1 with "mat: WHY". */
int mats_numbers(const struct mat_file *f, const char *name, size_t rows, size_t cols, double *v, struct err *e);

#endif
