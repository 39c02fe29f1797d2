/*
 * table.h - manifests of predictions and of truth in memory, and their join on id and face
 */
#ifndef FRL_TABLE_H
#define FRL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/tsv.h"

/* The rows of a manifest whose status is ok, with the columns asked for. */
struct table {
	struct tsv tsv; /* header; the rows are read by table_load */
	size_t n;
	char **id;	/* [n] */
	int64_t *face;	/* [n] 0 without such a column */
	uint64_t *line; /* [n] */
	int numbers;
	double *number; /* [n][numbers] NaN for an empty or nan cell */
	int texts;
	char **text;	   /* [n][texts] */
	size_t *order;	   /* [n] by id and face */
	const char **file; /* [n] names of the files the rows came from; NULL: the one of tsv */
	uint64_t failed;   /* rows that are not ok */
};

/* "-" is standard input. Release after a failure too. */
int table_open(struct table *t, const char *path, struct err *e);
/* From text, or a descriptor, which stays the caller's; both have to outlive table_load, and the name the table. */
int table_open_memory(struct table *t, const char *name, const void *text, size_t len, struct err *e);
int table_open_fd(struct table *t, int fd, const char *name, struct err *e);
/* Is there a column of that name? */
bool table_has(const struct table *t, const char *column);
/*
 * Reads all rows. number and text name the columns; every one must be there. With complete, an empty or nan cell of a
 * number is an error. Two rows of the same id and face are one always.
 */
int table_load(struct table *t, const char *const *number, int numbers, const char *const *text, int texts,
	       bool complete, struct err *e);
/*
 * Moves the rows of `more`, which was loaded with the same columns, behind t's; more's name has to outlive t. -1: a face is in
 * both.
 */
int table_append(struct table *t, struct table *more, struct err *e);
void table_release(struct table *t);
/* The file that a row came from. */
const char *table_file(const struct table *t, size_t row);
/* -1 with file, line and column of an error about a number. */
int table_bad(const struct table *t, size_t row, const char *column, const char *what, struct err *e);

/* The rows of a table by their records' key and face (frl-manifest(5)). */
struct table_face {
	uint64_t key;
	int64_t face;
	size_t row;
};
/* [t->n], sorted by key and face; to be freed. */
struct table_face *table_faces(const struct table *t);
/* By key, face and row. */
void table_faces_sort(struct table_face *f, size_t n);
/* The row of a record among those n; -1: none. */
int64_t table_row(const struct table_face *f, size_t n, uint64_t key, int64_t face);

/* Rows that belong together, in the order of the truth. */
struct join {
	size_t n;
	size_t *truth, *pred; /* [n] row numbers */
};

/*
 * Rows of one side without the other are an error that names the first and counts them; with partial they are left out
 * and warned about unless quiet. Nothing in common is an error always.
 */
int join_tables(struct join *j, const struct table *truth, const struct table *pred, bool partial, bool quiet,
		struct err *e);
void join_release(struct join *j);

#endif
