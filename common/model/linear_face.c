/* linear_face.c - see linear_face.h */
#include "common/model/linear_face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/safetensors.h"

enum { VERTICES_MAX = 1000000, COMPONENTS_MAX = 1000 };

static int read_tensor(const struct safetensors *s, const char *path, const char *name, int ndim, int64_t vertices,
		       float **data, int *first, struct err *e)
{
	const struct safetensor *t = safetensors_find(s, name);
	int64_t count = t ? shape_count(&t->shape) : -1;

	if (!t || t->shape.n != ndim || t->shape.dim[ndim - 1] != 3 || t->shape.dim[0] < 1 ||
	    (ndim == 3 && (t->shape.dim[1] != vertices || t->shape.dim[0] > COMPONENTS_MAX)) ||
	    (ndim == 2 && t->shape.dim[0] > VERTICES_MAX))
		return err_set(e, "'%s': no tensor %s of %s", path, name,
			       ndim == 2 ? "vertices x 3" : "components x vertices x 3");
	*data = xrealloc_array(NULL, (size_t)count, sizeof **data);
	*first = (int)t->shape.dim[0];
	return safetensor_f32(t, *data, (size_t)count, e) ? err_prefix(e, "'%s'", path) : 0;
}

int linear_face_open(struct linear_face *m, const char *path, struct err *e)
{
	struct safetensors s = { 0 };
	int rc = safetensors_open(&s, path, e);

	*m = (struct linear_face){ 0 };
	rc = rc || read_tensor(&s, path, "mean", 2, 0, &m->mean, &m->vertices, e) ||
	     read_tensor(&s, path, "identity", 3, m->vertices, &m->identity, &m->identities, e) ||
	     read_tensor(&s, path, "expression", 3, m->vertices, &m->expression, &m->expressions, e);
	safetensors_close(&s);
	return rc ? -1 : 0;
}

void linear_face_release(struct linear_face *m)
{
	free(m->mean);
	free(m->identity);
	free(m->expression);
	*m = (struct linear_face){ 0 };
}

static void add(float *out, const float *basis, const float *a, int n, size_t len)
{
	for (int k = 0; k < n; k++) {
		const float *b = basis + (size_t)k * len, w = a[k];

		for (size_t i = 0; i < len; i++)
			out[i] += w * b[i];
	}
}

void linear_face_shape(const struct linear_face *m, const float *a, const float *b, float *out)
{
	const size_t len = 3 * (size_t)m->vertices;

	memcpy(out, m->mean, len * sizeof *out);
	add(out, m->identity, a, m->identities, len);
	add(out, m->expression, b, m->expressions, len);
}

static void multiply(double out[3][3], const double a[3][3], const double b[3][3])
{
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++) {
			out[i][j] = 0;
			for (int k = 0; k < 3; k++)
				out[i][j] += a[i][k] * b[k][j];
		}
}

void linear_face_project(float *v, int n, const float pose[LINEAR_FACE_POSE], float flip)
{
	const double cx = cos(pose[0]), sx = sin(pose[0]), cy = cos(pose[1]), sy = sin(pose[1]), cz = cos(pose[2]),
		     sz = sin(pose[2]), scale = pose[6];
	const double x[3][3] = { { 1, 0, 0 }, { 0, cx, sx }, { 0, -sx, cx } };
	const double y[3][3] = { { cy, 0, -sy }, { 0, 1, 0 }, { sy, 0, cy } };
	const double z[3][3] = { { cz, sz, 0 }, { -sz, cz, 0 }, { 0, 0, 1 } };
	double xy[3][3], r[3][3];

	multiply(xy, x, y);
	multiply(r, xy, z);
	for (int i = 0; i < n; i++, v += 3) {
		double p[3];

		for (int k = 0; k < 3; k++)
			p[k] = scale * (r[k][0] * v[0] + r[k][1] * v[1] + r[k][2] * v[2]) + pose[3 + k];
		v[0] = (float)p[0];
		v[1] = (float)(flip - p[1]);
		v[2] = (float)p[2];
	}
}
