/* mesh_up.c - from a coarse mesh to a fine one: nearest points on triangles, found in a tree of boxes (mesh.h) */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/mesh.h"

static double dot3(const double a[3], const double b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void minus(double d[3], const double a[3], const double b[3])
{
	for (int k = 0; k < 3; k++)
		d[k] = a[k] - b[k];
}

static void set(double w[3], double a, double b, double c)
{
	w[0] = a;
	w[1] = b;
	w[2] = c;
}

/* Which corner, side or the inside p projects to (Ericson, Real-Time Collision Detection, 5.1.5). */
static void nearest_weights(const double p[3], const double a[3], const double b[3], const double c[3], double w[3])
{
	double ab[3], ac[3], ap[3], bp[3], cp[3];

	minus(ab, b, a);
	minus(ac, c, a);
	minus(ap, p, a);
	minus(bp, p, b);
	minus(cp, p, c);
	double d1 = dot3(ab, ap), d2 = dot3(ac, ap), d3 = dot3(ab, bp), d4 = dot3(ac, bp), d5 = dot3(ab, cp),
	       d6 = dot3(ac, cp);
	double va = d3 * d6 - d5 * d4, vb = d5 * d2 - d1 * d6, vc = d1 * d4 - d3 * d2;

	if (d1 <= 0 && d2 <= 0)
		set(w, 1, 0, 0);
	else if (d3 >= 0 && d4 <= d3)
		set(w, 0, 1, 0);
	else if (d6 >= 0 && d5 <= d6)
		set(w, 0, 0, 1);
	else if (vc <= 0 && d1 >= 0 && d3 <= 0)
		set(w, 1 - d1 / (d1 - d3), d1 / (d1 - d3), 0);
	else if (vb <= 0 && d2 >= 0 && d6 <= 0)
		set(w, 1 - d2 / (d2 - d6), 0, d2 / (d2 - d6));
	else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0)
		set(w, 0, 1 - (d4 - d3) / (d4 - d3 + d5 - d6), (d4 - d3) / (d4 - d3 + d5 - d6));
	else
		set(w, 1 - vb / (va + vb + vc) - vc / (va + vb + vc), vb / (va + vb + vc), vc / (va + vb + vc));
}

double mesh_nearest_on_triangle(const double p[3], const double a[3], const double b[3], const double c[3],
				double weight[3])
{
	double sum = 0;

	nearest_weights(p, a, b, c, weight);
	for (int k = 0; k < 3; k++) {
		double d = weight[0] * a[k] + weight[1] * b[k] + weight[2] * c[k] - p[k];

		sum += d * d;
	}
	return sum;
}

/* ---- the tree: node i's children are 2 i + 1 and 2 i + 2, leaves hold up to LEAF faces */

enum { LEAF = 4 };

struct box {
	double least[3], most[3];
};

struct tree {
	const struct mesh *m;
	int32_t *order; /* faces, a node's are a range */
	struct box *box;
};

static double centre(const struct mesh *m, int32_t f, int k)
{
	return m->at[m->face[f][0]][k] + m->at[m->face[f][1]][k] + m->at[m->face[f][2]][k];
}

static void box_of(struct box *b, const struct mesh *m, const int32_t *face, int n)
{
	for (int k = 0; k < 3; k++) {
		b->least[k] = DBL_MAX;
		b->most[k] = -DBL_MAX;
	}
	for (int i = 0; i < n; i++)
		for (int c = 0; c < 3; c++)
			for (int k = 0; k < 3; k++) {
				double v = m->at[m->face[face[i]][c]][k];

				b->least[k] = fmin(b->least[k], v);
				b->most[k] = fmax(b->most[k], v);
			}
}

struct axis {
	const struct mesh *m;
	int k;
};

static int by_centre(const void *a, const void *b, void *data)
{
	const struct axis *x = data;
	int32_t f = *(const int32_t *)a, g = *(const int32_t *)b;
	double cf = centre(x->m, f, x->k), cg = centre(x->m, g, x->k);

	return cf < cg ? -1 : cf > cg ? 1 : f < g ? -1 : f > g;
}

static void grow(struct tree *t, size_t node, int32_t *face, int n)
{
	struct box *b = &t->box[node];
	struct axis axis = { .m = t->m };

	box_of(b, t->m, face, n);
	if (n <= LEAF)
		return;
	for (int k = 1; k < 3; k++)
		if (b->most[k] - b->least[k] > b->most[axis.k] - b->least[axis.k])
			axis.k = k;
	qsort_r(face, (size_t)n, sizeof *face, by_centre, &axis);
	grow(t, 2 * node + 1, face, n / 2);
	grow(t, 2 * node + 2, face + n / 2, n - n / 2);
}

static void tree_init(struct tree *t, const struct mesh *m)
{
	size_t nodes = 1;

	while (nodes < 2 * (size_t)m->faces)
		nodes *= 2;
	t->m = m;
	t->order = xcalloc((size_t)m->faces, sizeof *t->order);
	t->box = xcalloc(2 * nodes, sizeof *t->box);
	for (int i = 0; i < m->faces; i++)
		t->order[i] = i;
	grow(t, 0, t->order, m->faces);
}

static double to_box(const struct box *b, const double p[3])
{
	double sum = 0;

	for (int k = 0; k < 3; k++) {
		double d = fmax(fmax(b->least[k] - p[k], p[k] - b->most[k]), 0);

		sum += d * d;
	}
	return sum;
}

struct hit {
	double distance2;
	int32_t face;
	double weight[3];
};

static void search(const struct tree *t, size_t node, const int32_t *face, int n, const double p[3], struct hit *best)
{
	if (to_box(&t->box[node], p) > best->distance2)
		return;
	if (n > LEAF) {
		bool left = to_box(&t->box[2 * node + 1], p) <= to_box(&t->box[2 * node + 2], p);

		for (int i = 0; i < 2; i++, left = !left)
			if (left)
				search(t, 2 * node + 1, face, n / 2, p, best);
			else
				search(t, 2 * node + 2, face + n / 2, n - n / 2, p, best);
		return;
	}
	for (int i = 0; i < n; i++) {
		const int32_t *c = t->m->face[face[i]];
		struct hit h = { .face = face[i] };

		h.distance2 = mesh_nearest_on_triangle(p, t->m->at[c[0]], t->m->at[c[1]], t->m->at[c[2]], h.weight);
		if (h.distance2 < best->distance2 || (h.distance2 == best->distance2 && h.face < best->face))
			*best = h;
	}
}

void mesh_up(struct mesh_matrix *up, const struct mesh *fine, const struct mesh *coarse)
{
	struct tree t;
	int32_t n = 0;

	tree_init(&t, coarse);
	*up = (struct mesh_matrix){ .rows = fine->vertices, .cols = coarse->vertices };
	up->begin = xcalloc((size_t)fine->vertices + 1, sizeof *up->begin);
	up->col = xcalloc(3 * (size_t)fine->vertices, sizeof *up->col);
	up->value = xcalloc(3 * (size_t)fine->vertices, sizeof *up->value);
	for (int v = 0; v < fine->vertices; v++) {
		struct hit h = { .distance2 = DBL_MAX, .face = INT32_MAX };

		search(&t, 0, t.order, coarse->faces, fine->at[v], &h);
		for (int k = 0; k < 3; k++) {
			if (h.weight[k] == 0)
				continue;
			up->col[n] = coarse->face[h.face][k];
			up->value[n++] = h.weight[k];
		}
		up->begin[v + 1] = n;
	}
	free(t.order);
	free(t.box);
}
