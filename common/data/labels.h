/*
 * labels.h - which records have labels: rows of a manifest joined with pictures, on the key of the id and on the face
 */
#ifndef FRL_DATA_LABELS_H
#define FRL_DATA_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "common/data/source.h"
#include "common/table.h"

struct labels {
	size_t n;	  /* samples: records with a label, in the order of the records */
	uint64_t *record; /* [n] number in the source */
	size_t *row;	  /* [n] of the table */
	double *value;	  /* [n][width] */
	int width;
	uint64_t unlabelled;			   /* records without a row */
	uint64_t unpictured;			   /* rows without a record */
	uint64_t left_out;			   /* records whose row gives no label */
	char *first_unlabelled, *first_unpictured; /* "key 0123.. face 0"; the row's id; NULL without */
};

/*
 * Joins t's rows with s's records. label is asked once for each row with a record, in the rows' order: 1 and `width`
 * numbers, 0 to leave the row out, -1 to end with its error. A side without faces has face 0; where an id has several
 * faces on one side and one on the other they cannot be told apart: an error that names it. So is nothing in common, and
 * nothing left. Release after a failure, too.
 */
int labels_join(struct labels *l, const struct source *s, const struct table *t, int width,
		int (*label)(void *data, const struct table *t, size_t row, double *value, struct err *e), void *data,
		struct err *e);
void labels_release(struct labels *l);

/*
 * Whether the faces of t (rows, of table_faces) and of those n records can be told apart: -1 names an id with several faces on one
 * side and one on the other. what: the records, "pictures".
 */
int labels_told_apart(const struct table_face *records, size_t n, const struct table_face *rows, const struct table *t,
		      const char *what, struct err *e);

#endif
