/*
 * facex.c - the published FaceXModel folder: OBJ files of whole heads, from which the fields are differences to the neutral one
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "common/json.h"
#include "common/obj.h"
#include "common/thread.h"
#include "tools/synth/model.h"

/* Of the whole published mesh: its skin without the back of the head, its size (README of ICT-FaceKit). */
enum { FACE_VERTICES = 9409, WHOLE_VERTICES = 26719, FILE_MAX = 64 << 20, VALUES_MAX = 1 << 20 };

static int read_obj(struct obj *o, const char *file, bool no_faces, struct err *e)
{
	const struct obj_limits limits = {
		.max_vertices = SYNTH_MAX_VERTICES,
		.max_triangles = SYNTH_MAX_TRIANGLES,
		.no_faces = no_faces,
	};
	struct buf b = { 0 };
	int rc = io_slurp(file, FILE_MAX, &b, e);

	*o = (struct obj){ 0 };
	if (!rc && obj_parse(o, b.data, b.len, &limits, e) < 0)
		rc = err_prefix(e, "'%s'", file);
	buf_release(&b);
	return rc;
}

static int read_neutral(struct synth_model *m, const char *path, struct err *e)
{
	char *file = xasprintf("%s/generic_neutral_mesh.obj", path);
	struct obj o;
	int rc = read_obj(&o, file, false, e);

	if (!rc && (o.vertices < SYNTH_LANDMARKS || !o.triangles))
		rc = err_set(e, "'%s': %d vertices and %d triangles are no face", file, o.vertices, o.triangles);
	if (rc) {
		obj_release(&o);
	} else {
		m->vertices = o.vertices;
		m->whole = o.vertices == WHOLE_VERTICES;
		m->face_vertices = m->whole ? FACE_VERTICES : o.vertices;
		m->triangles = o.triangles;
		m->neutral = o.vertex;
		m->triangle = o.triangle;
	}
	free(file);
	return rc;
}

/* ---- vertex_indices.json: landmarks and the names of the expressions */

static int take_landmarks(struct synth_model *m, const struct json *list, struct err *e)
{
	if (json_kind(list) != JSON_KIND_ARRAY || json_size(list) != SYNTH_LANDMARKS)
		return err_set(e, "idx_to_landmark_verts is no list of %d vertices", SYNTH_LANDMARKS);
	for (size_t i = 0; i < SYNTH_LANDMARKS; i++) {
		int64_t v;

		if (json_i64(json_at(list, i), &v) < 0 || v < 0 || v >= m->face_vertices)
			return err_set(e, "idx_to_landmark_verts: element %zu is no vertex", i);
		m->landmark[i] = (int32_t)v;
	}
	return 0;
}

static int take_expressions(struct synth_model *m, const struct json *list, struct err *e)
{
	size_t n = json_size(list);

	if (json_kind(list) != JSON_KIND_ARRAY || n > SYNTH_MAX_SHAPES)
		return err_set(e, "expressions is no list of at most %d names", SYNTH_MAX_SHAPES);
	m->shape = xcalloc(n + 1, SYNTH_NAME);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_str(json_at(list, i));

		if (!name || !*name || strlen(name) >= SYNTH_NAME || strchr(name, '/'))
			return err_set(e, "expressions: element %zu is no name", i);
		memcpy(m->shape[m->shapes++], name, strlen(name) + 1);
	}
	return 0;
}

static int read_indices(struct synth_model *m, const char *path, struct err *e)
{
	static const struct json_limits limits = { .max_bytes = FILE_MAX, .max_values = VALUES_MAX };
	char *file = xasprintf("%s/vertex_indices.json", path);
	struct buf b = { 0 };
	struct json *root = NULL;
	int rc = io_slurp(file, FILE_MAX, &b, e);

	if (!rc) {
		root = json_parse(b.data, b.len, &limits, e);
		if (!root || take_landmarks(m, json_get(root, "idx_to_landmark_verts"), e) ||
		    take_expressions(m, json_get(root, "expressions"), e))
			rc = err_prefix(e, "'%s'", file);
	}
	json_free(root);
	buf_release(&b);
	free(file);
	return rc;
}

/* ---- the fields, a file each */

struct fields {
	struct synth_model *m;
	const char *path;
	struct err *e; /* [modes + shapes] */
};

static char *field_file(const struct fields *f, size_t i)
{
	if (i < (size_t)f->m->modes)
		return xasprintf("%s/identity%03zu.obj", f->path, i);
	return xasprintf("%s/%s.obj", f->path, f->m->shape[i - (size_t)f->m->modes]);
}

static void read_field(void *data, size_t i, int worker)
{
	const struct fields *f = data;
	size_t numbers = 3 * (size_t)f->m->vertices;
	float *delta = f->m->delta + i * numbers;
	char *file = field_file(f, i);
	struct obj o;

	(void)worker;
	if (read_obj(&o, file, true, &f->e[i]) == 0) {
		if (o.vertices != f->m->vertices)
			err_set(&f->e[i], "'%s' has %d vertices, the neutral face %d", file, o.vertices,
				f->m->vertices);
		else
			for (size_t k = 0; k < numbers; k++)
				delta[k] = o.vertex[k] - f->m->neutral[k];
	}
	obj_release(&o);
	free(file);
}

static int count_modes(const char *path)
{
	int n = 0;
	bool there = true;

	while (there && n < SYNTH_MAX_MODES) {
		char *file = xasprintf("%s/identity%03d.obj", path, n);
		struct stat st;

		there = stat(file, &st) == 0;
		n += there;
		free(file);
	}
	return n;
}

int synth_facex_load(struct synth_model *m, const char *path, int threads, struct err *e)
{
	struct fields f = { .m = m, .path = path };
	size_t n;
	int rc;

	if (read_neutral(m, path, e) || read_indices(m, path, e))
		return -1;
	m->modes = count_modes(path);
	n = (size_t)m->modes + (size_t)m->shapes;
	if (!n)
		return err_set(e, "'%s' has neither identity000.obj nor expressions", path);
	m->delta = xrealloc_array(NULL, n * (size_t)m->vertices, 3 * sizeof *m->delta);
	f.e = xcalloc(n, sizeof *f.e);
	parallel_for(threads, n, read_field, &f);
	rc = 0;
	for (size_t i = 0; !rc && i < n; i++)
		if (f.e[i].msg[0]) {
			*e = f.e[i];
			rc = -1;
		}
	free(f.e);
	return rc;
}
