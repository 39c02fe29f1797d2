/* mesh.c - meshes, rings and spirals: see mesh.h */
#include "common/model/mesh.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void mesh_release(struct mesh *m)
{
	free(m->at);
	free(m->face);
	*m = (struct mesh){ 0 };
}

void mesh_matrix_release(struct mesh_matrix *m)
{
	free(m->begin);
	free(m->col);
	free(m->value);
	*m = (struct mesh_matrix){ 0 };
}

/* A vertex of very many faces would make rings slow: a mesh of a face has about six, a pole some dozens. */
static int check_fans(const struct mesh *m, struct err *e)
{
	int32_t *n = xcalloc((size_t)m->vertices, sizeof *n);
	int over = -1;

	for (int i = 0; i < m->faces && over < 0; i++)
		for (int k = 0; k < 3; k++)
			if (++n[m->face[i][k]] > MESH_MAX_FAN)
				over = m->face[i][k];
	free(n);
	return over < 0 ? 0 : err_set(e, "vertex %d has more than %d faces", over, MESH_MAX_FAN);
}

int mesh_check(const struct mesh *m, struct err *e)
{
	if (m->vertices < 3 || m->vertices > MESH_MAX_VERTICES)
		return err_set(e, "a mesh of %d vertices: 3 to %d", m->vertices, MESH_MAX_VERTICES);
	if (m->faces < 1 || m->faces > MESH_MAX_FACES)
		return err_set(e, "a mesh of %d faces: 1 to %d", m->faces, MESH_MAX_FACES);
	for (int i = 0; i < m->vertices; i++)
		for (int k = 0; k < 3; k++)
			if (!isfinite(m->at[i][k]))
				return err_set(e, "vertex %d is nowhere", i);
	for (int i = 0; i < m->faces; i++) {
		const int32_t *f = m->face[i];

		for (int k = 0; k < 3; k++)
			if (f[k] < 0 || f[k] >= m->vertices)
				return err_set(e, "face %d: vertex %d of %d", i, f[k], m->vertices);
		if (f[0] == f[1] || f[1] == f[2] || f[2] == f[0])
			return err_set(e, "face %d has a corner twice", i);
	}
	return check_fans(m, e);
}

/* ---- rings */

/* The faces at each vertex, as their two other corners in winding order; faces in their order. */
struct fans {
	int32_t *begin; /* [vertices + 1] */
	int32_t (*edge)[2];
};

static void fans_init(struct fans *s, const struct mesh *m)
{
	int32_t *fill = xcalloc((size_t)m->vertices, sizeof *fill);

	s->begin = xcalloc((size_t)m->vertices + 1, sizeof *s->begin);
	s->edge = xcalloc(3 * (size_t)m->faces, sizeof *s->edge);
	for (int i = 0; i < m->faces; i++)
		for (int k = 0; k < 3; k++)
			s->begin[m->face[i][k] + 1]++;
	for (int v = 0; v < m->vertices; v++)
		s->begin[v + 1] += s->begin[v];
	for (int i = 0; i < m->faces; i++)
		for (int k = 0; k < 3; k++) {
			int32_t v = m->face[i][k];
			int32_t *e = s->edge[s->begin[v] + fill[v]++];

			e[0] = m->face[i][(k + 1) % 3];
			e[1] = m->face[i][(k + 2) % 3];
		}
	free(fill);
}

/* The first unused edge that begins at v, or -1. */
static int edge_from(int32_t (*edge)[2], const bool *used, int n, int32_t v)
{
	for (int i = 0; i < n; i++)
		if (!used[i] && edge[i][0] == v)
			return i;
	return -1;
}

/* Where the next fan begins: the first unused edge that none of the unused ones leads to, or the first unused one. */
static int fan_start(int32_t (*edge)[2], const bool *used, int n)
{
	int first = -1;

	for (int i = 0; i < n; i++) {
		bool led_to = false;

		if (used[i])
			continue;
		if (first < 0)
			first = i;
		for (int k = 0; k < n && !led_to; k++)
			led_to = !used[k] && edge[k][1] == edge[i][0];
		if (!led_to)
			return i;
	}
	return first;
}

static bool listed(const int32_t *list, int n, int32_t v)
{
	for (int i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

/* Neighbours in order, each once; room for 2 n. Returns how many. */
static int ring_of(int32_t (*edge)[2], bool *used, int n, int32_t *ring)
{
	int count = 0;

	memset(used, 0, (size_t)n * sizeof *used);
	for (int at; (at = fan_start(edge, used, n)) >= 0;)
		while (at >= 0) {
			used[at] = true;
			for (int k = 0; k < 2; k++)
				if (!listed(ring, count, edge[at][k]))
					ring[count++] = edge[at][k];
			at = edge_from(edge, used, n, edge[at][1]);
		}
	return count;
}

void mesh_rings(struct mesh_rings *r, const struct mesh *m)
{
	struct fans s;
	bool *used = xcalloc(3 * (size_t)m->faces, sizeof *used);

	fans_init(&s, m);
	r->begin = xcalloc((size_t)m->vertices + 1, sizeof *r->begin);
	r->vertex = xcalloc(6 * (size_t)m->faces, sizeof *r->vertex);
	for (int v = 0; v < m->vertices; v++) {
		int n = s.begin[v + 1] - s.begin[v];

		r->begin[v + 1] = r->begin[v] + ring_of(s.edge + s.begin[v], used, n, r->vertex + r->begin[v]);
	}
	free(used);
	free(s.begin);
	free(s.edge);
}

void mesh_rings_release(struct mesh_rings *r)
{
	free(r->begin);
	free(r->vertex);
	*r = (struct mesh_rings){ 0 };
}

/* ---- spirals */

/* A spiral as it grows. in[v]: the round (of one vertex) in which v was taken, and in which ring. */
struct walk {
	const struct mesh_rings *rings;
	int32_t *list; /* [vertices] */
	int n;
	int last, next;	       /* list[last, next) is the last ring, list[next, n) the one that grows */
	int32_t *round, *ring; /* [vertices] */
	int32_t now, depth;
};

static void take(struct walk *w, int32_t v)
{
	if (w->round[v] == w->now)
		return;
	w->round[v] = w->now;
	w->ring[v] = w->depth;
	w->list[w->n++] = v;
}

static bool in_last(const struct walk *w, int32_t v)
{
	return w->round[v] == w->now && w->ring[v] == w->depth - 1;
}

/* The ring after list[last, next). */
static void next_ring(struct walk *w)
{
	w->depth++;
	for (int i = w->last; i < w->next; i++) {
		const int32_t *of = w->rings->vertex + w->rings->begin[w->list[i]];
		int n = w->rings->begin[w->list[i] + 1] - w->rings->begin[w->list[i]];
		bool after = false;

		for (int k = 0; k < n; k++) {
			if (after)
				take(w, of[k]);
			after = after || in_last(w, of[k]);
		}
		for (int k = 0; k < n && !in_last(w, of[k]); k++)
			take(w, of[k]);
	}
}

static double distance2(const double a[3], const double b[3])
{
	double sum = 0;

	for (int k = 0; k < 3; k++)
		sum += (a[k] - b[k]) * (a[k] - b[k]);
	return sum;
}

/* The n nearest vertices to v, itself included, into list: by distance, then index. */
static void nearest(const struct mesh *m, int v, int n, int32_t *list)
{
	double *d = xcalloc((size_t)n, sizeof *d);
	int have = 0;

	for (int i = 0; i < m->vertices; i++) {
		double here = distance2(m->at[i], m->at[v]);
		int at = have;

		if (have == n && here >= d[n - 1])
			continue;
		if (have < n)
			have++;
		else
			at = n - 1;
		for (; at > 0 && d[at - 1] > here; at--) {
			d[at] = d[at - 1];
			list[at] = list[at - 1];
		}
		d[at] = here;
		list[at] = i;
	}
	free(d);
}

/* At least `want` vertices into list, unless rings run out first: false. */
static bool walk_from(struct walk *w, int v, int want)
{
	w->now++;
	w->depth = 0;
	w->n = 0;
	take(w, v);
	w->depth = 1;
	for (int k = w->rings->begin[v]; k < w->rings->begin[v + 1]; k++)
		take(w, w->rings->vertex[k]);
	w->last = 1;
	do {
		w->next = w->n;
		next_ring(w);
		w->last = w->next;
	} while (w->n < want && w->n > w->next);
	return w->n > w->next; /* as the reference: a last ring of nothing counts as running out, even past `want` */
}

int mesh_spirals(const struct mesh *m, int length, int dilation, int32_t *spiral, struct err *e)
{
	int want = length * dilation;
	struct mesh_rings rings;
	struct walk w = { .rings = &rings };

	if (length < 1 || dilation < 1 || want > m->vertices)
		return err_set(e, "spirals of %d x %d vertices on a mesh of %d", length, dilation, m->vertices);
	mesh_rings(&rings, m);
	w.list = xcalloc((size_t)m->vertices, sizeof *w.list);
	w.round = xcalloc((size_t)m->vertices, sizeof *w.round);
	w.ring = xcalloc((size_t)m->vertices, sizeof *w.ring);
	for (int v = 0; v < m->vertices; v++) {
		if (!walk_from(&w, v, want))
			nearest(m, v, want, w.list);
		for (int k = 0; k < length; k++)
			spiral[(size_t)v * (size_t)length + (size_t)k] = w.list[k * dilation];
	}
	mesh_rings_release(&rings);
	free(w.list);
	free(w.round);
	free(w.ring);
	return 0;
}
