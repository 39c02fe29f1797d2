/*
 * rows.h - frl-detect's rows: the input's columns, then one face's
 *
 * Columns are added in groups: width height; face; x1 y1 x2 y2 score; lm0x .. lm4y; status. Nothing is overwritten: where
 * the input has any column of a group, the group's names get the prefix det_ (a published set brings boxes of its own).
 * status is the row's state and has no prefix: an input's own is rewritten when a picture fails or has no face.
 */
#ifndef FRL_DETECT_ROWS_H
#define FRL_DETECT_ROWS_H

#include "common/model/detections.h"
#include "common/tsv.h"
#include "detect/input.h"

struct rows {
	struct tsv_out out;
	int in_columns;
	int status; /* the input's status column, or -1: appended */
};

/* Writes comments, provenance and header into r->out. -1: det_ names are taken as well. */
int rows_header(struct rows *r, const struct input *in, bool no_pg, int argc, char *const *argv, struct err *e);
/* One face. */
void rows_face(struct rows *r, const struct tsv_row *row, int w, int h, size_t face, const struct detection *d);
/* A row without a face: w and h are 0 when the size is not known. */
void rows_status(struct rows *r, const struct tsv_row *row, int w, int h, const char *status);
/* As it came, with the new columns empty. */
void rows_pass(struct rows *r, const struct tsv_row *row);

#endif
