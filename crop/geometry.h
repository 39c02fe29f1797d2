/*
 * geometry.h - from a box or from points to the map that makes the crop, pure functions
 *
 * Coordinates are continuous: pixel (0,0) covers [0,1) x [0,1).
 */
#ifndef FRL_CROP_GEOMETRY_H
#define FRL_CROP_GEOMETRY_H

#include "crop/crop.h"

/* A face in its photo, as far as it is known; x1 > x2 where there is no box. */
struct face_box {
	double x1, y1, x2, y2;
};

/* Photo to crop: X = a[0] x + a[1] y + a[2], Y = a[3] x + a[4] y + a[5]. */
struct crop_map {
	double a[6];
	bool straight; /* no rotation: a[0] = a[4] > 0, a[1] = a[3] = 0 */
};

/* The side S of a box: max(w, h), their mean, or the root of their product. */
double crop_side_of(const struct face_box *b, enum crop_side side);

/*
 * The square about (cx, cy): scale face/S, the centre moved down by shift * S, in the crop's middle (paper.md 6: X = (x - cx) *
 * 190/S + 128).
 */
void crop_map_square(struct crop_map *m, const struct crop_options *o, double cx, double cy, double size);
/* Five points to the template; -1 when they coincide. */
int crop_map_points(struct crop_map *m, const struct crop_options *o, const double points[5][2]);

/*
 * The ArcFace template (insightface) in a crop of w x h: left eye, right eye, nose, left and right mouth corner as seen in the
 * picture. Its own size is 112 x 112, and 96 x 112 without 8 columns on either side; a multiple of 128 (and not of 112) has a
 * border of 8/128 in x.
 */
void crop_template(double points[5][2], int w, int h);

void crop_map_point(const struct crop_map *m, double x, double y, double *to_x, double *to_y);

/* The share of the crop (w x h) that lies outside a photo of photo_w x photo_h. */
double crop_outside(const struct crop_map *m, int w, int h, int photo_w, int photo_h);

/* Can resample.h do it? False for windows that are too far away or too large. */
bool crop_map_usable(const struct crop_map *m, int w, int h);

/* Makes the crop; dst has its size already. The photo was decoded at 1/scale. */
void crop_render(struct image *dst, const struct image *photo, int scale, const struct crop_map *m,
		 const struct crop_options *o);

#endif
