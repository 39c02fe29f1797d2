/*
 * npy.h - NumPy's .npy files, to compare with
 */
#ifndef FRL_WEIGHTS_NPY_H
#define FRL_WEIGHTS_NPY_H

#include "tools/weights/weights.h"

/* One tensor, whose name is empty. Little-endian, C order; others are refused. */
int npy_load(struct weights *w, const void *data, size_t len, struct err *e);

#endif
