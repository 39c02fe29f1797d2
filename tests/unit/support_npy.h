/*
 * support_npy.h - reading the .npy files of the reference values
 */
#ifndef FRL_TESTS_SUPPORT_NPY_H
#define FRL_TESTS_SUPPORT_NPY_H

#include <stddef.h>

/* A C-order float32 array of `file`; *count gets its elements. NULL when the file is not there. free() it. */
float *support_npy(const char *file, size_t *count);

#endif
