/* face_template.c - templates of meshes, and parts of them: see face_mesh.h */
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "common/model/face_mesh.h"
#include "common/num.h"
#include "common/obj.h"

static const size_t MOST_BYTES = (size_t)4 << 30;

/* ---- reading */

/* Whole numbers of a tensor [rows, columns] (columns 0: of one dimension); NULL with e set. */
static int32_t *numbers(const struct safetensors *s, const char *name, int columns, int *rows, int most, struct err *e)
{
	const struct safetensor *t = safetensors_find(s, name);
	int32_t *v;

	if (!t || t->dtype != DTYPE_I32 || t->shape.n != (columns ? 2 : 1) || (columns && t->shape.dim[1] != columns) ||
	    t->shape.dim[0] > most) {
		err_set(e, "no tensor %s of whole numbers (I32), at most %d rows", name, most);
		return NULL;
	}
	*rows = (int)t->shape.dim[0];
	v = xmalloc(t->bytes + sizeof *v);
	memcpy(v, t->data, t->bytes);
	return v;
}

static int from_tensors(struct mesh *m, int32_t **point, int *points, const char *name, struct buf *file, struct err *e)
{
	struct safetensors s = { 0 };
	const struct safetensor *mean;
	float *at = NULL;
	int rc = -1;

	if (safetensors_open_buf(&s, name, file, e))
		return -1;
	mean = safetensors_find(&s, "mean");
	if (!mean || mean->shape.n != 2 || mean->shape.dim[1] != 3 || mean->shape.dim[0] > MESH_MAX_VERTICES) {
		err_set(e, "no tensor mean of at most %d vertices x 3", MESH_MAX_VERTICES);
		goto out;
	}
	m->vertices = (int)mean->shape.dim[0];
	at = xcalloc(3 * (size_t)m->vertices + 1, sizeof *at);
	if (safetensor_f32(mean, at, 3 * (size_t)m->vertices, e))
		goto out;
	m->at = xcalloc((size_t)m->vertices + 1, sizeof *m->at);
	for (int i = 0; i < 3 * m->vertices; i++)
		m->at[i / 3][i % 3] = (double)at[i];
	m->face = (int32_t(*)[3])(void *)numbers(&s, "triangles", 3, &m->faces, MESH_MAX_FACES, e);
	if (!m->face)
		goto out;
	if (safetensors_find(&s, "keypoints") && !(*point = numbers(&s, "keypoints", 0, points, FACE_MESH_POINTS, e)))
		goto out;
	rc = 0;
out:
	free(at);
	safetensors_close(&s);
	return rc;
}

static int from_obj(struct mesh *m, const struct buf *file, struct err *e)
{
	const struct obj_limits limits = { .max_vertices = MESH_MAX_VERTICES, .max_triangles = MESH_MAX_FACES };
	struct obj o;

	if (obj_parse(&o, file->data ? file->data : "", file->len, &limits, e))
		return -1;
	m->vertices = o.vertices;
	m->faces = o.triangles;
	m->at = xcalloc((size_t)o.vertices + 1, sizeof *m->at);
	for (int i = 0; i < 3 * o.vertices; i++)
		m->at[i / 3][i % 3] = (double)o.vertex[i];
	m->face = o.triangle;
	o.triangle = NULL;
	obj_release(&o);
	return 0;
}

/* Eight bytes of length, of which the high ones are zero, and JSON: no text is like that. */
static bool is_tensors(const struct buf *file)
{
	return file->len > 8 && file->data[8] == '{' && !memcmp(file->data + 5, "\0\0\0", 3);
}

int face_mesh_template(struct mesh *m, int32_t **point, int *points, const char *path, struct err *e)
{
	struct buf file = { 0 };
	int rc;

	*m = (struct mesh){ 0 };
	*point = NULL;
	*points = 0;
	rc = io_slurp(path, MOST_BYTES, &file, e);
	if (rc) {
		buf_release(&file);
		return -1;
	}
	if (is_tensors(&file)) {
		rc = from_tensors(m, point, points, path, &file, e);
	} else {
		rc = from_obj(m, &file, e);
		buf_release(&file);
	}
	rc = rc || mesh_check(m, e) ? -1 : 0;
	for (int i = 0; !rc && i < *points; i++)
		if ((*point)[i] < 0 || (*point)[i] >= m->vertices)
			rc = err_set(e, "keypoint %d: vertex %d of %d", i, (*point)[i], m->vertices);
	if (rc) {
		mesh_release(m);
		free(*point);
		*point = NULL;
		*points = 0;
	}
	return rc ? err_prefix(e, "'%s'", path) : 0;
}

/* ---- parts */

/* The new number of each vertex, -1 for those that go; to be freed. NULL with e set. */
static int32_t *renumber(const struct mesh *m, const int32_t *vertex, int n, struct err *e)
{
	int32_t *to = xcalloc((size_t)m->vertices, sizeof *to);

	for (int i = 0; i < m->vertices; i++)
		to[i] = -1;
	for (int i = 0; i < n; i++) {
		if (vertex[i] < 0 || vertex[i] >= m->vertices || to[vertex[i]] >= 0) {
			err_set(e, "vertex %d: there twice, or not of a mesh of %d", vertex[i], m->vertices);
			free(to);
			return NULL;
		}
		to[vertex[i]] = i;
	}
	return to;
}

int face_mesh_cut(struct mesh *m, int32_t *point, int points, const int32_t *vertex, int n, struct err *e)
{
	int32_t *to = renumber(m, vertex, n, e);
	double(*at)[3];
	int faces = 0;

	if (!to)
		return -1;
	for (int i = 0; i < points; i++) {
		if (to[point[i]] < 0) {
			free(to);
			return err_set(e, "point %d, vertex %d, is not in it", i, point[i]);
		}
		point[i] = to[point[i]];
	}
	at = xcalloc((size_t)n + 1, sizeof *at);
	for (int i = 0; i < n; i++)
		memcpy(at[i], m->at[vertex[i]], sizeof *at);
	for (int i = 0; i < m->faces; i++) {
		int32_t f[3];

		for (int k = 0; k < 3; k++)
			f[k] = to[m->face[i][k]];
		if (f[0] >= 0 && f[1] >= 0 && f[2] >= 0)
			memcpy(m->face[faces++], f, sizeof f);
	}
	free(m->at);
	free(to);
	m->at = at;
	m->vertices = n;
	m->faces = faces;
	return mesh_check(m, e);
}

int face_mesh_numbers(int32_t **number, int *n, int max, const char *path, struct err *e)
{
	struct buf file = { 0 };
	char *at, *line;
	int rc, lines = 0;

	*number = NULL;
	*n = 0;
	rc = io_slurp(path, (size_t)1 << 26, &file, e);
	at = file.data;
	while (!rc && (line = strsep(&at, "\n"))) {
		uint64_t v;
		size_t len;

		lines++;
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, " \t\r");
		len = strlen(line);
		while (len && strchr(" \t\r", line[len - 1]))
			line[--len] = '\0';
		if (!len)
			continue;
		if (num_parse_u64(line, &v) || v >= MESH_MAX_VERTICES) {
			rc = err_set(e, "'%s' line %d: no vertex number", path, lines);
		} else if (*n == max) {
			rc = err_set(e, "'%s' line %d: more than %d numbers", path, lines, max);
		} else {
			if (!(*n & (*n - 1)))
				*number = xrealloc_array(*number, *n ? 2 * (size_t)*n : 1, sizeof **number);
			(*number)[(*n)++] = (int32_t)v;
		}
	}
	buf_release(&file);
	if (!rc && !*n)
		rc = err_set(e, "'%s': no vertex number in it", path);
	if (rc) {
		free(*number);
		*number = NULL;
		*n = 0;
	}
	return rc;
}
