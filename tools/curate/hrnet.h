/*
 * hrnet.h - the lists of faces that came with HRNet's landmark detection (github.com/HRNet/HRNet-Facial-Landmark-Detection)
 *
 * CSV: a line of column names, then image_name (image_path), scale, [box_size,] center_w, center_h, and x and y of each point.
 * A square of 200 * scale pixels around the centre holds the face.
 */
#ifndef FRL_CURATE_HRNET_H
#define FRL_CURATE_HRNET_H

#include "tools/curate/curate.h"

enum { HRNET_POINTS_MAX = 68 };

struct hrnet_face {
	char *path;		 /* relative to --root: images/NAME where there is a folder images, else NAME */
	double box[4];		 /* x1 y1 x2 y2 of the square */
	double size;		 /* box_size; NAN without one */
	const double *point;	 /* [points][2] */
	const char *picture;	 /* NAME */
	const char *coordinates; /* all of the line behind NAME, as it stands */
};

/*
 * Calls fn for each face of root/list, whose coordinates have `from` (0, or 1 where the list counts from 1) taken off. -1:
 * the list cannot be read, naming its line, or fn failed.
 */
int hrnet_each(struct curate *c, const char *list, int points, double from,
	       int (*fn)(struct curate *c, const struct hrnet_face *f, void *data, struct err *e), void *data,
	       struct err *e);

#endif
