/*
 * codes.h - intensities of action units as DISFA and BP4D publish them: a file for each unit, "frame,intensity" a line
 */
#ifndef FRL_CURATE_CODES_H
#define FRL_CURATE_CODES_H

#include "tools/curate/curate.h"

enum { CODES_MAX_FRAME = 1000000, CODES_MAX_UNITS = 12 };

struct codes {
	int units;
	int frames;   /* the largest frame number + 1 */
	double *v;    /* [frames][units], NAN: not coded */
	bool *listed; /* [frames] */
	int cap;
};

/*
 * Adds a file as unit k: intensities 0 to 5, `unknown` for what is not coded (-1: no such number). 1, 0 when the file is not
 * there, -1 with file and line when it cannot be read.
 */
int codes_read(struct codes *t, struct curate *c, const char *path, int k, int unknown, struct err *e);
/* Begins anew with so many units. */
void codes_reset(struct codes *t, int units);
void codes_release(struct codes *t);

#endif
