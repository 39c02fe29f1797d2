/*
 * fuzz_obj.c - Wavefront OBJ and MTL, and bitmaps: every corner that comes out is a vertex, every number finite, every texture
 * inside
 *
 * The first byte says what the rest is: ' ' and '!' OBJ, '"' OBJ with textures, '$' MTL, '&' a bitmap.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/obj.h"
#include "tools/synth/bmp.h"
#include "tools/synth/mtl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { MOST = 64 };

static void in_range(const int32_t *v, int n, int least, int most)
{
	for (int i = 0; i < n; i++)
		if (v[i] < least || v[i] >= most)
			abort();
}

static void walk(const struct obj *o, const struct obj_limits *limits)
{
	if (o->vertices > MOST || o->triangles > MOST || o->places > MOST || o->names > OBJ_MAX_NAMES ||
	    (limits->no_faces && o->triangles))
		abort();
	for (int i = 0; i < 3 * o->vertices; i++)
		if (!isfinite(o->vertex[i]))
			abort();
	for (int i = 0; i < 2 * o->places; i++)
		if (!isfinite(o->place[i]))
			abort();
	for (int t = 0; t < o->triangles; t++) {
		in_range(o->triangle[t], 3, 0, o->vertices);
		if (limits->textures) {
			in_range(o->corner[t], 3, -1, o->places);
			in_range(&o->material[t], 1, -1, o->names);
		}
	}
	for (int i = 0; i < o->names; i++)
		if (!*o->name[i] || strlen(o->name[i]) >= OBJ_NAME)
			abort();
}

static void try_obj(const char *text, size_t len, bool no_faces, bool textures)
{
	const struct obj_limits limits = {
		.max_vertices = MOST, .max_triangles = MOST, .no_faces = no_faces, .textures = textures
	};
	struct err e = { 0 };
	struct obj o;

	if (obj_parse(&o, text, len, &limits, &e) < 0) {
		if (!e.msg[0] || o.vertex || o.triangle || o.place || o.name || o.library)
			abort();
		return;
	}
	walk(&o, &limits);
	obj_release(&o);
}

static void try_mtl(const char *text, size_t len)
{
	struct err e = { 0 };
	struct mtl m;

	if (mtl_parse(&m, text, len, &e) < 0) {
		if (!e.msg[0] || m.material)
			abort();
		return;
	}
	for (int i = 0; i < m.n; i++) {
		char padded[MTL_NAME + 2];

		if (!*m.material[i].name || strlen(m.material[i].texture) >= MTL_NAME || *m.material[i].texture == '/')
			abort();
		snprintf(padded, sizeof padded, "/%s/", m.material[i].texture);
		if (strstr(padded, "/../"))
			abort();
		for (int k = 0; k < 3; k++)
			if (!(m.material[i].colour[k] >= 0 && m.material[i].colour[k] <= 1))
				abort();
	}
	mtl_release(&m);
}

static void try_bmp(const uint8_t *data, size_t len)
{
	const struct image_limits limits = { .max_pixels = 4096, .max_bytes = 1 << 16 };
	struct err e = { 0 };
	struct image m;

	if (bmp_decode(&m, data, len, &limits, &e) < 0) {
		if (!e.msg[0])
			abort();
		return;
	}
	if (m.w < 1 || m.h < 1 || m.w * m.h > 4096)
		abort();
	image_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	switch (data[0] >> 1 & 3) {
	case 2:
		try_mtl((const char *)data + 1, len - 1);
		break;
	case 3:
		try_bmp(data + 1, len - 1);
		break;
	default:
		try_obj((const char *)data + 1, len - 1, data[0] & 1, data[0] >> 1 & 1);
	}
	return 0;
}
