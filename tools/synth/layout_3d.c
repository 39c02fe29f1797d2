/*
 * layout_3d.c - 300W-LP and AFLW2000-3D: coefficients and a pose in a .mat beside each picture, for a linear model that is
 * written, too, as BFM.mat
 *
 * The model is the ICT face in the Basel Face Model's form and unit (micrometres): 199 places for shape, 29 for expression,
 * so that coefficients of these .mat files multiply it as BFM's do. The face is then scale * R * vertex + translation with y
 * turned into 451 - y (common/model/linear_face.h), which is what --camera weak draws:
 *	scale = |a| / 10^4, translation = (a13 - |a| mean.x, 451 - a23 - |a| mean.y, -|a| mean.z)
 * of camera.h's numbers, whose a11 = a22 = |a| and a12 = a21 = 0.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/layout.h"

enum {
	IDENTITIES = 199,
	EXPRESSIONS = 29,
	COLOURS = 7,
	LIGHTS = 10,
	AFLW_POINTS = 21,
	FLIP = SYNTH_3D_SIZE + 1,
	LINE = 64
};

static const double unit = 1e4; /* of the model in a centimetre */

/* ---- which of the model's fields is in which place */

/* Fields that have a place among the expressions; further ones follow the identity modes. */
static int expressions(const struct synth_model *m)
{
	return m->shapes < EXPRESSIONS ? m->shapes : EXPRESSIONS;
}

int synth_3d_start(struct synth_layout *l, struct err *e)
{
	const struct synth_model *m = &l->scene->model;
	int shape = m->modes + m->shapes - expressions(m);

	return shape <= IDENTITIES
		       ? 0
		       : err_set(e, "%s has places for %d coefficients; the model has %d modes and %d shapes",
				 l->set->name, IDENTITIES + EXPRESSIONS, m->modes, m->shapes);
}

/* Shape_Para and Exp_Para. */
static void coefficients(const struct synth_model *m, const struct synth_picture *p, float shape[IDENTITIES],
			 float expression[EXPRESSIONS])
{
	int n = expressions(m);

	memset(shape, 0, IDENTITIES * sizeof *shape);
	memset(expression, 0, EXPRESSIONS * sizeof *expression);
	memcpy(shape, p->coefficient, (size_t)m->modes * sizeof *shape);
	memcpy(shape + m->modes, p->weight + n, (size_t)(m->shapes - n) * sizeof *shape);
	memcpy(expression, p->weight, (size_t)n * sizeof *expression);
}

/* ---- the .mat of a picture */

/* Pose_Para. */
static void pose_of(const struct synth_truth *t, float pose[7])
{
	const struct synth_camera *c = &t->camera;
	const double degree = acos(-1) / 180, s = c->scale;

	pose[0] = (float)(t->picture.pitch * degree);
	pose[1] = (float)(t->picture.yaw * degree);
	pose[2] = (float)(t->picture.roll * degree);
	pose[3] = (float)(c->a[2] - s * c->mean[0]);
	pose[4] = (float)(FLIP - c->a[5] - s * c->mean[1]);
	pose[5] = (float)(-s * c->mean[2]);
	pose[6] = (float)(s / unit);
}

/* Their variables, with `points` in front. Light, colour and texture are of another kind here: zeros. */
static int write_mat(const struct synth_layout *l, const struct synth_job *j, const char *path,
		     const struct mat_out_array *points, int n, struct err *e)
{
	static const float zero[IDENTITIES] = { 0 };
	const int16_t roi[4] = { 1, 1, (int16_t)l->scene->frame.size, (int16_t)l->scene->frame.size };
	float shape[IDENTITIES], expression[EXPRESSIONS], pose[7];
	const struct mat_out_array rest[] = {
		{ "roi", MAT_OUT_I16, { 1, 4 }, roi },
		{ "Illum_Para", MAT_OUT_F32, { 1, LIGHTS }, zero },
		{ "Color_Para", MAT_OUT_F32, { 1, COLOURS }, zero },
		{ "Tex_Para", MAT_OUT_F32, { IDENTITIES, 1 }, zero },
		{ "Shape_Para", MAT_OUT_F32, { IDENTITIES, 1 }, shape },
		{ "Exp_Para", MAT_OUT_F32, { EXPRESSIONS, 1 }, expression },
		{ "Pose_Para", MAT_OUT_F32, { 1, 7 }, pose },
	};
	char *name = xasprintf("%.*s.mat", (int)(strrchr(path, '.') - path), path);
	struct mat_out *m = synth_layout_mat(l, name, MAT_OUT_V5, e);
	int rc = m ? 0 : -1;

	coefficients(&l->scene->model, &j->truth.picture, shape, expression);
	pose_of(&j->truth, pose);
	for (int i = 0; !rc && i < n; i++)
		rc = mat_out_array(m, &points[i], e);
	for (size_t i = 0; !rc && i < sizeof rest / sizeof *rest; i++)
		rc = mat_out_array(m, &rest[i], e);
	if (!rc)
		rc = mat_out_commit(m, e);
	else
		mat_out_abort(m);
	free(name);
	return rc;
}

/* ---- 300W-LP: persons in its four sets by turns, about as many as there are pictures in each; no mirrored sets */

void synth_300w_lp_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	static const char *const set[] = { "HELEN", "LFPW",  "HELEN", "AFW",  "HELEN", "LFPW",
					   "HELEN", "HELEN", "IBUG",  "LFPW", "HELEN", "HELEN" };
	unsigned long long person = synth_layout_person(l, j);
	const char *s = set[person % (sizeof set / sizeof *set)];

	buf_printf(path, "%s/%s_%06llu_%u.jpg", s, s, person, j->truth.picture.sample);
}

/* landmarks/SET/NAME_pts.mat: pts_2d and pts_3d, both the mesh's points. */
static int write_points(const struct synth_layout *l, const char *path, const double *xy, struct err *e)
{
	const struct mat_out_array points[] = { { "pts_2d", MAT_OUT_F64, { SYNTH_LANDMARKS, 2 }, xy },
						{ "pts_3d", MAT_OUT_F64, { SYNTH_LANDMARKS, 2 }, xy } };
	char *name = xasprintf("landmarks/%.*s_pts.mat", (int)(strrchr(path, '.') - path), path);
	struct mat_out *m = synth_layout_mat(l, name, MAT_OUT_V5, e);
	int rc = -1;

	if (m && !mat_out_array(m, &points[0], e) && !mat_out_array(m, &points[1], e))
		rc = mat_out_commit(m, e);
	else
		mat_out_abort(m);
	free(name);
	return rc;
}

int synth_300w_lp_more(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e)
{
	double rows[2 * SYNTH_LANDMARKS], columns[2 * SYNTH_LANDMARKS];
	const struct mat_out_array points = { "pt2d", MAT_OUT_F64, { 2, SYNTH_LANDMARKS }, columns };

	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		for (int k = 0; k < 2; k++)
			columns[2 * i + k] = rows[k * SYNTH_LANDMARKS + i] = j->truth.landmark[i][k];
	return write_mat(l, j, path, &points, 1, e) || write_points(l, path, rows, e) ? -1 : 0;
}

/* ---- AFLW2000-3D: pt3d_68, and AFLW's 21 points, of which none is given */

void synth_aflw2000_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	(void)j;
	buf_printf(path, "AFLW2000/image%05llu.jpg", (unsigned long long)l->pictures + 1);
}

int synth_aflw2000_more(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e)
{
	double unseen[2 * AFLW_POINTS];
	const struct mat_out_array points[] = {
		{ "pt3d_68", MAT_OUT_F32, { 3, SYNTH_LANDMARKS }, j->truth.landmark },
		{ "pt2d", MAT_OUT_F64, { 2, AFLW_POINTS }, unseen },
	};

	for (int i = 0; i < 2 * AFLW_POINTS; i++)
		unseen[i] = -1;
	return write_mat(l, j, path, points, 2, e);
}

/* ---- the model */

/* Component k as 3V numbers. */
static void take_field(const struct synth_model *m, int field, float *out)
{
	size_t n = 3 * (size_t)m->face_vertices;
	const float *d = m->delta + (size_t)field * 3 * (size_t)m->vertices;

	for (size_t i = 0; i < n; i++)
		out[i] = (float)(unit * d[i]);
}

/* Triangles of the face alone, counted from 1; returns how many. */
static size_t face_triangles(const struct synth_model *m, int32_t *out)
{
	size_t n = 0;

	for (int t = 0; t < m->triangles; t++) {
		const int32_t *v = m->triangle[t];

		if (v[0] >= m->face_vertices || v[1] >= m->face_vertices || v[2] >= m->face_vertices)
			continue;
		for (int k = 0; k < 3; k++)
			out[3 * n + (size_t)k] = v[k] + 1;
		n++;
	}
	return n;
}

struct bfm {
	float *mean, *none, *shape, *expression, one[IDENTITIES];
	int32_t *triangle, keypoint[SYNTH_LANDMARKS];
	size_t numbers, triangles;
};

static void fill_bfm(struct bfm *b, const struct synth_model *m)
{
	const int n = expressions(m);
	const size_t count = b->numbers;

	b->mean = xcalloc(count, sizeof *b->mean);
	b->none = xcalloc(count, sizeof *b->none);
	b->shape = xcalloc(count, IDENTITIES * sizeof *b->shape);
	b->expression = xcalloc(count, EXPRESSIONS * sizeof *b->expression);
	b->triangle = xcalloc((size_t)m->triangles, 3 * sizeof *b->triangle);
	for (size_t i = 0; i < count; i++)
		b->mean[i] = (float)(unit * m->neutral[i]);
	for (int i = 0; i < m->modes; i++)
		take_field(m, i, b->shape + (size_t)i * count);
	for (int i = 0; i < n; i++)
		take_field(m, m->modes + i, b->expression + (size_t)i * count);
	for (int i = n; i < m->shapes; i++)
		take_field(m, m->modes + i, b->shape + (size_t)(m->modes + i - n) * count);
	for (int i = 0; i < IDENTITIES; i++)
		b->one[i] = 1;
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		b->keypoint[i] = m->landmark[i] + 1;
	b->triangles = face_triangles(m, b->triangle);
}

int synth_3d_finish(struct synth_layout *l, struct err *e)
{
	struct bfm b = { .numbers = 3 * (size_t)l->scene->model.face_vertices };
	struct mat_out *m = synth_layout_mat(l, "BFM.mat", MAT_OUT_V5, e);
	int rc = -1;

	fill_bfm(&b, &l->scene->model);
	if (m) {
		const struct mat_out_array field[] = {
			{ "shapeMU", MAT_OUT_F32, { b.numbers, 1 }, b.mean },
			{ "shapePC", MAT_OUT_F32, { b.numbers, IDENTITIES }, b.shape },
			{ "shapeEV", MAT_OUT_F32, { IDENTITIES, 1 }, b.one },
			{ "expMU", MAT_OUT_F32, { b.numbers, 1 }, b.none },
			{ "expPC", MAT_OUT_F32, { b.numbers, EXPRESSIONS }, b.expression },
			{ "expEV", MAT_OUT_F32, { EXPRESSIONS, 1 }, b.one },
			{ "tri", MAT_OUT_I32, { 3, b.triangles }, b.triangle },
			{ "kpt_ind", MAT_OUT_I32, { 1, SYNTH_LANDMARKS }, b.keypoint },
		};

		if (!mat_out_struct(m, "model", field, sizeof field / sizeof *field, e))
			rc = mat_out_commit(m, e);
		else
			mat_out_abort(m);
	}
	free(b.mean);
	free(b.none);
	free(b.shape);
	free(b.expression);
	free(b.triangle);
	return rc;
}
