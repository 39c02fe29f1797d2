/*
 * npy.h - small arrays of NumPy (.npy, versions 1 to 3): numbers, or strings that are numbers
 */
#ifndef FRL_CURATE_NPY_H
#define FRL_CURATE_NPY_H

#include <stddef.h>

/*
 * The numbers of bytes[len] into v, at most max: how many there are, or -1: not such a file, another type (objects are
 * pickles: nothing of theirs is read), more than max, or a string that is no number.
 */
int npy_numbers(const char *bytes, size_t len, double *v, int max);

#endif
