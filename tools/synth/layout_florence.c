/*
 * layout_florence.c - Florence: scans as OBJ, MTL and a bitmap
 *
 * subject_NN/Model/frontal1 and frontal2, obj/NAME.obj .mtl .bmp. A scan is the face's mesh in millimetres, eyes and mouth closed
 * by a fan each, as a scanner sees them. Its texture is the picture that is drawn of the face when it looks ahead: a place in
 * it is where the vertex lies in that picture. All scans have the same numbers of vertices, so that one list of points,
 * points68.txt, serves them all (the published set has none).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/bmp.h"
#include "tools/synth/layout.h"

enum { HOLES = 3, LINE = 64 };

static const double millimetres = 10; /* in a centimetre */

/* The face alone; the same for all scans. */
struct shape {
	struct synth_model face;       /* its triangles are this one's own */
	struct synth_loop hole[HOLES]; /* eyes, mouth */
};

int synth_florence_start(struct synth_layout *l, struct err *e)
{
	const struct synth_model *m = &l->scene->model;
	struct shape *s = xcalloc(1, sizeof *s);

	(void)e;
	s->face = *m;
	s->face.vertices = m->face_vertices;
	s->face.triangles = 0;
	s->face.triangle = xrealloc_array(NULL, (size_t)m->triangles, sizeof *s->face.triangle);
	for (int t = 0; t < m->triangles; t++) {
		const int32_t *v = m->triangle[t];

		if (v[0] < m->face_vertices && v[1] < m->face_vertices && v[2] < m->face_vertices)
			memcpy(s->face.triangle[s->face.triangles++], v, sizeof *s->face.triangle);
	}
	synth_surface_holes(&s->face, s->hole);
	l->own = s;
	return 0;
}

void synth_florence_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	unsigned long long person = synth_layout_person(l, j) + 1;
	unsigned scan = j->truth.picture.sample + 1;

	buf_printf(path, "subject_%02llu/Model/frontal%u/obj/synth%02llu%u.bmp", person, scan, person, scan);
}

/* xyz: pixels of the picture. */
static void add_vertex(struct buf *b, const struct synth_layout *l, const struct synth_job *j, const float xyz[3])
{
	double mm = millimetres / j->truth.camera.scale, half = l->scene->frame.size / 2.;

	buf_printf(b, "v %.5f %.5f %.5f\n", mm * ((double)xyz[0] - half), mm * (half - (double)xyz[1]),
		   mm * (double)xyz[2]);
}

static void add_place(struct buf *b, const struct synth_layout *l, const float xyz[3])
{
	double size = l->scene->frame.size;

	buf_printf(b, "vt %.6f %.6f\n", (double)xyz[0] / size, 1 - (double)xyz[1] / size);
}

static void middle(const struct synth_loop *h, const float *xyz, float out[3])
{
	memset(out, 0, 3 * sizeof *out);
	for (int i = 0; i < h->n; i++)
		for (int k = 0; k < 3; k++)
			out[k] += xyz[3 * (size_t)h->vertex[i] + (size_t)k] / (float)h->n;
}

/* a, b, c from 0; a vertex and its place have one number. */
static void add_triangle(struct buf *b, int32_t v0, int32_t v1, int32_t v2)
{
	buf_printf(b, "f %d/%d %d/%d %d/%d\n", v0 + 1, v0 + 1, v1 + 1, v1 + 1, v2 + 1, v2 + 1);
}

static void write_obj(struct buf *b, const struct synth_layout *l, const struct synth_job *j, const char *stem)
{
	const struct shape *s = l->own;
	const float *xyz = j->truth.mesh;
	float apex[HOLES][3];
	int32_t number = s->face.vertices;

	buf_printf(b, "mtllib %s.mtl\n", stem);
	for (int i = 0; i < HOLES; i++)
		middle(&s->hole[i], xyz, apex[i]);
	for (int v = 0; v < s->face.vertices; v++)
		add_vertex(b, l, j, xyz + 3 * (size_t)v);
	for (int i = 0; i < HOLES; i++)
		if (s->hole[i].n)
			add_vertex(b, l, j, apex[i]);
	for (int v = 0; v < s->face.vertices; v++)
		add_place(b, l, xyz + 3 * (size_t)v);
	for (int i = 0; i < HOLES; i++)
		if (s->hole[i].n)
			add_place(b, l, apex[i]);
	buf_add_str(b, "usemtl face\n");
	for (int t = 0; t < s->face.triangles; t++)
		add_triangle(b, s->face.triangle[t][0], s->face.triangle[t][1], s->face.triangle[t][2]);
	/* Turned about, so that they face as the skin around them does. */
	for (int i = 0; i < HOLES; i++) {
		for (int k = 0; k < s->hole[i].n; k++)
			add_triangle(b, s->hole[i].vertex[(k + 1) % s->hole[i].n], s->hole[i].vertex[k], number);
		number += s->hole[i].n > 0;
	}
}

/* STEM.suffix of the set. */
static int write_beside(const struct synth_layout *l, const char *path, const char *suffix, const struct buf *b,
			struct err *e)
{
	char *name = xasprintf("%.*s.%s", (int)(strrchr(path, '.') - path), path, suffix);
	int rc = synth_layout_write(l, name, b, e);

	free(name);
	return rc;
}

int synth_florence_more(struct synth_layout *l, const struct synth_job *j, const char *path, struct err *e)
{
	const char *base = strrchr(path, '/') + 1;
	char stem[LINE];
	struct buf obj = { 0 }, mtl = { 0 }, bmp = { 0 };
	int size = l->scene->frame.size, rc;

	snprintf(stem, sizeof stem, "%.*s", (int)(strrchr(base, '.') - base), base);
	write_obj(&obj, l, j, stem);
	buf_printf(&mtl, "newmtl face\nKa 1 1 1\nKd 1 1 1\nmap_Kd %s\n", base);
	bmp_encode((const uint8_t *)j->payload.data, size, size, &bmp);
	rc = write_beside(l, path, "bmp", &bmp, e) || write_beside(l, path, "mtl", &mtl, e) ||
			     write_beside(l, path, "obj", &obj, e)
		     ? -1
		     : 0;
	buf_release(&obj);
	buf_release(&mtl);
	buf_release(&bmp);
	return rc;
}

int synth_florence_finish(struct synth_layout *l, struct err *e)
{
	(void)e;
	for (int i = 0; i < SYNTH_LANDMARKS; i++)
		synth_layout_add(l, "points68.txt", "%d\n", l->scene->model.landmark[i]);
	return 0;
}

void synth_florence_release(struct synth_layout *l)
{
	struct shape *s = l->own;

	if (!s)
		return;
	for (int i = 0; i < HOLES; i++)
		free(s->hole[i].vertex);
	free(s->face.triangle);
	free(s);
}
