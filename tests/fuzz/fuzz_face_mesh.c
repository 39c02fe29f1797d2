/* fuzz_face_mesh.c - the mesh in a model's file: what is accepted can be decoded with, and is written as it was read */
#include <stdint.h>
#include <stdlib.h>

#include "common/model/face_mesh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Every number that the decoder would use as an index. */
static void look(const struct face_mesh *f)
{
	for (int k = 0; k < f->levels; k++) {
		const struct face_mesh_level *l = &f->level[k];
		const struct nn_csr *m = &l->csr[1];

		for (int64_t i = 0; i < (int64_t)l->spiral.rows * l->spiral.length; i++)
			if (l->spiral.vertex[i] < 0 || l->spiral.vertex[i] >= l->spiral.from)
				abort();
		for (int v = 0; v < m->rows; v++)
			for (int32_t i = m->begin[v]; i < m->begin[v + 1]; i++)
				if (m->col[i] < 0 || m->col[i] >= m->cols || ((const double *)m->value)[i] * 0 != 0)
					abort();
	}
	for (int i = 0; i < f->points; i++)
		if (f->point[i] < 0 || f->point[i] >= f->vertices[0])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct safetensor item[FACE_MESH_TENSORS];
	struct buf file = { 0 };
	struct safetensors s;
	struct face_mesh f;
	struct err e = { 0 };

	buf_add(&file, data, len);
	if (safetensors_open_buf(&s, "fuzz", &file, &e))
		return 0;
	if (!face_mesh_read(&f, &s, &e)) {
		size_t n = face_mesh_tensors(&f, item);

		look(&f);
		for (size_t i = 0; i < n; i++) {
			const struct safetensor *was = safetensors_find(&s, item[i].name);

			if (!was || was->bytes != item[i].bytes)
				abort();
		}
		face_mesh_release(&f);
	}
	safetensors_close(&s);
	return 0;
}
