/* mesh_decimate.c - coarser meshes by quadric errors: see mesh.h */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/mesh.h"

/* The sum of squared distances from planes, a symmetric 4 x 4 matrix, as its upper triangle row by row. */
struct quadric {
	double q[10];
};

struct edge {
	double cost;
	int32_t a, b;
};

/* Faces at a vertex, among them such that are gone. */
struct corner_list {
	int32_t *face;
	int n, cap;
};

struct decimation {
	const struct mesh *m;
	struct quadric *quadric; /* [vertices] */
	int32_t *into;		 /* [vertices] what a vertex was collapsed into, itself where it was not */
	int *faces;		 /* [vertices] that are left */
	struct corner_list *corner;
	int32_t (*face)[3]; /* corners now; face[0] -1: gone */
	int vertices;	    /* with a face */
	struct edge *heap;
	size_t n, cap;
};

/* ---- quadrics */

static void add_plane(struct quadric *q, const double p[4])
{
	int at = 0;

	for (int i = 0; i < 4; i++)
		for (int k = i; k < 4; k++)
			q->q[at++] += p[i] * p[k];
}

static double error_at(const struct quadric *a, const struct quadric *b, const double x[3])
{
	double p[4] = { x[0], x[1], x[2], 1 }, sum = 0;
	int at = 0;

	for (int i = 0; i < 4; i++)
		for (int k = i; k < 4; k++, at++)
			sum += (i == k ? 1 : 2) * p[i] * p[k] * (a->q[at] + b->q[at]);
	return sum;
}

/* The plane of a face: unit normal and offset; false for a face without an area. */
static bool plane_of(const struct mesh *m, const int32_t f[3], double p[4])
{
	double u[3], v[3], len;

	for (int k = 0; k < 3; k++) {
		u[k] = m->at[f[1]][k] - m->at[f[0]][k];
		v[k] = m->at[f[2]][k] - m->at[f[0]][k];
	}
	for (int k = 0; k < 3; k++)
		p[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
	len = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
	if (!(len > 0))
		return false;
	p[3] = 0;
	for (int k = 0; k < 3; k++) {
		p[k] /= len;
		p[3] -= p[k] * m->at[f[0]][k];
	}
	return true;
}

/* ---- the queue of edges: cheapest first, then by the numbers they were put in with */

static bool before(const struct edge *x, const struct edge *y)
{
	if (x->cost != y->cost)
		return x->cost < y->cost;
	return x->a != y->a ? x->a < y->a : x->b < y->b;
}

static void push(struct decimation *d, struct edge e)
{
	size_t at = d->n++;

	if (d->n > d->cap) {
		d->cap = 2 * d->cap + 64;
		d->heap = xrealloc_array(d->heap, d->cap, sizeof *d->heap);
	}
	for (; at > 0 && before(&e, &d->heap[(at - 1) / 2]); at = (at - 1) / 2)
		d->heap[at] = d->heap[(at - 1) / 2];
	d->heap[at] = e;
}

static struct edge pop(struct decimation *d)
{
	struct edge top = d->heap[0], last = d->heap[--d->n];
	size_t at = 0, child;

	for (; (child = 2 * at + 1) < d->n; at = child) {
		if (child + 1 < d->n && before(&d->heap[child + 1], &d->heap[child]))
			child++;
		if (!before(&d->heap[child], &last))
			break;
		d->heap[at] = d->heap[child];
	}
	d->heap[at] = last;
	return top;
}

/* ---- collapses */

/* What it costs to keep a, or b, alone. */
static void costs(const struct decimation *d, int32_t a, int32_t b, double *keep_a, double *keep_b)
{
	*keep_a = error_at(&d->quadric[a], &d->quadric[b], d->m->at[a]);
	*keep_b = error_at(&d->quadric[a], &d->quadric[b], d->m->at[b]);
}

static int32_t find(struct decimation *d, int32_t v)
{
	while (d->into[v] != v)
		v = d->into[v] = d->into[d->into[v]];
	return v;
}

static void list_add(struct corner_list *l, int32_t face)
{
	if (l->n == l->cap) {
		l->cap = 2 * l->cap + 8;
		l->face = xrealloc_array(l->face, (size_t)l->cap, sizeof *l->face);
	}
	l->face[l->n++] = face;
}

/* A face that lost its area: keep stands in it twice, and its count is the caller's. */
static void drop_face(struct decimation *d, int32_t f, int32_t keep)
{
	for (int k = 0; k < 3; k++) {
		int32_t v = d->face[f][k];

		if (v != keep && --d->faces[v] == 0)
			d->vertices--;
	}
	d->face[f][0] = -1;
}

static void collapse(struct decimation *d, int32_t keep, int32_t gone)
{
	struct corner_list *from = &d->corner[gone], *to = &d->corner[keep];

	for (int i = 0; i < 10; i++)
		d->quadric[keep].q[i] += d->quadric[gone].q[i];
	d->into[gone] = keep;
	for (int i = 0; i < from->n; i++) {
		int32_t f = from->face[i], *c = d->face[f];

		if (c[0] < 0)
			continue;
		for (int k = 0; k < 3; k++)
			if (c[k] == gone)
				c[k] = keep;
		if (c[0] == c[1] || c[1] == c[2] || c[2] == c[0]) {
			drop_face(d, f, keep);
			d->faces[keep]--; /* it was keep's, too */
		} else {
			list_add(to, f);
			d->faces[keep]++;
		}
	}
	free(from->face);
	*from = (struct corner_list){ 0 };
	d->vertices--; /* gone */
	if (d->faces[keep] == 0)
		d->vertices--;
}

static void run(struct decimation *d, int target)
{
	while (d->vertices > target && d->n) {
		struct edge e = pop(d);
		int32_t a = find(d, e.a), b = find(d, e.b);
		double keep_a, keep_b;

		if (a == b || !d->faces[a] || !d->faces[b])
			continue;
		costs(d, a, b, &keep_a, &keep_b);
		if (fmin(keep_a, keep_b) > e.cost)
			push(d, (struct edge){ fmin(keep_a, keep_b), a, b });
		else if (keep_a < keep_b)
			collapse(d, a, b);
		else
			collapse(d, b, a);
	}
}

/* ---- from a mesh, and to one */

static void begin(struct decimation *d, const struct mesh *m)
{
	struct mesh_rings rings;

	*d = (struct decimation){ .m = m };
	d->quadric = xcalloc((size_t)m->vertices, sizeof *d->quadric);
	d->into = xcalloc((size_t)m->vertices, sizeof *d->into);
	d->faces = xcalloc((size_t)m->vertices, sizeof *d->faces);
	d->corner = xcalloc((size_t)m->vertices, sizeof *d->corner);
	d->face = xcalloc((size_t)m->faces, sizeof *d->face);
	memcpy(d->face, m->face, (size_t)m->faces * sizeof *d->face);
	for (int i = 0; i < m->faces; i++) {
		double p[4];
		bool flat = !plane_of(m, m->face[i], p);

		for (int k = 0; k < 3; k++) {
			int32_t v = m->face[i][k];

			if (!flat)
				add_plane(&d->quadric[v], p);
			list_add(&d->corner[v], i);
			if (d->faces[v]++ == 0)
				d->vertices++;
		}
	}
	for (int v = 0; v < m->vertices; v++)
		d->into[v] = v;
	mesh_rings(&rings, m);
	for (int32_t v = 0; v < m->vertices; v++)
		for (int k = rings.begin[v]; k < rings.begin[v + 1]; k++) {
			double keep_a, keep_b;

			if (rings.vertex[k] < v)
				continue;
			costs(d, v, rings.vertex[k], &keep_a, &keep_b);
			push(d, (struct edge){ fmin(keep_a, keep_b), v, rings.vertex[k] });
		}
	mesh_rings_release(&rings);
}

static void finish(struct decimation *d, struct mesh *coarse, int32_t *kept)
{
	const struct mesh *m = d->m;
	int32_t *number = xcalloc((size_t)m->vertices, sizeof *number);

	*coarse = (struct mesh){ 0 };
	coarse->at = xcalloc((size_t)d->vertices + 1, sizeof *coarse->at);
	coarse->face = xcalloc((size_t)m->faces, sizeof *coarse->face);
	for (int v = 0; v < m->vertices; v++) {
		if (d->into[v] != v || !d->faces[v])
			continue;
		if (kept)
			kept[coarse->vertices] = v;
		memcpy(coarse->at[coarse->vertices], m->at[v], sizeof *m->at);
		number[v] = coarse->vertices++;
	}
	for (int i = 0; i < m->faces; i++) {
		if (d->face[i][0] < 0)
			continue;
		for (int k = 0; k < 3; k++)
			coarse->face[coarse->faces][k] = number[d->face[i][k]];
		coarse->faces++;
	}
	for (int v = 0; v < m->vertices; v++)
		free(d->corner[v].face);
	free(number);
	free(d->quadric);
	free(d->into);
	free(d->faces);
	free(d->corner);
	free(d->face);
	free(d->heap);
}

void mesh_decimate(struct mesh *coarse, const struct mesh *m, int target, int32_t *kept)
{
	struct decimation d;

	begin(&d, m);
	run(&d, target);
	finish(&d, coarse, kept);
}
