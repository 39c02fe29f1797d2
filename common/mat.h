/*
 * mat.h - variables of MATLAB .mat files (v5 and v7.3) as plain arrays
 *
 * libmatio crashes on some damaged files, and the files come from strangers. So a child process with limits on memory and
 * time reads the file and sends numbers, text and cells through a pipe; whatever happens to the child, the caller gets an
 * error value that names the file. mat_child.c is the only file that reads with matio.
 */
#ifndef FRL_MAT_H
#define FRL_MAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum mat_kind {
	MAT_F64,  /* any numeric class but uint8; complex values lose their imaginary part */
	MAT_U8,	  /* uint8 and logical: pictures */
	MAT_TEXT, /* one row of characters, or none; UTF-8 */
	MAT_CELL,
	MAT_OTHER, /* struct, object, function, sparse, several rows of text: its content is not to be had */
	MAT_KINDS,
};

enum { MAT_DIMS = 4, MAT_DEPTH = 8 };

/* Arrays are column-major: element (row, column) is at row + column * dims[0]. */
struct mat {
	enum mat_kind kind;
	const char *name;	 /* of a variable; "" in a cell */
	uint64_t dims[MAT_DIMS]; /* trailing ones are 1; further dimensions are folded into the last */
	uint64_t count;		 /* product of dims: numbers, or elements of a cell; 0 for MAT_OTHER */
	const double *f64;	 /* [count] for MAT_F64 */
	const uint8_t *u8;	 /* [count] for MAT_U8 */
	const char *text;	 /* for MAT_TEXT, NUL-terminated */
	struct mat *cell;	 /* [count] for MAT_CELL */
};

/* What was read. The pointers of every struct mat lead into it. */
struct mat_file {
	struct mat *var; /* [n] */
	size_t n;
	struct buf bytes;
};

/* 0 means the default. */
struct mat_limits {
	uint64_t memory;  /* address space of the child; 2 GiB */
	uint64_t bytes;	  /* the arrays sent; 1 GiB */
	unsigned seconds; /* processor time, and four times as much by the clock; 60 */
};

/*
 * Reads the named variables (a NULL-ended list; NULL: all of them) of the regular file path. A name that is not there is
 * an error; "a.b" is field b of the (first) struct in a. limits may be NULL. Release f also after a failure.
 */
int mat_read(struct mat_file *f, const char *path, const char *const *names, const struct mat_limits *limits,
	     struct err *e);
void mat_release(struct mat_file *f);
/*
 * A pipeline's threads where its work calls mat_read: thread_default(). 0 under AddressSanitizer: its allocator (GCC 12)
 * leaves the child of a process with threads with locks that nobody will open.
 */
int mat_threads(void);

/* The variable of that name, or NULL. */
const struct mat *mat_find(const struct mat_file *f, const char *name);
/* Numbers (MAT_F64 or MAT_U8) of so many rows and columns? m may be NULL. */
bool mat_is_matrix(const struct mat *m, uint64_t rows, uint64_t cols);
/* Element i of an MAT_F64 or MAT_U8; i < count. */
double mat_number(const struct mat *m, uint64_t i);

/* What the child sends, decoded from f->bytes (which it keeps); in the interface for the fuzzer. */
int mat_decode(struct mat_file *f, struct err *e);

#endif
