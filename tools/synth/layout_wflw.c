/*
 * layout_wflw.c - WFLW's 98 points on a model that marks 68
 *
 * Each point is the face's vertex that lies nearest to a place between two of the 68, some of them moved down a little, on the
 * neutral face: not WFLW's own definition. The pupils are the middles of the eyes' points.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/synth/layout.h"
#include "tools/synth/vec.h"

enum { POINTS = 98, CONTOUR = 33, LINE = 96 };

/* A place: t of the way from one of the 68 to another, and so many cm further down. */
struct place {
	int a, b;
	float t, down;
};

/* The 33 points of the contour are the 17 of the jaw and those halfway between them. */
static struct place place_of(int i)
{
	/* From point 33 on: brows (above, then below), nose, eyes, lips, pupils. */
	static const struct place table[POINTS - CONTOUR] = {
		{ 17, 17, 0, 0 },   { 18, 18, 0, 0 },	{ 19, 19, 0, 0 },   { 20, 20, 0, 0 },	{ 21, 21, 0, 0 },
		{ 21, 21, 0, .5F }, { 20, 20, 0, .6F }, { 19, 19, 0, .6F }, { 18, 18, 0, .5F }, { 22, 22, 0, 0 },
		{ 23, 23, 0, 0 },   { 24, 24, 0, 0 },	{ 25, 25, 0, 0 },   { 26, 26, 0, 0 },	{ 25, 25, 0, .5F },
		{ 24, 24, 0, .6F }, { 23, 23, 0, .6F }, { 22, 22, 0, .5F }, { 27, 27, 0, 0 },	{ 28, 28, 0, 0 },
		{ 29, 29, 0, 0 },   { 30, 30, 0, 0 },	{ 31, 31, 0, 0 },   { 32, 32, 0, 0 },	{ 33, 33, 0, 0 },
		{ 34, 34, 0, 0 },   { 35, 35, 0, 0 },	{ 36, 36, 0, 0 },   { 37, 37, 0, 0 },	{ 37, 38, .5F, 0 },
		{ 38, 38, 0, 0 },   { 39, 39, 0, 0 },	{ 40, 40, 0, 0 },   { 40, 41, .5F, 0 }, { 41, 41, 0, 0 },
		{ 42, 42, 0, 0 },   { 43, 43, 0, 0 },	{ 43, 44, .5F, 0 }, { 44, 44, 0, 0 },	{ 45, 45, 0, 0 },
		{ 46, 46, 0, 0 },   { 46, 47, .5F, 0 }, { 47, 47, 0, 0 },   { 48, 48, 0, 0 },	{ 49, 49, 0, 0 },
		{ 50, 50, 0, 0 },   { 51, 51, 0, 0 },	{ 52, 52, 0, 0 },   { 53, 53, 0, 0 },	{ 54, 54, 0, 0 },
		{ 55, 55, 0, 0 },   { 56, 56, 0, 0 },	{ 57, 57, 0, 0 },   { 58, 58, 0, 0 },	{ 59, 59, 0, 0 },
		{ 60, 60, 0, 0 },   { 61, 61, 0, 0 },	{ 62, 62, 0, 0 },   { 63, 63, 0, 0 },	{ 64, 64, 0, 0 },
		{ 65, 65, 0, 0 },   { 66, 66, 0, 0 },	{ 67, 67, 0, 0 },   { 36, 36, 0, 0 },	{ 42, 42, 0, 0 },
	};

	if (i < CONTOUR)
		return (struct place){ i / 2, (i + 1) / 2, i % 2 ? .5F : 0, 0 };
	return table[i - CONTOUR];
}

static int32_t nearest(const struct synth_model *m, const struct place *p)
{
	const float *a = m->neutral + 3 * (size_t)m->landmark[p->a], *b = m->neutral + 3 * (size_t)m->landmark[p->b];
	float at[3], least = INFINITY;
	int32_t found = 0;

	if (p->a == p->b && p->down == 0)
		return m->landmark[p->a];
	for (int k = 0; k < 3; k++)
		at[k] = a[k] + p->t * (b[k] - a[k]);
	at[1] -= p->down;
	for (int32_t v = 0; v < m->face_vertices; v++) {
		float d = vec_distance(at, m->neutral + 3 * (size_t)v);

		if (d < least) {
			least = d;
			found = v;
		}
	}
	return found;
}

/* Pupils: the mean of the six points from there on. */
static void pupil(const struct synth_job *j, int first, float xy[2])
{
	xy[0] = xy[1] = 0;
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 2; k++)
			xy[k] += j->truth.landmark[first + i][k] / 6;
}

/* Pose, expression (lips apart) and occlusion, as far as the draws know them; the other attributes are 0. */
static void attributes(const struct synth_job *j, int flag[6])
{
	const struct synth_picture *p = &j->truth.picture;

	memset(flag, 0, 6 * sizeof *flag);
	flag[0] = fabs(p->yaw) > 20 || fabs(p->pitch) > 15;
	flag[1] = j->truth.labels.unit[SYNTH_AU25] > 3;
	flag[4] = j->truth.hidden > 0;
}

int synth_wflw_start(struct synth_layout *l, struct err *e)
{
	(void)e;
	for (int i = 0; i < POINTS; i++) {
		struct place p = place_of(i);

		l->vertex[i] = nearest(&l->scene->model, &p);
	}
	return 0;
}

void synth_wflw_add(struct synth_layout *l, const struct synth_job *j, struct buf *path)
{
	unsigned long long person = synth_layout_person(l, j);
	const char *list = person % 4 == 3
				   ? "WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt"
				   : "WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt";
	char name[LINE];
	int flag[6];

	snprintf(name, sizeof name, "%llu--Synth/%06llu_%04u.jpg", person % 60, person, j->truth.picture.sample);
	buf_printf(path, "WFLW_images/%s", name);
	for (int i = 0; i < POINTS; i++) {
		float xy[2];

		memcpy(xy, j->truth.mesh + 3 * (size_t)l->vertex[i], sizeof xy);
		if (i >= POINTS - 2)
			pupil(j, i == POINTS - 2 ? 36 : 42, xy);
		synth_layout_add(l, list, "%.6f %.6f ", (double)xy[0], (double)xy[1]);
	}
	for (int k = 0; k < 4; k++)
		synth_layout_add(l, list, "%ld ", lrint(j->truth.box[k]));
	attributes(j, flag);
	for (int k = 0; k < 6; k++)
		synth_layout_add(l, list, "%d ", flag[k]);
	synth_layout_add(l, list, "%s\n", name);
}
