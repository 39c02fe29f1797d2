/*
 * scan.h - a textured scan of a head (OBJ, MTL, pictures), its 68 points, and pictures of it
 *
 * Scans are taken to look along +z, y up, x to the picture's right, as the model's faces do. The camera is scaled orthographic:
 * pixels are an affine map of the scan's coordinates,
 *	X Y Z = t (x y z 1)
 * with X right, Y down and Z towards the viewer, 0 at the points' mean depth (without points: the vertices'); the three rows of t
 * have equal length, the pixels of a unit. The turn is camera.h's, without roll.
 */
#ifndef FRL_SYNTH_SCAN_H
#define FRL_SYNTH_SCAN_H

#include "common/image.h"
#include "common/obj.h"
#include "tools/synth/camera.h"
#include "tools/synth/mtl.h"
#include "tools/synth/raster.h"

/* What a list of vertices begins with that were lifted. */
#define SCAN_LIFTED_LINE "# lifted"

enum scan_points { SCAN_POINTS_NONE, SCAN_POINTS_GIVEN, SCAN_POINTS_LIFTED };

struct scan {
	struct obj obj;
	struct mtl mtl;
	struct image *texture; /* [mtl.n]; without data: none */
	int *material;	       /* [obj.names]: of the library, -1: it has none of that name */
	enum scan_points points;
	int32_t point[SYNTH_LANDMARKS]; /* vertices */
	double middle[3];		/* of the points, or of the vertices */
};

/* A pose, and what lies where. */
struct scan_view {
	double pitch, yaw;
	double t[3][4];
	double box[4]; /* around the points, with a fifth more above, or around the scan; pixels */
	float *xyz;    /* [obj.vertices][3]: pixels */
};

/* Reads path, its material library and their textures. -1 names file and line; s is then empty. */
int scan_load(struct scan *s, const char *path, struct err *e);
void scan_release(struct scan *s);

/*
 * The 68 points from a file: a vertex number from 0 a line (behind SCAN_LIFTED_LINE they count as lifted); or x y z a line, to
 * which the nearest vertex is taken; or a manifest of one row with lm0x .. lm67y, places in the picture of pitch 0 and yaw 0 that
 * the same frame gives with the points so far, or without any: what is seen there is taken (lifted).
 */
int scan_read_points(struct scan *s, const char *path, const struct synth_frame *f, int samples, struct err *e);

/* What it is made of. Lifting: -1 names a point beside the scan; xy [68][2] in that picture. */
void scan_set_points(struct scan *s, const int32_t point[SYNTH_LANDMARKS], enum scan_points how);
int32_t scan_nearest(const struct scan *s, const double at[3]);
int scan_lift(const struct scan *s, const struct synth_frame *f, int samples, const double (*xy)[2],
	      int32_t point[SYNTH_LANDMARKS], struct err *e);

/* With points, the box around them gets f->face pixels, in the picture's middle; without, the scan 4/3 of it. */
void scan_look(const struct scan *s, const struct synth_frame *f, double pitch, double yaw, struct scan_view *v);
void scan_view_release(struct scan_view *v);
/* A pixel is the mean of samples x samples; out is f->size square, grey behind the scan. r is kept from call to call. */
void scan_draw(const struct scan *s, const struct scan_view *v, const struct synth_frame *f, int samples,
	       struct raster *r, struct image *out);

/* The vertices within `radius` of the nose's tip, points left out, ascending; their number. vertex has room for all. */
int scan_near(const struct scan *s, double radius, int32_t *vertex);

#endif
