/*
 * obj.h - Wavefront OBJ: vertices, polygons cut into triangles, and where they lie in textures; everything else in the file is
 * passed over
 */
#ifndef FRL_OBJ_H
#define FRL_OBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct obj {
	int vertices, triangles;
	float *vertex;		/* [vertices][3] */
	int32_t (*triangle)[3]; /* [triangles], vertices from 0; a polygon is a fan about its first corner */
	/* with limits.textures: */
	int places, names;
	float *place;	      /* [places][2]: u to the right, v up, 0..1 within a picture */
	int32_t (*corner)[3]; /* [triangles], places; -1: none */
	int32_t *material;    /* [triangles], number of its name; -1: none */
	char **name;	      /* [names], of usemtl, each once */
	char *library;	      /* of the first mtllib; NULL: there is none */
};

enum { OBJ_MAX_NAMES = 256, OBJ_NAME = 256 };

struct obj_limits {
	int max_vertices, max_triangles;
	bool no_faces; /* vertices only: lines of faces are not looked at */
	bool textures; /* so are vt, usemtl and mtllib without this */
};

/*
 * text need not end with NUL or newline. "v x y z [..]" and "f a/b/c ..", where a is a vertex from 1 or, negative, from the
 * last one before the line. "vt u v [..]", max_vertices of them at most, is what b names likewise. -1 with the line's number: a
 * number that is none, a corner that is no vertex, a polygon of less than three corners, more than the limits; o is then empty.
 */
int obj_parse(struct obj *o, const char *text, size_t len, const struct obj_limits *limits, struct err *e);
void obj_release(struct obj *o);

#endif
