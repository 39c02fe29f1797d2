/*
 * real.h - arrays of numbers that are float or double as a backend has them (train_ops.h: real), one at a time
 *
 * For what is done once a step; loops over activations belong to the backend.
 */
#ifndef FRL_NN_REAL_H
#define FRL_NN_REAL_H

#include <stddef.h>

static inline double real_get(const void *x, size_t i, size_t real)
{
	return real == sizeof(float) ? (double)((const float *)x)[i] : ((const double *)x)[i];
}

static inline void real_set(void *x, size_t i, size_t real, double v)
{
	if (real == sizeof(float))
		((float *)x)[i] = (float)v;
	else
		((double *)x)[i] = v;
}

/* x[i] += v, rounded to a number of that kind first. */
static inline void real_add(void *x, size_t i, size_t real, double v)
{
	if (real == sizeof(float))
		((float *)x)[i] += (float)v;
	else
		((double *)x)[i] += v;
}

#endif
