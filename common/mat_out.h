/*
 * mat_out.h - .mat files (v5, v7.3) of our own making: arrays of numbers, cells of them, a struct
 *
 * Files appear whole or not at all. v5 is made in memory (2 GiB at most for a variable), without compression, and its bytes are
 * a function of what is written; v7.3 is the work of libmatio and HDF5 in a child process, and has the time in it. For reading
 * .mat files of others there is mat.h.
 */
#ifndef FRL_MAT_OUT_H
#define FRL_MAT_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum mat_out_form { MAT_OUT_V5, MAT_OUT_V73 };

enum mat_out_kind { MAT_OUT_F64, MAT_OUT_F32, MAT_OUT_I16, MAT_OUT_I32, MAT_OUT_U8, MAT_OUT_TEXT };

enum { MAT_OUT_RANK = 3 };

/* Column-major, as in mat.h. Text: one row; dims are not looked at, and data ends with NUL. */
struct mat_out_array {
	const char *name; /* of a variable or a field */
	enum mat_out_kind kind;
	size_t dims[MAT_OUT_RANK]; /* a third one of 0 or 1 is left out */
	const void *data;
};

struct mat_out;

/* The struct is freed by mat_out_commit and mat_out_abort. path is copied. */
struct mat_out *mat_out_open(const char *path, enum mat_out_form form);
/* Each a variable, whose data and names stay where they are until the end. A cell has n rows and one column. */
int mat_out_array(struct mat_out *m, const struct mat_out_array *a, struct err *e);
int mat_out_cell(struct mat_out *m, const char *name, const struct mat_out_array *element, size_t n, struct err *e);
int mat_out_struct(struct mat_out *m, const char *name, const struct mat_out_array *field, size_t n, struct err *e);
/* v7.3: no other thread may be running. */
int mat_out_commit(struct mat_out *m, struct err *e);
/* Harmless on NULL. */
void mat_out_abort(struct mat_out *m);

#endif
