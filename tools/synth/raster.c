/* raster.c - see raster.h */
#include "tools/synth/raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

/* A sample in steps (2^SHIFT), how far away corners may be; samples that are drawn at a time. */
enum { SHIFT = 6, STEPS = 1 << SHIFT, FARTHEST = 1 << 15, LANES = 4 };

typedef int32_t lanes_i __attribute__((vector_size(4 * LANES)));
typedef float lanes_f __attribute__((vector_size(4 * LANES)));

void raster_init(struct raster *r, int side)
{
	size_t n = (size_t)side * (size_t)side;

	if (r->side == side)
		return;
	raster_release(r);
	r->side = side;
	/* Lanes reach beyond the last sample. */
	r->triangle = xcalloc(n + LANES, sizeof *r->triangle);
	r->depth = xcalloc(n + LANES, sizeof *r->depth);
}

void raster_release(struct raster *r)
{
	free(r->triangle);
	free(r->depth);
	*r = (struct raster){ 0 };
}

void raster_clear(struct raster *r)
{
	size_t n = (size_t)r->side * (size_t)r->side;

	memset(r->triangle, 0xff, n * sizeof *r->triangle);
	for (size_t i = 0; i < n; i++)
		r->depth[i] = -INFINITY;
}

/* A triangle with its corners on the grid of steps, counter-clockwise in a frame where y points down. */
struct corners {
	int32_t x[3], y[3];
	float z[3];
	int64_t area; /* twice, in steps squared; > 0 */
};

/* To the nearest step, halves up; |v| < FARTHEST. */
static int32_t to_steps(float v)
{
	const double offset = (double)FARTHEST * STEPS;

	return (int32_t)((int64_t)(v * (double)STEPS + offset + .5) - (int64_t)offset);
}

/* Is there something to draw? */
static bool take_corners(struct corners *c, const float *xyz, const int32_t triangle[3], bool front)
{
	for (int k = 0; k < 3; k++) {
		const float *v = xyz + 3 * (size_t)triangle[k];

		if (!(fabsf(v[0]) < FARTHEST && fabsf(v[1]) < FARTHEST))
			return false;
		c->x[k] = to_steps(v[0]);
		c->y[k] = to_steps(v[1]);
		c->z[k] = v[2];
	}
	c->area = (int64_t)(c->x[1] - c->x[0]) * (c->y[2] - c->y[0]) -
		  (int64_t)(c->y[1] - c->y[0]) * (c->x[2] - c->x[0]);
	/* What is counter-clockwise where y points up is negative here. */
	if (c->area > 0 && front)
		return false;
	if (c->area < 0) {
		int32_t x = c->x[1], y = c->y[1];
		float z = c->z[1];

		c->x[1] = c->x[2], c->y[1] = c->y[2], c->z[1] = c->z[2];
		c->x[2] = x, c->y[2] = y, c->z[2] = z;
		c->area = -c->area;
	}
	return c->area != 0;
}

/* The first and the last sample whose middle lies within [low, high] steps, within the grid. */
static void range(int32_t low, int32_t high, int side, int *first, int *last)
{
	int32_t a = (low + STEPS / 2 - 1) >> SHIFT, b = (high - STEPS / 2) >> SHIFT;

	*first = a < 0 ? 0 : a;
	*last = b >= side ? side - 1 : b;
}

static int32_t least(const int32_t v[3])
{
	int32_t m = v[0] < v[1] ? v[0] : v[1];
	return m < v[2] ? m : v[2];
}

static int32_t most(const int32_t v[3])
{
	int32_t m = v[0] > v[1] ? v[0] : v[1];
	return m > v[2] ? m : v[2];
}

/*
 * The samples of a box, row by row. Edge k is opposite corner k: its function is twice the area between it and the sample, >= 0
 * inside; `at` is its value at the box's first sample, right and down what a step adds.
 */
struct span {
	int x0, y0, w, h;
	int64_t at[3], right[3], down[3];
	float z, z_right, z_down;
};

/* The edges' values at a row's first lanes, what the next lanes of the row add, and what the next row adds. */
struct edges {
	lanes_i at[3], right[3], down[3];
};

/*
 * A row where numbers fit 32 bits, without branches. Lanes beyond its end lie outside the triangle, and keep what they have.
 */
static inline void draw_row(float *depth, int32_t *triangle, int n, const struct edges *e, lanes_f here, float z_lanes,
			    int32_t number)
{
	lanes_i a = e->at[0], b = e->at[1], c = e->at[2];

	for (int i = 0; i < n; i += LANES) {
		lanes_f there;
		lanes_i take, old;

		memcpy(&there, depth + i, sizeof there);
		memcpy(&old, triangle + i, sizeof old);
		take = ~((a | b | c) >> 31) & (here > there);
		old = (old & ~take) | (number & take);
		there = (lanes_f)(((lanes_i)there & ~take) | ((lanes_i)here & take));
		memcpy(depth + i, &there, sizeof there);
		memcpy(triangle + i, &old, sizeof old);
		a += e->right[0];
		b += e->right[1];
		c += e->right[2];
		here += z_lanes;
	}
}

/* A triangle of any size. */
static void draw_large(struct raster *r, const struct span *s, int32_t number)
{
	for (int y = 0; y < s->h; y++) {
		size_t at = (size_t)(s->y0 + y) * (size_t)r->side + (size_t)s->x0;

		for (int x = 0; x < s->w; x++) {
			float here = s->z + (float)y * s->z_down + (float)x * s->z_right;
			bool inside = true;

			for (int k = 0; k < 3; k++)
				inside = inside && s->at[k] + y * s->down[k] + x * s->right[k] >= 0;
			if (inside && here > r->depth[at + (size_t)x]) {
				r->depth[at + (size_t)x] = here;
				r->triangle[at + (size_t)x] = number;
			}
		}
	}
}

static void draw_small(struct raster *r, const struct span *s, int32_t number)
{
	const lanes_f along = { 0, s->z_right, 2 * s->z_right, 3 * s->z_right };
	struct edges e;

	for (int k = 0; k < 3; k++) {
		int32_t at = (int32_t)s->at[k], step = (int32_t)s->right[k];

		e.at[k] = (lanes_i){ at, at + step, at + 2 * step, at + 3 * step };
		e.right[k] = (lanes_i){ 0 } + LANES * step;
		e.down[k] = (lanes_i){ 0 } + (int32_t)s->down[k];
	}
	for (int y = 0; y < s->h; y++) {
		size_t at = (size_t)(s->y0 + y) * (size_t)r->side + (size_t)s->x0;

		draw_row(r->depth + at, r->triangle + at, s->w, &e, s->z + (float)y * s->z_down + along,
			 LANES * s->z_right, number);
		for (int k = 0; k < 3; k++)
			e.at[k] += e.down[k];
	}
}

static void draw_one(struct raster *r, const struct corners *c, int32_t number)
{
	struct span s;
	float inverse = 1 / (float)c->area;
	int x1, y1;

	range(least(c->x), most(c->x), r->side, &s.x0, &x1);
	range(least(c->y), most(c->y), r->side, &s.y0, &y1);
	s.w = x1 - s.x0 + 1;
	s.h = y1 - s.y0 + 1;
	if (s.w <= 0 || s.h <= 0)
		return;
	s.z = s.z_right = s.z_down = 0;
	for (int k = 0; k < 3; k++) {
		int a = (k + 1) % 3, b = (k + 2) % 3;
		int64_t dx = c->x[b] - c->x[a], dy = c->y[b] - c->y[a];

		s.right[k] = -dy * STEPS;
		s.down[k] = dx * STEPS;
		s.at[k] = dx * (s.y0 * STEPS + STEPS / 2 - c->y[a]) - dy * (s.x0 * STEPS + STEPS / 2 - c->x[a]);
		s.z += (float)s.at[k] * c->z[k] * inverse;
		s.z_right += (float)s.right[k] * c->z[k] * inverse;
		s.z_down += (float)s.down[k] * c->z[k] * inverse;
		/* A sample on an edge belongs to the triangle on one side of it. */
		if (dy > 0 || (dy == 0 && dx < 0))
			s.at[k]--;
	}
	/* Values in such a box, and in the lanes beyond, are below 2 (260 STEPS)^2 < 2^31. */
	if (most(c->x) - least(c->x) < 256 * STEPS && most(c->y) - least(c->y) < 256 * STEPS)
		draw_small(r, &s, number);
	else
		draw_large(r, &s, number);
}

void raster_draw(struct raster *r, const float *xyz, const int32_t (*triangle)[3], int first, int n, bool front)
{
	for (int t = first; t < first + n; t++) {
		struct corners c;

		if (take_corners(&c, xyz, triangle[t], front))
			draw_one(r, &c, t);
	}
}

void raster_weights(const float *xyz, const int32_t triangle[3], float x, float y, float w[3])
{
	const float *a = xyz + 3 * (size_t)triangle[0], *b = xyz + 3 * (size_t)triangle[1],
		    *c = xyz + 3 * (size_t)triangle[2];
	float area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
	float inverse = area != 0 ? 1 / area : 0;

	/* Just outside, where corners were rounded, weights may leave 0..1 by a little, and by more in slivers. */
	w[1] = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) * inverse;
	w[2] = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) * inverse;
	w[1] = w[1] < 0 ? 0 : w[1] > 1 ? 1 : w[1];
	w[2] = w[2] < 0 ? 0 : w[2] > 1 - w[1] ? 1 - w[1] : w[2];
	w[0] = 1 - w[1] - w[2];
}
