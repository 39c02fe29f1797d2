/*
 * ratio.h - a share as two whole numbers, so that what it selects is the same on any machine
 */
#ifndef FRL_SUBSAMPLE_RATIO_H
#define FRL_SUBSAMPLE_RATIO_H

#include <stdint.h>

#include "common/err.h"

/* 0 < num <= den <= 10^18 */
struct ratio {
	uint64_t num, den;
};

/* "0.02", "2%", "1/4", "1". */
int ratio_parse(struct ratio *r, const char *text, struct err *e);
/* n * r, rounded half up, or up. */
uint64_t ratio_round(struct ratio r, uint64_t n);
uint64_t ratio_ceil(struct ratio r, uint64_t n);
/* Is hash below r * 2^64? */
int ratio_holds(struct ratio r, uint64_t hash);

#endif
