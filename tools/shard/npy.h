/*
 * npy.h - the header of NumPy's .npy files (format 1.0 to 3.0)
 */
#ifndef SHARD_NPY_H
#define SHARD_NPY_H

#include "common/record.h"

/* "\x93NUMPY", version, length of what follows. */
enum { NPY_START = 10, NPY_MAX_HEADER = 1 << 16 };

/*
 * Appends a header of n items of r's dtype and dims, padded to a multiple of 64. bf16, which NumPy has not, is u2.
 */
void npy_header(struct buf *b, uint64_t n, const struct record *r);
/*
 * From text, the dictionary in a header: the first dimension is *n, the others and the dtype go to r, a tensor. Fortran
 * order, big-endian numbers and dtypes that records have not are errors, as are more than 5 dimensions.
 */
int npy_parse(const char *text, uint64_t *n, struct record *r, struct err *e);

#endif
