/* raster.c - see raster.h */
#include "tools/synth/raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

enum { STEPS = 256, FARTHEST = 1 << 15 };

void raster_init(struct raster *r, int side)
{
	size_t n = (size_t)side * (size_t)side;

	if (r->side == side)
		return;
	raster_release(r);
	r->side = side;
	r->triangle = xrealloc_array(NULL, n, sizeof *r->triangle);
	r->depth = xrealloc_array(NULL, n, sizeof *r->depth);
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
	int64_t x[3], y[3];
	float z[3];
	int64_t area; /* twice, in steps squared; > 0 */
};

static int take_corners(struct corners *c, const float *xyz, const int32_t triangle[3])
{
	for (int k = 0; k < 3; k++) {
		const float *v = xyz + 3 * (size_t)triangle[k];

		if (!(fabsf(v[0]) < FARTHEST && fabsf(v[1]) < FARTHEST))
			return 0;
		c->x[k] = lrintf(v[0] * STEPS);
		c->y[k] = lrintf(v[1] * STEPS);
		c->z[k] = v[2];
	}
	c->area = (c->x[1] - c->x[0]) * (c->y[2] - c->y[0]) - (c->y[1] - c->y[0]) * (c->x[2] - c->x[0]);
	if (c->area < 0) {
		int64_t x = c->x[1], y = c->y[1];
		float z = c->z[1];

		c->x[1] = c->x[2], c->y[1] = c->y[2], c->z[1] = c->z[2];
		c->x[2] = x, c->y[2] = y, c->z[2] = z;
		c->area = -c->area;
	}
	return c->area != 0;
}

/* The first and the last sample whose middle lies within [low, high] steps, within the grid. */
static void range(int64_t low, int64_t high, int side, int *first, int *last)
{
	int64_t a = (low + STEPS / 2 - 1) >> 8, b = (high - STEPS / 2) >> 8;

	*first = a < 0 ? 0 : (int)a;
	*last = b >= side ? side - 1 : (int)b;
}

static int64_t least(const int64_t v[3])
{
	int64_t m = v[0] < v[1] ? v[0] : v[1];
	return m < v[2] ? m : v[2];
}

static int64_t most(const int64_t v[3])
{
	int64_t m = v[0] > v[1] ? v[0] : v[1];
	return m > v[2] ? m : v[2];
}

static void draw_one(struct raster *r, const struct corners *c, int32_t number)
{
	int64_t row[3], right[3], down[3];
	float z, z_right, z_down, inverse = 1 / (float)c->area;
	int x0, x1, y0, y1;

	range(least(c->x), most(c->x), r->side, &x0, &x1);
	range(least(c->y), most(c->y), r->side, &y0, &y1);
	if (x0 > x1 || y0 > y1)
		return;
	/* Edge k is opposite corner k: its function is twice the area between it and the sample, >= 0 inside. */
	for (int k = 0; k < 3; k++) {
		int a = (k + 1) % 3, b = (k + 2) % 3;
		int64_t dx = c->x[b] - c->x[a], dy = c->y[b] - c->y[a];

		right[k] = -dy * STEPS;
		down[k] = dx * STEPS;
		row[k] = dx * (y0 * STEPS + STEPS / 2 - c->y[a]) - dy * (x0 * STEPS + STEPS / 2 - c->x[a]);
		/* A sample on an edge belongs to the triangle on one side of it. */
		if (dy > 0 || (dy == 0 && dx < 0))
			row[k]--;
	}
	z = ((float)row[0] * c->z[0] + (float)row[1] * c->z[1] + (float)row[2] * c->z[2]) * inverse;
	z_right = ((float)right[0] * c->z[0] + (float)right[1] * c->z[1] + (float)right[2] * c->z[2]) * inverse;
	z_down = ((float)down[0] * c->z[0] + (float)down[1] * c->z[1] + (float)down[2] * c->z[2]) * inverse;
	for (int y = y0; y <= y1; y++) {
		size_t at = (size_t)y * (size_t)r->side;
		int64_t w0 = row[0], w1 = row[1], w2 = row[2];

		for (int x = x0; x <= x1; x++) {
			float here = z + (float)(x - x0) * z_right;

			if ((w0 | w1 | w2) >= 0 && here > r->depth[at + (size_t)x]) {
				r->depth[at + (size_t)x] = here;
				r->triangle[at + (size_t)x] = number;
			}
			w0 += right[0];
			w1 += right[1];
			w2 += right[2];
		}
		for (int k = 0; k < 3; k++)
			row[k] += down[k];
		z += z_down;
	}
}

void raster_draw(struct raster *r, const float *xyz, const int32_t (*triangle)[3], int n)
{
	for (int t = 0; t < n; t++) {
		struct corners c;

		if (take_corners(&c, xyz, triangle[t]))
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
