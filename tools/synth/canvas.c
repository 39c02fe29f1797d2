/* canvas.c - see canvas.h: the background, occluders */
#include "tools/synth/canvas.h"

#include <math.h>
#include <stdlib.h>

#include "common/resample.h"
#include "tools/synth/look.h"
#include "tools/synth/noise.h"
#include "tools/synth/vec.h"

void synth_canvas_init(struct synth_canvas *c, int size)
{
	size_t n = 3 * (size_t)size * (size_t)size;

	c->size = size;
	c->rgb = xrealloc_array(NULL, n, sizeof *c->rgb);
	c->scratch = xrealloc_array(NULL, n, sizeof *c->scratch);
	c->padded = xrealloc_array(NULL, 3 * ((size_t)size + 2 * SYNTH_BLUR), sizeof *c->padded);
}

void synth_canvas_release(struct synth_canvas *c)
{
	free(c->rgb);
	free(c->scratch);
	free(c->padded);
	image_release(&c->picture);
	image_release(&c->other);
	buf_release(&c->bytes);
	*c = (struct synth_canvas){ 0 };
}

static float *pixel(const struct synth_canvas *c, int x, int y)
{
	return c->rgb + 3 * ((size_t)y * (size_t)c->size + (size_t)x);
}

static void draw_colour(struct rng *r, float rgb[3], double low, double high)
{
	double grey = synth_uniform(r, low, high), strength = synth_uniform(r, 0, .35);

	for (int k = 0; k < 3; k++)
		rgb[k] = synth_linear((float)vec_clamp((float)(grey * (1 + strength * synth_uniform(r, -1, 1))), 0, 1));
}

/* ---- round and straight things, before the face or behind it */

struct occluder {
	float x, y, half_w, half_h, c, s; /* middle, half sides, cosine and sine of its turn */
	float soft;			  /* pixels over which its edge fades */
	bool round;
};

/* How much of a place it covers: 0 or 1, between them near its edge. */
static float cover(const struct occluder *k, float x, float y)
{
	float u = k->c * (x - k->x) + k->s * (y - k->y), v = -k->s * (x - k->x) + k->c * (y - k->y), inside;

	if (k->round) {
		float d = hypotf(u / k->half_w, v / k->half_h);
		inside = (1 - d) * fminf(k->half_w, k->half_h);
	} else {
		inside = fminf(k->half_w - fabsf(u), k->half_h - fabsf(v));
	}
	return vec_clamp(inside / k->soft + .5F, 0, 1);
}

/* The pixels that it may cover: columns x0 to x1 - 1, rows y0 to y1 - 1. */
static void extent(const struct occluder *k, int size, int *x0, int *x1, int *y0, int *y1)
{
	float w = fabsf(k->c) * k->half_w + fabsf(k->s) * k->half_h + k->soft;
	float h = fabsf(k->s) * k->half_w + fabsf(k->c) * k->half_h + k->soft, most = (float)size;

	*x0 = (int)vec_clamp(k->x - w, 0, most);
	*x1 = (int)vec_clamp(k->x + w + 1, 0, most);
	*y0 = (int)vec_clamp(k->y - h, 0, most);
	*y1 = (int)vec_clamp(k->y + h + 1, 0, most);
}

/* ---- background */

/* A square of a picture, chosen at random, not smaller than half of what fits. */
static int picture_background(struct synth_canvas *c, const struct synth_backdrop *b, struct rng *r, struct err *e)
{
	uint64_t n = synth_backdrop_count(b);
	double side, x, y;

	if (synth_backdrop_get(b, (uint64_t)(rng_f64(r) * (double)n), &c->other, e) < 0)
		return -1;
	side = (c->other.w < c->other.h ? c->other.w : c->other.h) * synth_uniform(r, .5, 1);
	x = rng_f64(r) * (c->other.w - side);
	y = rng_f64(r) * (c->other.h - side);
	image_resize(&c->picture, c->size, c->size);
	resample_box(&c->picture, &c->other, x, y, x + side, y + side, RESAMPLE_BILINEAR, RESAMPLE_EDGE);
	for (int py = 0; py < c->size; py++)
		for (int px = 0; px < c->size; px++)
			for (int k = 0; k < 3; k++)
				pixel(c, px, py)[k] = synth_linear(image_at(&c->picture, px, py)[k] / 255.F);
	return 0;
}

/* Two colours mixed by noise of some coarseness, and a gradient from top to bottom; computed on a grid and spread over it. */
static void noise_wall(struct synth_canvas *c, struct rng *r)
{
	enum { GRID = 8 };
	float a[3], b[3], shift = (float)synth_uniform(r, 0, 100), slope = (float)synth_uniform(r, -.5, .5);
	float coarse = (float)(1.2 * pow(5, rng_f64(r))) / (float)c->size, depth = (float)synth_uniform(r, .2, .9);
	uint32_t seed = rng_u32(r);
	int n = c->size / GRID + 2;
	float *grid = c->scratch; /* [n][n][3] */

	draw_colour(r, a, .1, .95);
	draw_colour(r, b, .1, .95);
	for (int i = 0; i < n * n; i++) {
		float x = (float)(i % n * GRID), y = (float)(i / n * GRID);
		float t = .5F + depth * noise3_sum(seed, coarse * x, coarse * y, shift, 3, .5F);

		t = vec_clamp(t, 0, 1);
		for (int k = 0; k < 3; k++)
			grid[3 * i + k] = (a[k] + t * (b[k] - a[k])) * (1 + slope * (y / (float)c->size - .5F));
	}
	for (int y = 0; y < c->size; y++)
		for (int x = 0; x < c->size; x++) {
			const float *g = grid + 3 * (y / GRID * n + x / GRID), *below = g + 3 * n;
			float u = (float)(x % GRID) / GRID, v = (float)(y % GRID) / GRID;

			for (int k = 0; k < 3; k++)
				pixel(c, x, y)[k] = (1 - v) * ((1 - u) * g[k] + u * g[k + 3]) +
						    v * ((1 - u) * below[k] + u * below[k + 3]);
		}
}

/* Lays a colour over what the thing covers, a share of `strength` of it. */
static void paint_over(struct synth_canvas *c, const struct occluder *k, const float colour[3], float strength)
{
	int x0, x1, y0, y1;

	extent(k, c->size, &x0, &x1, &y0, &y1);
	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++) {
			float a = strength * cover(k, (float)x + .5F, (float)y + .5F);

			for (int i = 0; i < 3 && a > 0; i++)
				pixel(c, x, y)[i] += a * (colour[i] - pixel(c, x, y)[i]);
		}
}

/* A wall with up to four things that have straight edges: windows, doors, furniture, far and out of focus. */
static void noise_background(struct synth_canvas *c, struct rng *r)
{
	int things = (int)rng_below(r, 5);
	double tilt = synth_uniform(r, -.12, .12);

	noise_wall(c, r);
	while (things-- > 0) {
		struct occluder k = { .c = (float)cos(tilt), .s = (float)sin(tilt), .soft = (float)c->size / 60 };
		float colour[3], side = (float)c->size;

		k.x = side * rng_f32(r);
		k.y = side * rng_f32(r);
		k.half_w = side * (float)synth_uniform(r, .05, .4);
		k.half_h = side * (float)synth_uniform(r, .05, .5);
		draw_colour(r, colour, .08, .95);
		paint_over(c, &k, colour, (float)synth_uniform(r, .3, 1));
	}
}

int synth_background(struct synth_canvas *c, const struct synth_backdrop *b, const struct synth_options *o,
		     const struct synth_picture *p, struct err *e)
{
	struct rng r;

	synth_rng(&r, o->seed, SYNTH_FOR_BACKGROUND, p->identity, p->sample + 1);
	if (synth_backdrop_count(b))
		return picture_background(c, b, &r, e);
	noise_background(c, &r);
	return 0;
}

/* ---- occluders */

/* Where it is; false: this picture has none. r then gives what it looks like. */
static bool draw_occluder(struct occluder *k, struct rng *r, const struct synth_options *o,
			  const struct synth_picture *p, int size)
{
	float side = (float)size;
	double turn;

	synth_rng(r, o->seed, SYNTH_FOR_OCCLUDER, p->identity, p->sample + 1);
	if (rng_f64(r) >= o->occluder)
		return false;
	turn = synth_uniform(r, 0, 3.14159265);
	k->soft = 1;
	k->c = (float)cos(turn);
	k->s = (float)sin(turn);
	k->round = rng_f64(r) < .5;
	k->x = side * (float)synth_uniform(r, .1, .9);
	k->y = side * (float)synth_uniform(r, .1, .9);
	k->half_w = side * (float)synth_uniform(r, .05, .2);
	k->half_h = side * (float)synth_uniform(r, .05, .2);
	return true;
}

void synth_hidden(const struct synth_options *o, const struct synth_picture *p, int size, const float (*xy)[2], int n,
		  bool *hidden)
{
	struct occluder k = { 0 };
	struct rng r;
	bool any = draw_occluder(&k, &r, o, p, size);

	for (int i = 0; i < n; i++)
		hidden[i] = any && cover(&k, xy[i][0], xy[i][1]) >= .5F;
}

void synth_occlude(struct synth_canvas *c, const struct synth_options *o, const struct synth_picture *p)
{
	struct occluder k = { 0 };
	struct rng r;
	float colour[3];
	uint32_t seed;
	int x0, x1, y0, y1;

	if (!draw_occluder(&k, &r, o, p, c->size))
		return;
	draw_colour(&r, colour, .1, .9);
	seed = rng_u32(&r);
	extent(&k, c->size, &x0, &x1, &y0, &y1);
	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++) {
			float a = cover(&k, (float)x + .5F, (float)y + .5F), shade;

			if (a <= 0)
				continue;
			shade = .85F + .25F * noise2(seed, .06F * (float)x, .06F * (float)y);
			for (int i = 0; i < 3; i++)
				pixel(c, x, y)[i] += a * (colour[i] * shade - pixel(c, x, y)[i]);
		}
}
