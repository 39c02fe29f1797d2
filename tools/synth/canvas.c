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
}

void synth_canvas_release(struct synth_canvas *c)
{
	free(c->rgb);
	free(c->scratch);
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

/*
 * Two colours mixed by noise of some coarseness, a third in blocks with straight edges (walls, windows), and a gradient. The
 * noise is computed on a coarse grid: it has no detail below that.
 */
static void noise_background(struct synth_canvas *c, struct rng *r)
{
	enum { GRID = 4 };
	float a[3], b[3], block[3], shift = (float)synth_uniform(r, 0, 100), slope = (float)synth_uniform(r, -.4, .4);
	float coarse = (float)synth_uniform(r, 2, 9) / (float)c->size, tilt = (float)synth_uniform(r, -.3, .3);
	float edge = (float)synth_uniform(r, -.4, .9), wide = (float)synth_uniform(r, 2, 6);
	uint32_t seed = rng_u32(r);

	draw_colour(r, a, .08, .95);
	draw_colour(r, b, .08, .95);
	draw_colour(r, block, .08, .95);
	for (int y = 0; y < c->size; y += GRID)
		for (int x = 0; x < c->size; x += GRID) {
			float u = (float)x / (float)c->size, v = (float)y / (float)c->size, rgb[3];
			float t = .5F + .6F * noise3_sum(seed, coarse * (float)x, coarse * (float)y, shift, 3, .5F);
			float wall = noise2(seed + 9, wide * (u + tilt * v), .7F * wide * (v - tilt * u));

			t = vec_clamp(t, 0, 1);
			wall = vec_smooth(edge, edge + .04F, wall);
			for (int k = 0; k < 3; k++) {
				rgb[k] = a[k] + t * (b[k] - a[k]);
				rgb[k] += .8F * wall * (block[k] - rgb[k]);
				rgb[k] *= 1 + slope * (v - .5F);
			}
			for (int py = y; py < y + GRID && py < c->size; py++)
				for (int px = x; px < x + GRID && px < c->size; px++)
					for (int k = 0; k < 3; k++)
						pixel(c, px, py)[k] = rgb[k];
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

struct occluder {
	float x, y, half_w, half_h, c, s; /* middle, half sides, cosine and sine of its turn */
	bool round;
};

/* How much of a place it covers: 0 or 1, between them within a pixel of its edge. */
static float cover(const struct occluder *k, float x, float y)
{
	float u = k->c * (x - k->x) + k->s * (y - k->y), v = -k->s * (x - k->x) + k->c * (y - k->y), inside;

	if (k->round) {
		float d = hypotf(u / k->half_w, v / k->half_h);
		inside = (1 - d) * fminf(k->half_w, k->half_h);
	} else {
		inside = fminf(k->half_w - fabsf(u), k->half_h - fabsf(v));
	}
	return vec_clamp(inside + .5F, 0, 1);
}

int synth_occlude(struct synth_canvas *c, const struct synth_options *o, const struct synth_picture *p, const float *xy,
		  int n)
{
	struct occluder k;
	struct rng r;
	float colour[3], side = (float)c->size;
	double turn;
	uint32_t seed;
	int hidden = 0;

	synth_rng(&r, o->seed, SYNTH_FOR_OCCLUDER, p->identity, p->sample + 1);
	if (rng_f64(&r) >= o->occluder)
		return 0;
	turn = synth_uniform(&r, 0, 3.14159265);
	k.c = (float)cos(turn);
	k.s = (float)sin(turn);
	k.round = rng_f64(&r) < .5;
	k.x = side * (float)synth_uniform(&r, .1, .9);
	k.y = side * (float)synth_uniform(&r, .1, .9);
	k.half_w = side * (float)synth_uniform(&r, .05, .2);
	k.half_h = side * (float)synth_uniform(&r, .05, .2);
	draw_colour(&r, colour, .1, .9);
	seed = rng_u32(&r);
	for (int y = 0; y < c->size; y++)
		for (int x = 0; x < c->size; x++) {
			float a = cover(&k, (float)x + .5F, (float)y + .5F), shade;

			if (a <= 0)
				continue;
			shade = .85F + .25F * noise2(seed, .06F * (float)x, .06F * (float)y);
			for (int i = 0; i < 3; i++)
				pixel(c, x, y)[i] += a * (colour[i] * shade - pixel(c, x, y)[i]);
		}
	for (int i = 0; i < n; i++)
		hidden += cover(&k, xy[2 * i], xy[2 * i + 1]) >= .5F;
	return hidden;
}
