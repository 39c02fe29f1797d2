/* face_mesh.c - see face_mesh.h: building it, and its tensors out and in */
#include "common/model/face_mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS_OF(before, after) \
	{ \
		before "0" after, before "1" after, before "2" after, before "3" after, before "4" after, \
			before "5" after, before "6" after, before "7" after \
	}
static const char *const spiral_name[FACE_MESH_LEVELS] = LEVELS_OF("mesh.level", ".spiral");
static const char *const begin_name[FACE_MESH_LEVELS] = LEVELS_OF("mesh.level", ".up.begin");
static const char *const col_name[FACE_MESH_LEVELS] = LEVELS_OF("mesh.level", ".up.col");
static const char *const value_name[FACE_MESH_LEVELS] = LEVELS_OF("mesh.level", ".up.value");

void face_mesh_release(struct face_mesh *f)
{
	for (int k = 0; k < f->levels; k++) {
		free(f->level[k].spirals);
		mesh_matrix_release(&f->level[k].up);
		free(f->level[k].up_single);
	}
	free(f->face);
	free(f->point);
	free(f->mean);
	*f = (struct face_mesh){ 0 };
}

/* What the engine needs besides: spirals as it takes them, matrices in single precision. */
static void finish(struct face_mesh *f)
{
	for (int k = 0; k < f->levels; k++) {
		struct face_mesh_level *l = &f->level[k];
		int entries = l->up.begin[l->up.rows];

		l->spiral = (struct nn_spiral){ f->vertices[k], f->vertices[k], f->length, l->spirals };
		l->up_single = xcalloc((size_t)entries + 1, sizeof *l->up_single);
		for (int i = 0; i < entries; i++)
			l->up_single[i] = (float)l->up.value[i];
		l->csr[0] = (struct nn_csr){ l->up.rows, l->up.cols, l->up.begin, l->up.col, l->up_single };
		l->csr[1] = (struct nn_csr){ l->up.rows, l->up.cols, l->up.begin, l->up.col, l->up.value };
	}
}

/* ---- building */

static int check_numbers(const int32_t *channels, int levels, int length, int points, struct err *e)
{
	if (levels < 1 || levels > FACE_MESH_LEVELS)
		return err_set(e, "a decoder of %d levels: 1 to %d", levels, FACE_MESH_LEVELS);
	for (int k = 0; k < levels; k++)
		if (channels[k] < 1 || channels[k] > FACE_MESH_CHANNELS)
			return err_set(e, "a level of %d channels: 1 to %d", channels[k], FACE_MESH_CHANNELS);
	if (length < 1 || length > FACE_MESH_LENGTH)
		return err_set(e, "spirals of %d vertices: 1 to %d", length, FACE_MESH_LENGTH);
	if (points < 0 || points > FACE_MESH_POINTS)
		return err_set(e, "%d points: at most %d", points, FACE_MESH_POINTS);
	return 0;
}

/* Spirals of *m as level k, the mesh of the level after it, and the way up; *m becomes that mesh. */
static int add_level(struct face_mesh *f, int k, struct mesh *m, struct err *e)
{
	struct face_mesh_level *l = &f->level[k];
	struct mesh coarse = { 0 };
	int target = m->vertices > 9 ? (m->vertices + 3) / 4 : 3; /* a triangle at least */

	f->levels = k + 1;
	l->spirals = xcalloc((size_t)m->vertices * (size_t)f->length, sizeof *l->spirals);
	if (mesh_spirals(m, f->length, 1, l->spirals, e))
		return -1;
	mesh_decimate(&coarse, m, target, NULL);
	if (coarse.faces < 1) {
		mesh_release(&coarse);
		return err_set(e, "no face is left of %d vertices", m->vertices);
	}
	mesh_up(&l->up, m, &coarse);
	mesh_release(m);
	*m = coarse;
	f->vertices[k + 1] = m->vertices;
	return 0;
}

static struct mesh copy_of(const struct mesh *m)
{
	struct mesh copy = { m->vertices, m->faces, xcalloc((size_t)m->vertices, sizeof *m->at),
			     xcalloc((size_t)m->faces, sizeof *m->face) };

	memcpy(copy.at, m->at, (size_t)m->vertices * sizeof *m->at);
	memcpy(copy.face, m->face, (size_t)m->faces * sizeof *m->face);
	return copy;
}

int face_mesh_build(struct face_mesh *f, const struct mesh *m, const int32_t *channels, int levels, int length,
		    const int32_t *point, int points, struct err *e)
{
	struct mesh at;

	*f = (struct face_mesh){ 0 };
	if (check_numbers(channels, levels, length, points, e))
		return -1;
	for (int i = 0; i < points; i++)
		if (point[i] < 0 || point[i] >= m->vertices)
			return err_set(e, "point %d: vertex %d of %d", i, point[i], m->vertices);
	at = copy_of(m);
	f->length = length;
	f->vertices[0] = m->vertices;
	for (int k = 0; k < levels; k++) {
		f->channels[k] = channels[k];
		if (add_level(f, k, &at, e)) {
			mesh_release(&at);
			face_mesh_release(f);
			return err_prefix(e, "level %d of a mesh of %d vertices", k, m->vertices);
		}
	}
	mesh_release(&at);
	at = copy_of(m);
	f->face = at.face;
	f->faces = at.faces;
	free(at.at);
	f->point = xcalloc((size_t)points + 1, sizeof *f->point);
	f->points = points;
	for (int i = 0; i < points; i++)
		f->point[i] = point[i];
	f->mean = xcalloc((size_t)m->vertices, sizeof *f->mean);
	f->deviation[0] = 1;
	finish(f);
	return 0;
}

/* ---- tensors */

static struct safetensor tensor(const char *name, enum dtype dtype, int64_t rows, int64_t columns, const void *data)
{
	struct safetensor t = { name, dtype, { columns ? 2 : 1, { rows, columns } }, data, 0 };

	t.bytes = (size_t)shape_bytes(&t.shape, dtype);
	return t;
}

size_t face_mesh_tensors(const struct face_mesh *f, struct safetensor *item)
{
	size_t n = 0;

	item[n++] = tensor("mesh.channels", DTYPE_I32, f->levels, 0, f->channels);
	item[n++] = tensor("mesh.vertices", DTYPE_I32, f->levels + 1, 0, f->vertices);
	item[n++] = tensor("mesh.triangles", DTYPE_I32, f->faces, 3, f->face);
	item[n++] = tensor("mesh.points", DTYPE_I32, f->points, 0, f->point);
	item[n++] = tensor("mesh.mean", DTYPE_F32, f->vertices[0], 3, f->mean);
	item[n++] = tensor("mesh.deviation", DTYPE_F64, 1, 0, f->deviation);
	for (int k = 0; k < f->levels; k++) {
		const struct mesh_matrix *up = &f->level[k].up;
		int entries = up->begin[up->rows];

		item[n++] = tensor(spiral_name[k], DTYPE_I32, f->vertices[k], f->length, f->level[k].spirals);
		item[n++] = tensor(begin_name[k], DTYPE_I32, up->rows + 1, 0, up->begin);
		item[n++] = tensor(col_name[k], DTYPE_I32, entries, 0, up->col);
		item[n++] = tensor(value_name[k], DTYPE_F64, entries, 0, up->value);
	}
	return n;
}

/* A tensor of a type and shape; a dimension of -1 is any, and is set. Columns 0: of one dimension. */
static const struct safetensor *find(const struct safetensors *s, const char *name, enum dtype dtype, int64_t *rows,
				     int64_t *columns, struct err *e)
{
	const struct safetensor *t = safetensors_find(s, name);
	int n = columns ? 2 : 1;

	if (!t || t->dtype != dtype || t->shape.n != n || (*rows >= 0 && t->shape.dim[0] != *rows) ||
	    (columns && *columns >= 0 && t->shape.dim[1] != *columns) || t->shape.dim[0] > MESH_MAX_FACES * 4) {
		err_set(e, "tensor %s: missing, or not of the type and shape that it must have", name);
		return NULL;
	}
	*rows = t->shape.dim[0];
	if (columns)
		*columns = t->shape.dim[1];
	return t;
}

/* Whole numbers from least to below - 1, rows x columns of them, to be freed; NULL with e set. */
static int32_t *read_numbers(const struct safetensors *s, const char *name, int64_t *rows, int64_t *columns,
			     int32_t least, int64_t below, struct err *e)
{
	const struct safetensor *t = find(s, name, DTYPE_I32, rows, columns, e);
	int32_t *v;

	if (!t)
		return NULL;
	v = xmalloc(t->bytes + sizeof *v);
	memcpy(v, t->data, t->bytes);
	for (size_t i = 0; i < t->bytes / sizeof *v; i++)
		if (v[i] < least || v[i] >= below) {
			err_set(e, "tensor %s: %d where %d to %lld may stand", name, v[i], least, (long long)below - 1);
			free(v);
			return NULL;
		}
	return v;
}

/* The same into a place that the caller has. */
static int read_into(int32_t *dst, const struct safetensors *s, const char *name, int64_t rows, int32_t least,
		     int64_t below, struct err *e)
{
	int32_t *v = read_numbers(s, name, &rows, NULL, least, below, e);

	if (!v)
		return -1;
	memcpy(dst, v, (size_t)rows * sizeof *v);
	free(v);
	return 0;
}

/* Levels, their channels and vertices. */
static int read_sizes(struct face_mesh *f, const struct safetensors *s, struct err *e)
{
	const struct safetensor *t = safetensors_find(s, "mesh.channels");

	if (!t || t->shape.n != 1 || t->shape.dim[0] < 1 || t->shape.dim[0] > FACE_MESH_LEVELS)
		return err_set(e, "tensor mesh.channels: not 1 to %d numbers", FACE_MESH_LEVELS);
	f->levels = (int)t->shape.dim[0];
	if (read_into(f->channels, s, "mesh.channels", f->levels, 1, FACE_MESH_CHANNELS + 1, e) ||
	    read_into(f->vertices, s, "mesh.vertices", f->levels + 1, 1, MESH_MAX_VERTICES + 1, e))
		return -1;
	t = safetensors_find(s, spiral_name[0]);
	if (!t || t->shape.n != 2 || t->shape.dim[1] < 1 || t->shape.dim[1] > FACE_MESH_LENGTH)
		return err_set(e, "tensor %s: not vertices x 1 to %d numbers", spiral_name[0], FACE_MESH_LENGTH);
	f->length = (int)t->shape.dim[1];
	return 0;
}

static int read_level(struct face_mesh *f, int k, const struct safetensors *s, struct err *e)
{
	struct face_mesh_level *l = &f->level[k];
	int64_t rows = f->vertices[k], length = f->length, begins = rows + 1, entries = -1;
	const struct safetensor *t;

	l->up.rows = f->vertices[k];
	l->up.cols = f->vertices[k + 1];
	if (!(l->spirals = read_numbers(s, spiral_name[k], &rows, &length, 0, f->vertices[k], e)) ||
	    !(l->up.col = read_numbers(s, col_name[k], &entries, NULL, 0, l->up.cols, e)) ||
	    !(l->up.begin = read_numbers(s, begin_name[k], &begins, NULL, 0, entries + 1, e)) ||
	    !(t = find(s, value_name[k], DTYPE_F64, &entries, NULL, e)))
		return -1;
	if (l->up.begin[0] != 0 || l->up.begin[rows] != entries)
		return err_set(e, "tensor %s: not from 0 to %lld", begin_name[k], (long long)entries);
	for (int64_t i = 0; i < rows; i++)
		if (l->up.begin[i] > l->up.begin[i + 1])
			return err_set(e, "tensor %s: row %lld ends before it begins", begin_name[k], (long long)i);
	l->up.value = xmalloc(t->bytes + sizeof *l->up.value);
	memcpy(l->up.value, t->data, t->bytes);
	for (int64_t i = 0; i < entries; i++)
		if (!isfinite(l->up.value[i]))
			return err_set(e, "tensor %s: a number that is not finite", value_name[k]);
	return 0;
}

static int read_rest(struct face_mesh *f, const struct safetensors *s, struct err *e)
{
	int64_t faces = -1, three = 3, points = -1, rows = f->vertices[0], one = 1;
	const struct safetensor *mean = find(s, "mesh.mean", DTYPE_F32, &rows, &three, e);
	const struct safetensor *deviation = mean ? find(s, "mesh.deviation", DTYPE_F64, &one, NULL, e) : NULL;

	if (!deviation)
		return -1;
	if (!(f->face = (int32_t(*)[3])(void *)read_numbers(s, "mesh.triangles", &faces, &three, 0, rows, e)) ||
	    !(f->point = read_numbers(s, "mesh.points", &points, NULL, 0, rows, e)))
		return -1;
	if (points > FACE_MESH_POINTS)
		return err_set(e, "tensor mesh.points: %lld points, at most %d", (long long)points, FACE_MESH_POINTS);
	f->faces = (int)faces;
	f->points = (int)points;
	f->mean = xmalloc(mean->bytes);
	memcpy(f->mean, mean->data, mean->bytes);
	memcpy(f->deviation, deviation->data, sizeof *f->deviation);
	for (int64_t i = 0; i < rows; i++)
		if (!isfinite(f->mean[i][0]) || !isfinite(f->mean[i][1]) || !isfinite(f->mean[i][2]))
			return err_set(e, "tensor mesh.mean: vertex %lld is nowhere", (long long)i);
	if (!(f->deviation[0] > 0) || !isfinite(f->deviation[0]))
		return err_set(e, "tensor mesh.deviation: %g is no deviation", f->deviation[0]);
	return 0;
}

int face_mesh_read(struct face_mesh *f, const struct safetensors *s, struct err *e)
{
	int rc;

	*f = (struct face_mesh){ 0 };
	rc = read_sizes(f, s, e);
	for (int k = 0; !rc && k < f->levels; k++)
		rc = read_level(f, k, s, e);
	rc = rc || read_rest(f, s, e) ? -1 : 0;
	if (rc)
		face_mesh_release(f);
	else
		finish(f);
	return rc;
}
