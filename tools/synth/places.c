/* places.c - see places.h */
#include "tools/synth/places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/vec.h"

/* Brows (corners, then upper and lower middle), eyes (corners, lids), pupils, nose, mouth, chin. */
const struct synth_place synth_cofw_places[SYNTH_COFW] = {
	{ 17, 17, 0, 0 },   { 26, 26, 0, 0 },	      { 21, 21, 0, 0 },		{ 22, 22, 0, 0 },   { 19, 19, 0, 0 },
	{ 19, 19, 0, .6F }, { 24, 24, 0, 0 },	      { 24, 24, 0, .6F },	{ 36, 36, 0, 0 },   { 45, 45, 0, 0 },
	{ 39, 39, 0, 0 },   { 42, 42, 0, 0 },	      { 37, 38, .5F, 0 },	{ 40, 41, .5F, 0 }, { 43, 44, .5F, 0 },
	{ 46, 47, .5F, 0 }, { SYNTH_MEAN, 36, 6, 0 }, { SYNTH_MEAN, 42, 6, 0 }, { 31, 31, 0, 0 },   { 35, 35, 0, 0 },
	{ 30, 30, 0, 0 },   { 33, 33, 0, 0 },	      { 48, 48, 0, 0 },		{ 54, 54, 0, 0 },   { 51, 51, 0, 0 },
	{ 62, 62, 0, 0 },   { 66, 66, 0, 0 },	      { 57, 57, 0, 0 },		{ 8, 8, 0, 0 },
};

/* Brows, eyes with their middles, nose, mouth with its middle, chin; from the picture's left to its right. */
const struct synth_place synth_aflw_places[SYNTH_AFLW] = {
	{ 17, 17, 0, 0 },	  { 19, 19, 0, 0 }, { 21, 21, 0, 0 },	      { 22, 22, 0, 0 },
	{ 24, 24, 0, 0 },	  { 26, 26, 0, 0 }, { 36, 36, 0, 0 },	      { SYNTH_MEAN, 36, 6, 0 },
	{ 39, 39, 0, 0 },	  { 42, 42, 0, 0 }, { SYNTH_MEAN, 42, 6, 0 }, { 45, 45, 0, 0 },
	{ 31, 31, 0, 0 },	  { 30, 30, 0, 0 }, { 35, 35, 0, 0 },	      { 48, 48, 0, 0 },
	{ SYNTH_MEAN, 60, 8, 0 }, { 54, 54, 0, 0 }, { 8, 8, 0, 0 },
};

static int32_t nearest(const struct synth_model *m, const struct synth_place *p)
{
	const float *a, *b;
	float at[3], least = INFINITY;
	int32_t found = 0;

	if (p->a == SYNTH_MEAN)
		return -1;
	if (p->a == p->b && p->down == 0)
		return m->landmark[p->a];
	a = m->neutral + 3 * (size_t)m->landmark[p->a];
	b = m->neutral + 3 * (size_t)m->landmark[p->b];
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

void synth_places_find(const struct synth_model *m, const struct synth_place *p, int n, int32_t *vertex)
{
	for (int i = 0; i < n; i++)
		vertex[i] = nearest(m, &p[i]);
}

void synth_places_at(const struct synth_job *j, const struct synth_place *p, const int32_t *vertex, int n,
		     float (*xy)[2])
{
	for (int i = 0; i < n; i++) {
		if (vertex[i] >= 0) {
			memcpy(xy[i], j->truth.mesh + 3 * (size_t)vertex[i], sizeof xy[i]);
			continue;
		}
		xy[i][0] = xy[i][1] = 0;
		for (int k = 0; k < 2 * (int)p[i].t; k++)
			xy[i][k % 2] += j->truth.landmark[p[i].b + k / 2][k % 2] / p[i].t;
	}
}

/* ---- what cannot be seen */

/* Twice the area that the triangles around each vertex have in the picture; positive where they are seen from outside. */
static float *facing(const struct synth_model *m, const float *xyz)
{
	float *sum = xcalloc((size_t)m->face_vertices, sizeof *sum);

	for (int t = 0; t < m->triangles; t++) {
		const int32_t *v = m->triangle[t];
		const float *a, *b, *c;
		float area;

		if (v[0] >= m->face_vertices || v[1] >= m->face_vertices || v[2] >= m->face_vertices)
			continue;
		a = xyz + 3 * (size_t)v[0];
		b = xyz + 3 * (size_t)v[1];
		c = xyz + 3 * (size_t)v[2];
		/* y points down. */
		area = (b[1] - a[1]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[1] - a[1]);
		for (int k = 0; k < 3; k++)
			sum[v[k]] += area;
	}
	return sum;
}

void synth_places_hidden(const struct synth_scene *s, const struct synth_job *j, const struct synth_place *p,
			 const int32_t *vertex, int n, bool *hidden)
{
	float xy[SYNTH_PLACES][2], *front = facing(&s->model, j->truth.mesh);

	synth_places_at(j, p, vertex, n, xy);
	synth_hidden(&s->options, &j->truth.picture, s->frame.size, (const float(*)[2])xy, n, hidden);
	for (int i = 0; i < n; i++) {
		float sum = 0;

		for (int k = 0; vertex[i] < 0 && k < (int)p[i].t; k++)
			sum += front[s->model.landmark[p[i].b + k]];
		if (vertex[i] >= 0)
			sum = front[vertex[i]];
		hidden[i] = hidden[i] || sum <= 0;
	}
	free(front);
}
