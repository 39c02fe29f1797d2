/* vertices.c - see vertices.h */
#include "eval/vertices.h"

#include <stdlib.h>

#include "common/le.h"

int vertices_open(struct vertices *v, const char *path, struct err *e)
{
	*v = (struct vertices){ 0 };
	if (!path)
		return 0;
	if (out_open(&v->out, path, true, e))
		return -1;
	v->writer.out = &v->out;
	v->open = true;
	return 0;
}

void vertices_map(const double back[TASK_AFFINE], double (*p)[3], size_t n)
{
	double scale = task_affine_scale(back);

	for (size_t i = 0; i < n; i++) {
		warp_point(back, p[i][0], p[i][1], p[i]);
		p[i][2] *= scale;
	}
}

int vertices_write(struct vertices *v, const struct task_model *m, const float *out, const struct warp_draws *d,
		   const double *back, const struct record *head, struct err *e)
{
	size_t n = (size_t)m->outputs;
	struct record r = {
		.kind = RECORD_TENSOR,
		.dtype = RECORD_F32,
		.ndim = 2,
		.dims = { (uint32_t)n, 3 },
		.bytes = 12 * n,
		.key = head->key,
		.label = head->label,
		.face = head->face,
	};
	double(*p)[3];
	uint8_t *bytes;
	int rc;

	if (!v->open)
		return 0;
	p = xcalloc(n, sizeof *p);
	bytes = xmalloc(12 * n);
	task_mesh_vertices(m, out, d, p);
	if (back)
		vertices_map(back, p, n);
	for (size_t i = 0; i < 3 * n; i++)
		le_putf32(bytes + 4 * i, (float)p[i / 3][i % 3]);
	rc = record_write(&v->writer, &r, bytes, e);
	free(p);
	free(bytes);
	return rc;
}

int vertices_close(struct vertices *v, struct err *e)
{
	if (!v->open)
		return 0;
	v->open = false;
	return record_end(&v->writer, "vertices in pixels: x, y down, z to the viewer", e) || out_commit(&v->out, e)
		       ? -1
		       : 0;
}

void vertices_abort(struct vertices *v)
{
	out_abort(&v->out);
	v->open = false;
}
