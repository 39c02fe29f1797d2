/* surface.c - see surface.h */
#include "tools/synth/surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/thread.h"
#include "tools/synth/raster.h"
#include "tools/synth/vec.h"

enum { DIRECTIONS = 96, LIGHT_MAP = 256 };

/* ---- holes */

struct edges {
	int32_t *next; /* [vertices]: where the boundary goes on, -1 for none */
	int vertices;
};

/* An edge that only one triangle has is a boundary; seen from the hole it runs the other way. */
static void find_boundary(struct edges *b, const struct synth_model *m)
{
	size_t n = 3 * (size_t)m->triangles;
	int32_t *first = xrealloc_array(NULL, (size_t)m->vertices, sizeof *first);
	int32_t *more = xrealloc_array(NULL, n, sizeof *more);

	/* Lists of the edges that leave each vertex: edge 3 t + k goes from corner k to the next one. */
	memset(first, 0xff, (size_t)m->vertices * sizeof *first);
	for (size_t i = 0; i < n; i++) {
		int32_t from = m->triangle[i / 3][i % 3];

		more[i] = first[from];
		first[from] = (int32_t)i;
	}
	b->vertices = m->vertices;
	b->next = xrealloc_array(NULL, (size_t)m->vertices, sizeof *b->next);
	memset(b->next, 0xff, (size_t)m->vertices * sizeof *b->next);
	for (size_t i = 0; i < n; i++) {
		int32_t from = m->triangle[i / 3][i % 3], to = m->triangle[i / 3][(i + 1) % 3];
		bool shared = false;

		for (int32_t k = first[to]; k >= 0 && !shared; k = more[k])
			shared = m->triangle[k / 3][(k + 1) % 3] == from;
		if (!shared)
			b->next[from] = to;
	}
	free(first);
	free(more);
}

/* Takes the loop that begins at `start` out of b. */
static struct synth_loop take_loop(struct edges *b, int32_t start)
{
	struct synth_loop l = { .vertex = xrealloc_array(NULL, (size_t)b->vertices, sizeof *l.vertex) };

	for (int32_t v = start; v >= 0 && l.n < b->vertices;) {
		int32_t next = b->next[v];

		l.vertex[l.n++] = v;
		b->next[v] = -1;
		v = next == start ? -1 : next;
	}
	return l;
}

static void middle(const float *p, const int32_t *vertex, int n, float out[3])
{
	memset(out, 0, 3 * sizeof *out);
	for (int i = 0; i < n; i++)
		vec_add_scaled(out, out, 1 / (float)n, p + 3 * (size_t)vertex[i]);
}

static float extent(const float *p, const struct synth_loop *l)
{
	float low[3] = { INFINITY, INFINITY, INFINITY }, high[3] = { -INFINITY, -INFINITY, -INFINITY }, most = 0;

	for (int i = 0; i < l->n; i++)
		for (int k = 0; k < 3; k++) {
			float v = p[3 * (size_t)l->vertex[i] + (size_t)k];

			low[k] = fminf(low[k], v);
			high[k] = fmaxf(high[k], v);
		}
	for (int k = 0; k < 3; k++)
		most = fmaxf(most, high[k] - low[k]);
	return most;
}

/* Which hole a loop is, by the landmarks that lie nearest; what is neither eye nor mouth and larger than both is the rim. */
static void place_loop(struct synth_surface *s, struct synth_loop *l)
{
	static const struct {
		int first, n;
	} group[] = { { 36, 6 }, { 42, 6 }, { 60, 8 } };
	struct synth_loop *hole[] = { &s->eye[0], &s->eye[1], &s->mouth };
	const float *p = s->m->neutral;
	float here[3], there[3], size = extent(p, l);

	middle(p, l->vertex, l->n, here);
	for (int i = 0; i < 3; i++) {
		middle(p, s->m->landmark + group[i].first, group[i].n, there);
		if (!hole[i]->n && l->n >= 3 && vec_distance(here, there) < size / 2 && size < 8) {
			*hole[i] = *l;
			return;
		}
	}
	if (size > 8 && size > extent(p, &s->rim)) {
		free(s->rim.vertex);
		s->rim = *l;
	} else {
		free(l->vertex);
	}
}

static void find_holes(struct synth_surface *s)
{
	struct edges b;

	find_boundary(&b, s->m);
	for (int32_t v = 0; v < b.vertices; v++)
		if (b.next[v] >= 0) {
			struct synth_loop l = take_loop(&b, v);
			place_loop(s, &l);
		}
	free(b.next);
}

void synth_surface_holes(const struct synth_model *m, struct synth_loop hole[3])
{
	struct synth_surface s = { .m = m };

	find_holes(&s);
	free(s.rim.vertex);
	hole[0] = s.eye[0];
	hole[1] = s.eye[1];
	hole[2] = s.mouth;
}

/* ---- triangles */

static void add_triangle(struct synth_surface *s, int32_t a, int32_t b, int32_t c, enum synth_material material)
{
	s->material[s->triangles] = (uint8_t)material;
	memcpy(s->triangle[s->triangles++], (int32_t[]){ a, b, c }, sizeof *s->triangle);
}

/* Turned about, so that it faces as the skin around it does. */
static void add_membrane(struct synth_surface *s, const struct synth_loop *l, int apex, enum synth_material material)
{
	for (int i = 0; i < l->n; i++)
		add_triangle(s, l->vertex[(i + 1) % l->n], l->vertex[i], apex, material);
}

/* Vertex i of ring k; ring 0 is the rim itself. */
static int32_t ring_vertex(const struct synth_surface *s, int k, int i)
{
	i %= s->rim.n;
	return k ? (int32_t)(s->hood + (k - 1) * s->rim.n + i) : s->rim.vertex[i];
}

static void add_hood(struct synth_surface *s)
{
	for (int k = 0; k < SYNTH_RINGS; k++)
		for (int i = 0; i < s->rim.n; i++) {
			int32_t a = ring_vertex(s, k, i), b = ring_vertex(s, k, i + 1), c = ring_vertex(s, k + 1, i),
				d = ring_vertex(s, k + 1, i + 1);

			add_triangle(s, b, a, d, SYNTH_HOOD);
			add_triangle(s, a, c, d, SYNTH_HOOD);
		}
}

/* Of the whole published head, by the first vertex of its parts (README of ICT-FaceKit); -1: not drawn. */
static int whole_material(int32_t v)
{
	static const struct {
		int first, material;
	} part[] = { { 0, SYNTH_SKIN },		 { 9409, SYNTH_SKIN },	      { 11248, SYNTH_GUMS },
		     { 13294, SYNTH_SOCKET },	 { 14062, SYNTH_GUMS },	      { 17039, SYNTH_TEETH },
		     { 21451, SYNTH_BALL_LEFT }, { 23021, SYNTH_BALL_RIGHT }, { 24591, -1 } };
	int material = SYNTH_SKIN;

	for (size_t i = 0; i < sizeof part / sizeof *part && part[i].first <= v; i++)
		material = part[i].material;
	return material;
}

static void make_triangles(struct synth_surface *s)
{
	const struct synth_model *m = s->m;
	size_t most = (size_t)m->triangles + (size_t)(s->eye[0].n + s->eye[1].n + s->mouth.n) +
		      2 * SYNTH_RINGS * (size_t)s->rim.n;

	s->vertices = m->vertices;
	s->triangle = xrealloc_array(NULL, most, sizeof *s->triangle);
	s->material = xrealloc_array(NULL, most, sizeof *s->material);
	for (int t = 0; t < m->triangles; t++) {
		int material = m->whole ? whole_material(m->triangle[t][0]) : SYNTH_SKIN;

		if (material >= 0)
			add_triangle(s, m->triangle[t][0], m->triangle[t][1], m->triangle[t][2],
				     (enum synth_material)material);
	}
	s->skin = s->triangles;
	for (int i = 0; i < SYNTH_EYES; i++) {
		s->eye_apex[i] = s->vertices++;
		add_membrane(s, &s->eye[i], s->eye_apex[i], i ? SYNTH_EYE_LEFT : SYNTH_EYE_RIGHT);
	}
	s->mouth_apex = s->vertices++;
	add_membrane(s, &s->mouth, s->mouth_apex, SYNTH_MOUTH);
	s->hood = s->vertices;
	s->vertices += SYNTH_RINGS * s->rim.n;
	add_hood(s);
}

/* ---- positions of what was added */

static void complete_hole(const struct synth_loop *l, float *p, int apex)
{
	if (l->n)
		middle(p, l->vertex, l->n, p + 3 * (size_t)apex);
	else
		memset(p + 3 * (size_t)apex, 0, 3 * sizeof *p);
}

/*
 * Around the back of the head, by arcs from the rim to a point behind it, and below the neck outwards over the shoulders, as a
 * collar does. In between, behind the ears, the arcs are flat.
 */
static void complete_hood(const struct synth_surface *s, float *p)
{
	for (int i = 0; i < s->rim.n; i++) {
		const float *from = p + 3 * (size_t)s->rim.vertex[i];
		float head = vec_smooth(0, 6, from[1]), collar = 1 - vec_smooth(-11, -8, from[1]);
		float to[3] = { 0, from[1] > 0 ? vec_clamp(.6F * from[1], 0, 4) : from[1], from[1] > -4 ? -11.5F : -7 };
		float out[3] = { from[0], from[1] > 2 ? .8F * (from[1] - 2) : 0, .3F * (from[2] + 2) };

		vec_unit(out);
		for (int k = 1; k <= SYNTH_RINGS; k++) {
			float t = (float)k / SYNTH_RINGS, bulge = (.8F + 3.4F * head) * sinf(3.14159265F * t);
			float *v = p + 3 * (size_t)ring_vertex(s, k, i);
			float spread[3] = { from[0] * (1 + 1.6F * t), from[1] - 5 * t * t,
					    from[2] + 2.5F * t * (from[2] > 0 ? 1 : -1) };

			for (int c = 0; c < 3; c++) {
				float arc = from[c] + t * (to[c] - from[c]) + bulge * out[c];

				v[c] = arc + collar * (spread[c] - arc);
			}
		}
	}
}

void synth_surface_normals(const struct synth_surface *s, const float *p, float *normal)
{
	memset(normal, 0, 3 * (size_t)s->vertices * sizeof *normal);
	for (int t = 0; t < s->triangles; t++) {
		const int32_t *v = s->triangle[t];
		const float *a = p + 3 * (size_t)v[0];
		float u[3], w[3], n[3];

		vec_sub(u, p + 3 * (size_t)v[1], a);
		vec_sub(w, p + 3 * (size_t)v[2], a);
		vec_cross(n, u, w);
		for (int k = 0; k < 3; k++)
			vec_add_scaled(normal + 3 * (size_t)v[k], normal + 3 * (size_t)v[k], 1, n);
	}
	for (int i = 0; i < s->vertices; i++)
		vec_unit(normal + 3 * (size_t)i);
}

void synth_surface_complete(const struct synth_surface *s, float *p, float *normal)
{
	for (int i = 0; i < SYNTH_EYES; i++)
		complete_hole(&s->eye[i], p, s->eye_apex[i]);
	complete_hole(&s->mouth, p, s->mouth_apex);
	complete_hood(s, p);
	synth_surface_normals(s, p, normal);
}

/* ---- what belongs to the neutral face: hair's place, ambient occlusion */

/* On the skull, above the forehead and behind the temples; ears and neck are free of it. */
static float scalp_at(const float p[3])
{
	float line = 9.4F - .06F * p[0] * p[0] + .004F * fabsf(p[0] * p[0] * p[0]);
	float top = vec_smooth(-.5F, .7F, p[1] - line);
	float side = vec_smooth(0, 1, 4.6F - p[2]) * vec_smooth(3.2F, 4.6F, p[1]);
	float burn = vec_smooth(0, .6F, 3.9F - p[2]) * vec_smooth(0, .5F, p[2] - 2.2F) * vec_smooth(1.2F, 2.2F, p[1]);

	side = side > burn ? side : burn;
	return top > side ? top : side;
}

static void find_scalp(struct synth_surface *s)
{
	for (int i = 0; i < s->vertices; i++) {
		const float *p = s->rest + 3 * (size_t)i;

		s->scalp[i] = scalp_at(p);
		if (i >= s->hood)
			s->scalp[i] = vec_smooth(-1.5F, .5F, p[1]);
	}
}

struct occlusion {
	struct synth_surface *s;
	const float *normal;
	uint8_t *seen; /* [DIRECTIONS][vertices] */
};

/* Directions spread evenly over the sphere: a spiral. */
static void direction(int i, float d[3])
{
	float z = 1 - (2 * (float)i + 1) / DIRECTIONS, r = sqrtf(1 - z * z), angle = 2.39996323F * (float)i;

	d[0] = r * cosf(angle);
	d[1] = r * sinf(angle);
	d[2] = z;
}

/* The face as seen from one direction: a vertex that lies no deeper than what is drawn there sees the sky. */
static void see_from(void *data, size_t i, int worker)
{
	struct occlusion *o = data;
	const struct synth_surface *s = o->s;
	struct raster r = { 0 };
	float toward[3], right[3], up[3] = { 0, 1, 0 };
	float *xyz = xrealloc_array(NULL, (size_t)s->vertices, 3 * sizeof *xyz);

	(void)worker;
	direction((int)i, toward);
	if (fabsf(toward[1]) > .9F)
		up[1] = 0, up[2] = 1;
	vec_cross(right, up, toward);
	vec_unit(right);
	vec_cross(up, toward, right);
	for (int v = 0; v < s->vertices; v++) {
		const float *p = s->rest + 3 * (size_t)v;

		xyz[3 * v] = LIGHT_MAP / 2 + 6 * vec_dot(p, right);
		xyz[3 * v + 1] = LIGHT_MAP / 2 - 6 * vec_dot(p, up);
		xyz[3 * v + 2] = vec_dot(p, toward);
	}
	raster_init(&r, LIGHT_MAP);
	raster_clear(&r);
	raster_draw(&r, xyz, (const int32_t(*)[3])s->triangle, 0, s->triangles, false);
	for (int v = 0; v < s->vertices; v++) {
		int x = (int)xyz[3 * v], y = (int)xyz[3 * v + 1];
		bool inside = x >= 0 && x < LIGHT_MAP && y >= 0 && y < LIGHT_MAP;

		o->seen[i * (size_t)s->vertices + (size_t)v] = !inside || r.depth[(size_t)y * LIGHT_MAP + (size_t)x] <
										  xyz[3 * v + 2] + .25F;
	}
	raster_release(&r);
	free(xyz);
}

static void find_occlusion(struct synth_surface *s, const float *normal, int threads)
{
	struct occlusion o = { .s = s, .normal = normal };

	o.seen = xrealloc_array(NULL, DIRECTIONS, (size_t)s->vertices);
	parallel_for(threads, DIRECTIONS, see_from, &o);
	for (int v = 0; v < s->vertices; v++) {
		float sum = 0, all = 0;

		for (int i = 0; i < DIRECTIONS; i++) {
			float d[3], cosine;

			direction(i, d);
			cosine = vec_dot(d, normal + 3 * (size_t)v);
			if (cosine <= 0)
				continue;
			all += cosine;
			sum += cosine * (float)o.seen[(size_t)i * (size_t)s->vertices + (size_t)v];
		}
		s->open[v] = all > 0 ? sum / all : 1;
	}
	free(o.seen);
}

int synth_surface_init(struct synth_surface *s, const struct synth_model *m, int threads, struct err *e)
{
	float *normal;

	*s = (struct synth_surface){ .m = m };
	if (!m->whole)
		find_holes(s);
	make_triangles(s);
	s->rest = xcalloc((size_t)s->vertices, 3 * sizeof *s->rest);
	s->scalp = xcalloc((size_t)s->vertices, sizeof *s->scalp);
	s->open = xcalloc((size_t)s->vertices, sizeof *s->open);
	normal = xcalloc((size_t)s->vertices, 3 * sizeof *normal);
	memcpy(s->rest, m->neutral, 3 * (size_t)m->vertices * sizeof *s->rest);
	synth_surface_complete(s, s->rest, normal);
	find_scalp(s);
	find_occlusion(s, normal, threads);
	free(normal);
	if (!m->whole && !s->rim.n) {
		synth_surface_release(s);
		return err_set(e, "the model's mesh is neither the published head nor a mask with a rim");
	}
	return 0;
}

void synth_surface_release(struct synth_surface *s)
{
	free(s->triangle);
	free(s->material);
	free(s->rest);
	free(s->open);
	free(s->scalp);
	for (int i = 0; i < SYNTH_EYES; i++)
		free(s->eye[i].vertex);
	free(s->mouth.vertex);
	free(s->rim.vertex);
	*s = (struct synth_surface){ 0 };
}
