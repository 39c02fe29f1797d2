/*
 * npy.h - the header of NumPy's .npy files (numpy.lib.format, versions 1.0 to 3.0)
 *
 * "\x93NUMPY", version, length of what follows, then a Python dictionary as text:
 *	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 */
#ifndef FRL_NPY_H
#define FRL_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Bytes up to the dictionary in version 1; later ones have two more. */
enum { NPY_START = 10, NPY_MAX_HEADER = 1 << 16, NPY_DESCR = 16, NPY_MAX_DIMS = 8 };

/* An array in C order. descr is NumPy's: "<f4", "|u1", "<U2"; what of it can be used is the caller's business. */
struct npy {
	char descr[NPY_DESCR];
	int ndim; /* 0: a single number */
	uint64_t dim[NPY_MAX_DIMS];
};

/* From the dictionary alone. -1: no simple descr, Fortran order, no shape or more dimensions. */
int npy_dictionary(struct npy *n, const char *text, struct err *e);
/* From a whole file in memory; *data gets where its elements begin. -1 also: cut short, another version. */
int npy_read(struct npy *n, const void *bytes, size_t len, size_t *data, struct err *e);

#endif
