/*
 * npy.h - headers of NumPy's .npy files from and to those of records
 */
#ifndef SHARD_NPY_H
#define SHARD_NPY_H

#include "common/npy.h"
#include "common/record.h"

/*
 * Appends a header of n items of r's dtype and dims, padded to a multiple of 64. bf16, which NumPy has not, is u2.
 */
void npy_header(struct buf *b, uint64_t n, const struct record *r);
/*
 * The first dimension is *n, the others and the dtype go to r, a tensor. Big-endian numbers and dtypes that records have not
 * are errors, as are more than 5 dimensions.
 */
int npy_record(const struct npy *h, uint64_t *n, struct record *r, struct err *e);

#endif
