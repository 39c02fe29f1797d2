/* mesh_targets.c - see mesh_targets.h */
#include "common/model/mesh_targets.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/data/labels.h"
#include "common/le.h"
#include "common/model/mesh.h"

/* Of pictures of 300W-LP and AFLW2000, whose coordinates count from 1: what 3DDFA takes y from. */
static const float FLIP = 451;

/* ---- opening */

static int open_file(struct mesh_targets *t, const char *path, struct err *e)
{
	struct mesh_targets_file *f;

	t->file = xrealloc_array(t->file, (size_t)t->files + 1, sizeof *t->file);
	f = &t->file[t->files++];
	*f = (struct mesh_targets_file){ .path = xstrdup(path), .fd = -1 };
	if (record_index_load(&f->index, path, e))
		return -1;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (!f->index.n)
		return err_set(e, "'%s' holds no record", path);
	if (f->index.damage || !f->index.closed)
		return err_set(e, "'%s' %s\nhint: frl-shard repair mends it", path,
			       f->index.damage ? "is damaged" : "was cut short, or is still being written");
	t->n += f->index.n;
	return 0;
}

static int open_files(struct mesh_targets *t, const char *list, struct err *e)
{
	char *copy = xstrdup(list), *at = copy;
	int rc = 0;

	for (char *part; !rc && (part = strsep(&at, ","));)
		rc = open_file(t, part, e);
	free(copy);
	return rc;
}

/* Is it numbers of f32 in the form of the targets? t->stored is set by the first. */
static int check_head(struct mesh_targets *t, const struct record *r, struct err *e)
{
	int ndim = t->linear ? 1 : 2;
	uint64_t n = r->dims[0] * (uint64_t)(t->linear ? 1 : r->dims[1]);

	if (r->kind != RECORD_TENSOR || r->dtype != RECORD_F32 || r->ndim != ndim || (!t->linear && r->dims[1] != 3))
		return err_set(e, "not %s of f32", t->linear ? "a row of coefficients" : "V x 3 numbers");
	if (r->dims[0] < 1 || n > 3 * (uint64_t)MESH_MAX_VERTICES)
		return err_set(e, "a mesh of %u vertices: 1 to %d", r->dims[0], MESH_MAX_VERTICES);
	if (!t->stored)
		t->stored = (int)n;
	if ((uint64_t)t->stored == n)
		return 0;
	return t->linear ? err_set(e, "%u coefficients, not %d", r->dims[0], t->stored)
			 : err_set(e, "a mesh of %u vertices among those of %d", r->dims[0], t->stored / 3);
}

static int check_heads(struct mesh_targets *t, struct err *e)
{
	for (int k = 0; k < t->files; k++) {
		const struct mesh_targets_file *f = &t->file[k];

		for (uint64_t i = 0; i < f->index.n; i++) {
			uint8_t header[RECORD_HEADER];
			struct record r;
			int rc = io_pread_full(f->fd, header, sizeof header, f->index.offset[i]) == sizeof header
					 ? record_decode(&r, header, e) || check_head(t, &r, e)
					 : err_set(e, "cannot be read");

			if (rc)
				return err_prefix(e, "'%s': record %llu", f->path, (unsigned long long)i);
		}
	}
	return 0;
}

static int list_faces(struct mesh_targets *t, struct err *e)
{
	uint64_t n = 0;

	t->faces = xcalloc(t->n + 1, sizeof *t->faces);
	for (int k = 0; k < t->files; k++) {
		const struct record_index *x = &t->file[k].index;

		for (uint64_t i = 0; i < x->n; i++, n++)
			t->faces[n] = (struct table_face){ x->key[i], x->face[i], n };
	}
	table_faces_sort(t->faces, n);
	for (uint64_t i = 1; i < n; i++)
		if (t->faces[i].key == t->faces[i - 1].key && t->faces[i].face == t->faces[i - 1].face)
			return err_set(e, "'%s': two records of key %016llx face %lld", t->file[0].path,
				       (unsigned long long)t->faces[i].key, (long long)t->faces[i].face);
	return 0;
}

/* Keeps the region's vertices of an array of them, in place. */
static void cut(float *v, const int32_t *region, int n)
{
	float *kept = xcalloc(3 * (size_t)n + 1, sizeof *kept);

	for (int i = 0; i < n; i++)
		memcpy(kept + 3 * i, v + 3 * (size_t)region[i], 3 * sizeof *v);
	memcpy(v, kept, 3 * (size_t)n * sizeof *v);
	free(kept);
}

/* The model without what is outside of the region: it is multiplied out for every face. */
static void cut_model(struct linear_face *m, const int32_t *region, int n)
{
	const size_t was = 3 * (size_t)m->vertices, is = 3 * (size_t)n;
	float *part[2] = { m->identity, m->expression };
	int parts[2] = { m->identities, m->expressions };

	cut(m->mean, region, n);
	for (int p = 0; p < 2; p++)
		for (int k = 0; k < parts[p]; k++) {
			cut(part[p] + (size_t)k * was, region, n);
			memmove(part[p] + (size_t)k * is, part[p] + (size_t)k * was, is * sizeof *part[p]);
		}
	m->vertices = n;
}

static int take_region(struct mesh_targets *t, const struct mesh_targets_config *c, struct err *e)
{
	if (!c->region)
		return 0;
	for (int i = 0; i < c->region_n; i++)
		if (c->region[i] < 0 || c->region[i] >= t->vertices)
			return err_set(e, "the region has vertex %d; a mesh has %d", c->region[i], t->vertices);
	if (c->region_n < 1 || c->region_n > t->vertices)
		return err_set(e, "a region of %d vertices of a mesh of %d", c->region_n, t->vertices);
	t->vertices = c->region_n;
	if (t->linear) {
		cut_model(&t->model, c->region, c->region_n);
		return 0;
	}
	t->region_n = c->region_n;
	t->region = xcalloc((size_t)c->region_n, sizeof *t->region);
	memcpy(t->region, c->region, (size_t)c->region_n * sizeof *t->region);
	return 0;
}

int mesh_targets_open(struct mesh_targets *t, const struct mesh_targets_config *c, struct err *e)
{
	*t = (struct mesh_targets){ .linear = !c->mesh };
	if (t->linear) {
		if (linear_face_open(&t->model, c->face_model, e))
			return -1;
		if (t->model.vertices > MESH_MAX_VERTICES)
			return err_set(e, "'%s': %d vertices, at most %d", c->face_model, t->model.vertices,
				       MESH_MAX_VERTICES);
		t->stored = t->model.identities + t->model.expressions + LINEAR_FACE_POSE;
	}
	if (open_files(t, t->linear ? c->params : c->mesh, e) || check_heads(t, e) || list_faces(t, e))
		return -1;
	t->vertices = t->linear ? t->model.vertices : t->stored / 3;
	return take_region(t, c, e);
}

void mesh_targets_release(struct mesh_targets *t)
{
	for (int k = 0; k < t->files; k++) {
		record_index_release(&t->file[k].index);
		if (t->file[k].fd >= 0)
			close(t->file[k].fd);
		free(t->file[k].path);
	}
	free(t->file);
	free(t->faces);
	free(t->region);
	linear_face_release(&t->model);
	*t = (struct mesh_targets){ 0 };
}

/* ---- whose they are */

int mesh_targets_check(const struct mesh_targets *t, const struct table *rows, struct err *e)
{
	struct table_face *f = table_faces(rows);
	int rc = labels_told_apart(t->faces, t->n, f, rows, "meshes", e);

	free(f);
	return rc;
}

int64_t mesh_targets_find(const struct mesh_targets *t, uint64_t key, int64_t face)
{
	return table_row(t->faces, t->n, key, face);
}

/* ---- reading */

void mesh_targets_room_release(struct mesh_targets_room *room)
{
	buf_release(&room->bytes);
	free(room->numbers);
	*room = (struct mesh_targets_room){ 0 };
}

static int read_numbers(const struct mesh_targets *t, const struct mesh_targets_file *f, uint64_t k,
			struct mesh_targets_room *room, struct err *e)
{
	struct record r;

	if (record_index_read(&f->index, f->fd, k, &r, &room->bytes, e))
		return -1;
	if (r.kind != RECORD_TENSOR || r.dtype != RECORD_F32 || r.bytes != (uint64_t)t->stored * sizeof(float) ||
	    r.key != f->index.key[k] || r.face != f->index.face[k])
		return err_set(e, "not the one that was there: the file was changed");
	if (!room->numbers)
		room->numbers = xcalloc((size_t)t->stored, sizeof *room->numbers);
	for (int i = 0; i < t->stored; i++) {
		room->numbers[i] = le_getf32((const uint8_t *)room->bytes.data + 4 * (size_t)i);
		if (!isfinite(room->numbers[i]))
			return err_set(e, "holds a number that is not finite");
	}
	return 0;
}

int mesh_targets_read(const struct mesh_targets *t, uint64_t i, struct mesh_targets_room *room, float *out,
		      struct err *e)
{
	const struct linear_face *m = &t->model;
	uint64_t k = i;
	int f = 0;

	if (i >= t->n)
		BUG("mesh %llu of %llu", (unsigned long long)i, (unsigned long long)t->n);
	for (; k >= t->file[f].index.n; f++)
		k -= t->file[f].index.n;
	if (read_numbers(t, &t->file[f], k, room, e))
		return err_prefix(e, "'%s': record %llu", t->file[f].path, (unsigned long long)k);
	if (t->linear) {
		const float *a = room->numbers, *b = a + m->identities;

		linear_face_shape(m, a, b, out);
		linear_face_project(out, m->vertices, b + m->expressions, FLIP);
		return 0;
	}
	if (!t->region) {
		memcpy(out, room->numbers, (size_t)t->stored * sizeof *out);
		return 0;
	}
	for (int v = 0; v < t->region_n; v++)
		memcpy(out + 3 * v, room->numbers + 3 * (size_t)t->region[v], 3 * sizeof *out);
	return 0;
}
