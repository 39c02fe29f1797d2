/*
 * mtl.h - Wavefront MTL: materials with a colour and the name of a texture; everything else in the file is passed over
 */
#ifndef FRL_SYNTH_MTL_H
#define FRL_SYNTH_MTL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum { MTL_MAX = 256, MTL_NAME = 256 };

struct mtl_material {
	char name[MTL_NAME];
	char texture[MTL_NAME]; /* map_Kd: a file in the library's folder or below, never elsewhere; "": none */
	float colour[3];	/* Kd, 0..1; grey without one */
};

struct mtl {
	int n;
	struct mtl_material *material; /* [n] */
};

/*
 * text need not end with NUL or newline. "newmtl NAME", "Kd r g b", "map_Kd [options] FILE". -1 with the line's number: a name
 * that is missing or too long, a colour that is none, a texture outside of the folder (absolute, or with ".."), more materials
 * than MTL_MAX; m is then empty.
 */
int mtl_parse(struct mtl *m, const char *text, size_t len, struct err *e);
void mtl_release(struct mtl *m);
/* Is that a name within a folder? Strokes of Windows become ours. */
bool mtl_is_inside(char *name);

#endif
