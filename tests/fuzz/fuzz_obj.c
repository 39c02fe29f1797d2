/* fuzz_obj.c - Wavefront OBJ: every corner that comes out is a vertex, every number finite */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "tools/synth/obj.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct obj_limits limits = { .max_vertices = 64, .max_triangles = 64 };
	struct err e = { 0 };
	struct obj o;

	if (!len)
		return 0;
	limits.no_faces = data[0] & 1;
	if (obj_parse(&o, (const char *)data + 1, len - 1, &limits, &e) < 0) {
		if (!e.msg[0] || o.vertex || o.triangle)
			abort();
		return 0;
	}
	if (o.vertices > 64 || o.triangles > 64 || (limits.no_faces && o.triangles))
		abort();
	for (int i = 0; i < 3 * o.vertices; i++)
		if (!isfinite(o.vertex[i]))
			abort();
	for (int t = 0; t < o.triangles; t++)
		for (int k = 0; k < 3; k++)
			if (o.triangle[t][k] < 0 || o.triangle[t][k] >= o.vertices)
				abort();
	obj_release(&o);
	return 0;
}
