/*
 * obj.h - Wavefront OBJ: vertices, and polygons cut into triangles; everything else in the file is passed over
 */
#ifndef FRL_SYNTH_OBJ_H
#define FRL_SYNTH_OBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct obj {
	int vertices, triangles;
	float *vertex;		/* [vertices][3] */
	int32_t (*triangle)[3]; /* [triangles], vertices from 0; a polygon is a fan about its first corner */
};

struct obj_limits {
	int max_vertices, max_triangles;
	bool no_faces; /* vertices only: lines of faces are not looked at */
};

/*
 * text need not end with NUL or newline. "v x y z [..]" and "f a/b/c ..", where a is a vertex from 1 or, negative, from the
 * last one before the line. -1 with the line's number: a number that is none, a corner that is no vertex, a polygon of
 * less than three corners, more than the limits; o is then empty.
 */
int obj_parse(struct obj *o, const char *text, size_t len, const struct obj_limits *limits, struct err *e);
void obj_release(struct obj *o);

#endif
