/*
 * columns.h - where a manifest has what frl-crop needs, found by name once, and the columns that it adds
 */
#ifndef FRL_CROP_COLUMNS_H
#define FRL_CROP_COLUMNS_H

#include "common/tsv.h"
#include "crop/crop.h"
#include "crop/geometry.h"

/* A landmark: its columns, and its name ("lm3", "det_lm0"). */
struct landmark {
	int x, y;
	char *name;
};

/* A point of the template: the mean of one or more landmarks. */
struct point_source {
	int *landmark; /* [n] indices into columns.landmark */
	int n;
};

struct columns {
	int id, path, width, height, face, score, status, label; /* -1: absent */
	int box[4];						 /* x1 y1 x2 y2; -1: absent */
	int centre[3];						 /* x y S */
	struct landmark *landmark;				 /* [n_landmarks], in the manifest's order */
	int n_landmarks;
	struct point_source point[5]; /* with align */
};

/* -1 when the manifest lacks what the options ask for. Release in any case. */
int crop_columns_find(struct columns *c, const struct tsv *t, const struct crop_options *o, struct err *e);
void crop_columns_release(struct columns *c);

/* The row's box: 0, or -1 with a reason for its status. */
int crop_columns_box(const struct columns *c, const struct tsv_row *row, struct face_box *b, struct err *e);
/* The row's crop before the photo is known: 0, or -1 with a reason. size: S, 0 where it is unknown. */
int crop_columns_map(const struct columns *c, const struct tsv_row *row, const struct crop_options *o,
		     struct crop_map *m, double *size, struct err *e);

/* Landmark i of the row: 0, or -1 where it has none. */
int crop_columns_landmark(const struct columns *c, const struct tsv_row *row, int i, double *x, double *y);

#endif
