/* template.c - see template.h */
#include "tools/synth/template.h"

#include <stdlib.h>
#include <string.h>

#include "common/nn/safetensors.h"

int synth_template_write(struct out *o, const struct synth_model *m, struct err *e)
{
	int32_t(*triangle)[3] = xcalloc((size_t)m->triangles + 1, sizeof *triangle);
	int n = 0, rc;

	/* Eyes, teeth and the back of the head are no part of it. */
	for (int i = 0; i < m->triangles; i++) {
		const int32_t *t = m->triangle[i];

		if (t[0] < m->face_vertices && t[1] < m->face_vertices && t[2] < m->face_vertices)
			memcpy(triangle[n++], t, sizeof *triangle);
	}
	const struct safetensor item[] = {
		{ "mean",
		  DTYPE_F32,
		  { 2, { m->face_vertices, 3 } },
		  m->neutral,
		  3 * (size_t)m->face_vertices * sizeof(float) },
		{ "triangles", DTYPE_I32, { 2, { n, 3 } }, triangle, (size_t)n * sizeof *triangle },
		{ "keypoints", DTYPE_I32, { 1, { SYNTH_LANDMARKS } }, m->landmark, sizeof m->landmark },
	};
	rc = safetensors_write(o, item, sizeof item / sizeof *item, NULL, 0, e);
	free(triangle);
	return rc;
}
