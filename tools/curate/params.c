/* params.c - see params.h */
#include "tools/curate/params.h"

#include <stdlib.h>

#include "common/hash.h"
#include "tools/curate/mats.h"

static const char provenance[] =
	"300W-LP coefficients: 199 shape, 29 expression, pitch yaw roll (radians), tx ty tz, scale";

const char *const *params_names(const struct curate *c, const char *more, const char *names[5])
{
	int n = 0;

	names[n++] = "Pose_Para";
	if (more)
		names[n++] = more;
	if (c->params || c->mesh) {
		names[n++] = "Shape_Para";
		names[n++] = "Exp_Para";
	}
	names[n] = NULL;
	return names;
}

int params_read(const struct curate *c, const struct mat_file *f, double v[PARAMS], struct err *e)
{
	if (mats_numbers(f, "Pose_Para", 1, PARAMS_POSE, v + PARAMS_SHAPE + PARAMS_EXPRESSION, e))
		return -1;
	if (!c->params && !c->mesh)
		return 0;
	return mats_numbers(f, "Shape_Para", PARAMS_SHAPE, 1, v, e) ||
			       mats_numbers(f, "Exp_Para", PARAMS_EXPRESSION, 1, v + PARAMS_SHAPE, e)
		       ? -1
		       : 0;
}

static int write_record(struct record_writer *w, const struct curate *c, const float *v, uint32_t rows,
			uint32_t columns, struct err *e)
{
	struct record r = { .kind = RECORD_TENSOR, .dtype = RECORD_F32, .ndim = columns ? 2 : 1, .label = -1 };

	r.dims[0] = rows;
	r.dims[1] = columns;
	r.bytes = (uint64_t)rows * (columns ? columns : 1) * sizeof *v;
	r.key = hash_key(c->id.data);
	return record_write(w, &r, v, e);
}

int params_write(struct curate *c, const double v[PARAMS], struct err *e)
{
	float value[PARAMS];
	int rc = 0;

	if ((!c->params && !c->mesh) || !c->row_ok)
		return 0;
	for (int i = 0; i < PARAMS; i++)
		value[i] = (float)v[i];
	if (c->params)
		rc = write_record(&c->params_writer, c, value, PARAMS, 0, e);
	if (!rc && c->mesh) {
		const struct linear_face *m = &c->face;

		linear_face_shape(m, value, value + PARAMS_SHAPE, c->vertices);
		linear_face_project(c->vertices, m->vertices, value + PARAMS_SHAPE + PARAMS_EXPRESSION,
				    PARAMS_SIDE + 1);
		rc = write_record(&c->mesh_writer, c, c->vertices, (uint32_t)m->vertices, 3, e);
	}
	return rc;
}

int params_open(struct curate *c, struct err *e)
{
	c->params_writer = (struct record_writer){ &c->params_out, 0 };
	c->mesh_writer = (struct record_writer){ &c->mesh_out, 0 };
	if (c->mesh) {
		if (linear_face_open(&c->face, c->model, e))
			return -1;
		if (c->face.identities != PARAMS_SHAPE || c->face.expressions != PARAMS_EXPRESSION)
			return err_set(e, "'%s' has %d + %d components; 300W-LP's coefficients are for %d + %d",
				       c->model, c->face.identities, c->face.expressions, PARAMS_SHAPE,
				       PARAMS_EXPRESSION);
		c->vertices = xrealloc_array(NULL, 3 * (size_t)c->face.vertices, sizeof *c->vertices);
	}
	return (c->params && out_open(&c->params_out, c->params, true, e)) ||
			       (c->mesh && out_open(&c->mesh_out, c->mesh, true, e))
		       ? -1
		       : 0;
}

int params_close(struct curate *c, struct err *e)
{
	int rc = 0;

	if (c->params)
		rc = record_end(&c->params_writer, provenance, e) || out_commit(&c->params_out, e);
	if (!rc && c->mesh)
		rc = record_end(&c->mesh_writer, "vertices in pixels: x, y down, z to the viewer", e) ||
		     out_commit(&c->mesh_out, e);
	linear_face_release(&c->face);
	free(c->vertices);
	c->vertices = NULL;
	return rc ? -1 : 0;
}
