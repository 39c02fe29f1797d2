/* bfm.c - see bfm.h */
#include "tools/weights/bfm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mat.h"

enum { KEYPOINTS = 68, VERTICES_MAX = 1000000, COMPONENTS_MAX = 1000, TRIANGLES_MAX = 4000000 };

/* Most of a BFM.mat is its texture, which the child reads and does not send. */
static const struct mat_limits limits = { .memory = 6ull << 30, .bytes = 2ull << 30, .seconds = 600 };

/* Names of the variables of one form. */
struct form {
	const char *mean, *basis, *sigma, *triangles, *keypoints;
};

/* shape, then expression, which has neither triangles nor keypoints. */
static const struct form face3d[2] = {
	{ "model.shapeMU", "model.shapePC", "model.shapeEV", "model.tri", "model.kpt_ind" },
	{ "model.expMU", "model.expPC", "model.expEV", NULL, NULL },
};
static const struct form tddfa[2] = {
	{ "mu_shape", "w", "sigma", "tri", "keypoints" },
	{ "mu_exp", "w_exp", "sigma_exp", NULL, NULL },
};

struct source {
	const char *path;
	const struct form *form;
	const struct mat_file *file;
};

static int bad(const struct source *s, const char *name, const char *what, struct err *e)
{
	return err_set(e, "'%s': %s is not %s", s->path, name, what);
}

/* Numbers of any shape, at least one. */
static const struct mat *numbers(const struct source *s, const char *name)
{
	const struct mat *m = mat_find(s->file, name);

	return m && (m->kind == MAT_F64 || m->kind == MAT_U8) && m->count ? m : NULL;
}

/* Adds a tensor and fills it from m, in its order: column-major rows of 3V numbers are [K][V][3]. */
static int add_f32(struct weights *w, const struct source *s, const char *name, const struct shape *shape,
		   const struct mat *m, struct err *e)
{
	struct weight *t = weights_add(w, name, DTYPE_F32, shape, e);

	for (uint64_t i = 0; t && i < m->count; i++) {
		float v = (float)mat_number(m, i);

		if (!isfinite(v))
			return bad(s, m->name, "finite", e);
		memcpy(t->data + i * sizeof v, &v, sizeof v);
	}
	return t ? 0 : -1;
}

/* Whole numbers from 1 to `last`, as from 0; element i is at `place(i)` of m. */
static int add_indices(struct weights *w, const struct source *s, const char *name, const struct shape *shape,
		       const struct mat *m, int64_t last, bool transposed, struct err *e)
{
	struct weight *t = weights_add(w, name, DTYPE_I32, shape, e);
	const uint64_t rows = m->dims[0];

	for (uint64_t i = 0; t && i < m->count; i++) {
		double at = mat_number(m, transposed ? i / 3 + i % 3 * rows : i);
		int32_t v;

		if (!(at >= 1) || at > (double)last || at != floor(at))
			return bad(s, m->name, "numbers of vertices, counted from 1", e);
		v = (int32_t)at - 1;
		memcpy(t->data + i * sizeof v, &v, sizeof v);
	}
	return t ? 0 : -1;
}

/* The mean of part k: its vertices must be those of the other part. */
static int mean(const struct source *s, int64_t *vertices, const struct mat **m, struct err *e)
{
	*m = numbers(s, s->form->mean);
	if (!*m || (*m)->count % 3 || (*m)->count / 3 > VERTICES_MAX)
		return bad(s, s->form->mean, "x, y and z of up to a million vertices", e);
	if (*vertices && (int64_t)(*m)->count != 3 * *vertices)
		return bad(s, s->form->mean, "of as many vertices as the shape", e);
	*vertices = (int64_t)(*m)->count / 3;
	return 0;
}

static int add_basis(struct weights *w, const struct source *s, int64_t vertices, const char *name, struct err *e)
{
	const struct mat *basis = numbers(s, s->form->basis), *sigma = numbers(s, s->form->sigma);
	char *sigma_name = xasprintf("%s_sigma", name);
	struct shape shape = { 3, { 0, vertices, 3 } }, one = { 1, { 0 } };
	int rc;

	if (!basis || basis->dims[0] != (uint64_t)(3 * vertices) || basis->dims[2] != 1 ||
	    basis->dims[1] > COMPONENTS_MAX)
		rc = bad(s, s->form->basis, "a column of the vertices' coordinates for each component", e);
	else if (mat_find(s->file, s->form->sigma) && (!sigma || sigma->count != basis->dims[1]))
		rc = bad(s, s->form->sigma, "a number for each component", e);
	else
		rc = 0;
	if (!rc) {
		shape.dim[0] = one.dim[0] = (int64_t)basis->dims[1];
		rc = add_f32(w, s, name, &shape, basis, e) || (sigma && add_f32(w, s, sigma_name, &one, sigma, e)) ? -1
														   : 0;
	}
	free(sigma_name);
	return rc;
}

static int add_mean(struct weights *w, const struct source *part, int64_t *vertices, struct err *e)
{
	const struct mat *m[2];
	struct shape shape = { 2, { 0, 3 } };
	struct weight *t;

	for (int k = 0; k < 2; k++)
		if (mean(&part[k], vertices, &m[k], e))
			return -1;
	shape.dim[0] = *vertices;
	t = weights_add(w, "mean", DTYPE_F32, &shape, e);
	for (uint64_t i = 0; t && i < m[0]->count; i++) {
		float v = (float)(mat_number(m[0], i) + mat_number(m[1], i));

		if (!isfinite(v))
			return bad(&part[0], part[0].form->mean, "finite", e);
		memcpy(t->data + i * sizeof v, &v, sizeof v);
	}
	return t ? 0 : -1;
}

static int add_mesh(struct weights *w, const struct source *s, int64_t vertices, struct err *e)
{
	const struct mat *tri = numbers(s, s->form->triangles), *kpt = numbers(s, s->form->keypoints);
	struct shape triangles = { 2, { 0, 3 } }, keypoints = { 1, { KEYPOINTS } };

	if (!tri || tri->dims[2] != 1 || (tri->dims[0] != 3 && tri->dims[1] != 3) || tri->count / 3 > TRIANGLES_MAX)
		return bad(s, s->form->triangles, "three vertices for each triangle", e);
	if (!kpt || kpt->count != KEYPOINTS)
		return bad(s, s->form->keypoints, "68 vertices", e);
	triangles.dim[0] = (int64_t)(tri->count / 3);
	return add_indices(w, s, "triangles", &triangles, tri, vertices, tri->dims[0] != 3, e) ||
			       add_indices(w, s, "keypoints", &keypoints, kpt, vertices, false, e)
		       ? -1
		       : 0;
}

static int fill(struct weights *w, const struct source part[2], struct err *e)
{
	int64_t vertices = 0;

	return add_mean(w, part, &vertices, e) || add_basis(w, &part[0], vertices, "identity", e) ||
			       add_basis(w, &part[1], vertices, "expression", e) || add_mesh(w, &part[0], vertices, e)
		       ? -1
		       : 0;
}

/* Once more without the deviations where there are none. */
static int read_part(struct mat_file *f, const char *path, const struct form *form, int forms, bool sigma,
		     struct err *e)
{
	const char *names[16];
	struct err why = { 0 };
	int n = 0;

	for (int k = 0; k < forms; k++) {
		const char *const all[] = { form[k].mean, form[k].basis, form[k].sigma, form[k].triangles,
					    form[k].keypoints };

		for (size_t i = 0; i < sizeof all / sizeof *all; i++)
			if (all[i] && (sigma || all[i] != form[k].sigma))
				names[n++] = all[i];
	}
	names[n] = NULL;
	if (!mat_read(f, path, names, &limits, &why))
		return 0;
	mat_release(f);
	if (sigma && strstr(why.msg, "no variable 'sigma"))
		return read_part(f, path, form, forms, false, e);
	*e = why;
	return -1;
}

int bfm_load(struct weights *w, const char *shape, const char *expression, struct err *e)
{
	const struct form *form = expression ? tddfa : face3d;
	struct mat_file file[2] = { { 0 }, { 0 } };
	const struct source part[2] = {
		{ shape, &form[0], &file[0] },
		{ expression ? expression : shape, &form[1], &file[expression ? 1 : 0] },
	};
	int rc = read_part(&file[0], shape, form, expression ? 1 : 2, true, e);

	if (!rc && expression)
		rc = read_part(&file[1], expression, &form[1], 1, true, e);
	if (!rc) {
		weights_init(w, file[0].bytes.len + file[1].bytes.len);
		w->format = "Basel Face Model";
		rc = fill(w, part, e);
	}
	mat_release(&file[0]);
	mat_release(&file[1]);
	return rc ? -1 : 0;
}
