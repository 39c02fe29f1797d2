/* skin.c - see skin.h */
#include "tools/synth/skin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/synth/noise.h"
#include "tools/synth/vec.h"

enum { MOST_SPOTS = 160 };

static const float *landmark(const struct synth_surface *s, int i)
{
	return s->rest + 3 * (size_t)s->m->landmark[i];
}

/* ---- regions, in the plane of the face */

/* Distance of p to the line from a to b, and how far along it (0..1) the nearest place is. */
static float to_line(const float p[3], const float a[3], const float b[3], float *along)
{
	float dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
	float t = length > 0 ? ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length : 0;

	t = vec_clamp(t, 0, 1);
	*along = t;
	return hypotf(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/* Distance to a polygon of n landmarks from `first`, negative inside. */
static float to_polygon(const struct synth_surface *s, const float p[3], int first, int n)
{
	float least = INFINITY, along;
	bool inside = false;

	for (int i = 0; i < n; i++) {
		const float *a = landmark(s, first + i), *b = landmark(s, first + (i + 1) % n);

		least = fminf(least, to_line(p, a, b, &along));
		if ((a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0])
			inside = !inside;
	}
	return inside ? -least : least;
}

static float lips_at(const struct synth_surface *s, const float p[3])
{
	if (p[2] < landmark(s, 48)[2] - 1.5F)
		return 0;
	return 1 - vec_smooth(-.1F, .12F, to_polygon(s, p, 48, 12));
}

/* A brow is a line through its five points, a little below them, that thins out towards the temple. */
static float brow_at(const struct synth_surface *s, const float p[3])
{
	float most = 0;

	if (p[2] < landmark(s, 17)[2] - 1.5F)
		return 0;
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < 4; i++) {
			float a[3], b[3], along, distance, out, half;

			memcpy(a, landmark(s, 17 + 5 * side + i), sizeof a);
			memcpy(b, landmark(s, 18 + 5 * side + i), sizeof b);
			a[1] -= .2F;
			b[1] -= .2F;
			distance = to_line(p, a, b, &along);
			out = ((float)i + along) / 4; /* 0 at the temple for the first side */
			out = side ? 1 - out : out;
			half = .14F + .3F * vec_smooth(0, .55F, out);
			most = fmaxf(most, 1 - vec_smooth(.55F * half, 1.25F * half, distance));
		}
	return most;
}

/* The rim of the lids, the upper one most; of a head that has eyeballs, the line through its landmarks. */
static float lash_at(const struct synth_surface *s, const float p[3])
{
	float most = 0, along;

	for (int i = 0; i < SYNTH_EYES; i++)
		for (int k = 0; k < s->eye[i].n; k++) {
			const float *q = s->rest + 3 * (size_t)s->eye[i].vertex[k];
			float upper = vec_smooth(-.15F, .25F, q[1] - s->rest[3 * (size_t)s->eye_apex[i] + 1]);
			float near = 1 - vec_smooth(.02F, .2F, vec_distance(p, q));

			most = fmaxf(most, near * (.35F + .65F * upper));
		}
	for (int i = 36; i < 48 && s->m->whole; i++) {
		const float *a = landmark(s, i), *b = landmark(s, i % 6 == 5 ? i - 5 : i + 1);
		float near = 1 - vec_smooth(.02F, .16F, to_line(p, a, b, &along));

		if (fabsf(p[2] - a[2]) < 1)
			most = fmaxf(most, near * (i % 6 < 3 ? 1 : .35F));
	}
	return most;
}

static float blob(const float p[3], const float at[3], float radius)
{
	return 1 - vec_smooth(.2F * radius, radius, vec_distance(p, at));
}

/* Cheeks, tip of the nose, ears: where blood shows. */
static float blush_at(const struct synth_surface *s, const float p[3])
{
	float most = blob(p, landmark(s, 30), 1.8F) * .8F;

	for (int side = 0; side < 2; side++) {
		const float *eye = landmark(s, side ? 46 : 41), *corner = landmark(s, side ? 54 : 48);
		float cheek[3];

		for (int k = 0; k < 3; k++)
			cheek[k] = .55F * eye[k] + .45F * corner[k];
		cheek[0] += (float)(side ? 1 : -1) * 1.4F;
		most = fmaxf(most, blob(p, cheek, 3.2F));
	}
	return fmaxf(most, .8F * vec_smooth(6.9F, 8, fabsf(p[0])) * vec_smooth(-3, 0, p[1]));
}

/* Chin, jaw and upper lip. */
static float beard_at(const struct synth_surface *s, const float p[3])
{
	float mouth_y = landmark(s, 48)[1], nose_y = landmark(s, 33)[1];
	float below = 1 - vec_smooth(mouth_y - .2F, mouth_y + 1.4F - .25F * fabsf(p[0]), p[1]);
	float lip = 1 - vec_smooth(nose_y - .9F, nose_y - .3F, p[1]);
	float side = vec_smooth(5, 6.2F, fabsf(p[0])) * (1 - vec_smooth(0, 1.5F, p[1]));
	float jaw = vec_smooth(-9.5F, -8, p[1]) * vec_smooth(1, 3.5F, p[2]);

	lip *= 1 - vec_smooth(2.2F, 3, fabsf(p[0]));
	return fmaxf(fmaxf(below, lip), side) * jaw;
}

/* Rings under the eyes, lids. */
static float shade_at(const struct synth_surface *s, const float p[3])
{
	float most = 0;

	for (int side = 0; side < 2; side++) {
		const float *inner = landmark(s, side ? 42 : 39), *outer = landmark(s, side ? 45 : 36);
		float along, line = to_line(p, inner, outer, &along);
		float depth = p[1] - (inner[1] + along * (outer[1] - inner[1]));

		if (p[2] > outer[2] - 1.5F)
			most = fmaxf(most, (1 - vec_smooth(.3F, 1.2F, line)) * (depth < 0 ? 1 : .7F));
	}
	return most;
}

void synth_regions_init(struct synth_regions *g, const struct synth_surface *s)
{
	float **all[] = { &g->lips, &g->brow, &g->lash, &g->blush, &g->beard, &g->shade, &g->crease };

	g->s = s;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		*all[i] = xcalloc((size_t)s->vertices, sizeof **all[i]);
	for (int v = 0; v < s->vertices; v++) {
		const float *p = s->rest + 3 * (size_t)v;

		g->lips[v] = lips_at(s, p);
		g->brow[v] = brow_at(s, p);
		g->lash[v] = lash_at(s, p);
		g->blush[v] = blush_at(s, p);
		g->beard[v] = beard_at(s, p) * (1 - g->lips[v]);
		g->shade[v] = shade_at(s, p);
		/* Folds that see little of the sky keep redder light: nostrils, the line between the lips. */
		g->crease[v] = 1 - s->open[v];
	}
}

void synth_regions_release(struct synth_regions *g)
{
	float *all[] = { g->lips, g->brow, g->lash, g->blush, g->beard, g->shade, g->crease };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
	*g = (struct synth_regions){ 0 };
}

/* ---- a person's pattern */

static void blend(float out[3], const float to[3], float t)
{
	for (int k = 0; k < 3; k++)
		out[k] += t * (to[k] - out[k]);
}

struct spot {
	float at[3], radius, strength;
};

static int draw_spots(struct spot *spot, const struct synth_surface *s, const struct synth_look *l)
{
	struct rng r;
	int freckles, moles, n = 0;

	synth_rng(&r, l->seed, SYNTH_FOR_SKIN, l->identity, 0);
	freckles = (int)((MOST_SPOTS - 20) * l->spots);
	moles = (int)rng_below(&r, 7);
	for (int i = 0; i < freckles + moles; i++) {
		bool mole = i >= freckles;
		/* Freckles lie about the nose and the cheeks, moles anywhere. */
		float x = (float)(mole ? synth_uniform(&r, -6, 6) : 2.6 * rng_normal(&r));
		float y = (float)(mole ? synth_uniform(&r, -7, 8) : 1.2 + 1.5 * rng_normal(&r));
		float least = INFINITY;
		int nearest = 0;

		for (int v = 0; v < s->m->face_vertices; v += 3) {
			const float *p = s->rest + 3 * (size_t)v;
			float d = hypotf(p[0] - x, p[1] - y) - .05F * p[2];

			if (d < least) {
				least = d;
				nearest = v;
			}
		}
		memcpy(spot[n].at, s->rest + 3 * (size_t)nearest, sizeof spot[n].at);
		spot[n].radius = (float)synth_uniform(&r, .1, mole ? .28 : .22);
		spot[n].strength = (float)(mole ? synth_uniform(&r, .4, .8) : l->spots * synth_uniform(&r, .15, .45));
		n++;
	}
	return n;
}

static void paint_spots(const struct synth_surface *s, const struct synth_look *l, float *albedo)
{
	struct spot spot[MOST_SPOTS];
	int n = draw_spots(spot, s, l);

	for (int v = 0; v < s->m->face_vertices; v++)
		for (int i = 0; i < n; i++) {
			const float *p = s->rest + 3 * (size_t)v;
			float *a = albedo + 3 * (size_t)v, dark;

			if (fabsf(p[0] - spot[i].at[0]) > .3F || fabsf(p[1] - spot[i].at[1]) > .3F)
				continue;
			dark = spot[i].strength *
			       (1 - vec_smooth(.3F * spot[i].radius, spot[i].radius, vec_distance(p, spot[i].at)));
			a[0] *= 1 - .55F * dark;
			a[1] *= 1 - .8F * dark;
			a[2] *= 1 - .9F * dark;
		}
}

/* Where hair is, 0..1: a person's own hairline and length. */
static float scalp_of(const struct synth_regions *g, const struct synth_look *l, int v, float fine)
{
	const float *p = g->s->rest + 3 * (size_t)v;
	uint32_t seed = noise_hash((uint32_t)l->seed, (uint32_t)l->identity, 78);
	bool hood = v >= g->s->hood, behind = hood || (v >= g->s->m->face_vertices && p[2] < 0);
	float front = vec_smooth(5, 8, p[1]) * vec_smooth(2, 5, p[2]);
	float wave = (.2F * noise2(seed, .7F * p[0], 3) + .15F * noise2(seed + 1, 3.5F * p[0], .6F * p[1])) *
		     (1 - vec_smooth(9.5F, 10.5F, p[1]));
	float scalp = vec_smooth(.25F, .75F, g->s->scalp[v] + .15F * fine - front * (.3F * l->hairline + wave));

	if (hood && l->hairline > 5 && p[1] > 4)
		return .2F * scalp;
	if (behind && l->hair_long > 0)
		return fmaxf(scalp, vec_smooth(-9.5F, -8.5F, p[1]));
	return scalp;
}

/* One vertex: skin, then what lies over it. */
static void paint(const struct synth_regions *g, const struct synth_look *l, int v, float *a, float *gloss, float *hair)
{
	const float *p = g->s->rest + 3 * (size_t)v;
	uint32_t seed = noise_hash((uint32_t)l->seed, (uint32_t)l->identity, 77);
	float coarse = noise3_sum(seed, .35F * p[0], .35F * p[1], .35F * p[2], 3, .6F);
	float red = noise3_sum(seed + 50, .6F * p[0], .6F * p[1], .6F * p[2], 2, .6F);
	float fine = noise3(seed + 90, 4.1F * p[0], 4.1F * p[1], 4.1F * p[2]);
	float strand = noise3(seed + 91, 6 * p[0] + 2 * p[2], 1.1F * p[1], 3 * p[2]);
	float scalp, brow;

	for (int k = 0; k < 3; k++)
		a[k] = l->skin[k] * (1 + l->variation * (.07F * coarse + .035F * fine));
	a[1] *= 1 - l->variation * .05F * red;
	a[2] *= 1 - l->variation * .05F * red;
	blend(a, l->blush, g->blush[v] * l->blush_strength);
	blend(a, (float[]){ .62F * a[0], .5F * a[1], .5F * a[2] }, .3F * g->shade[v]);
	blend(a, (float[]){ .8F * a[0], .45F * a[1], .4F * a[2] }, .8F * g->crease[v] * (1 - g->lips[v]));
	blend(a, l->brow, .8F * l->beard * g->beard[v] * (.75F + .25F * fine));
	blend(a, (float[]){ l->lips[0] * (1 + .08F * fine), l->lips[1] * (1 + .08F * fine), l->lips[2] },
	      g->lips[v] * l->lip_strength);
	brow = vec_smooth(.25F, .8F, g->brow[v] * (.7F + .3F * l->brow_weight) + .18F * fine);
	blend(a, l->brow, .85F * fminf(1, l->brow_weight) * brow);
	blend(a, (float[]){ .02F, .015F, .012F }, l->lashes * g->lash[v]);
	scalp = scalp_of(g, l, v, fine);
	blend(a,
	      (float[]){ l->hair[0] * (1 + .35F * strand), l->hair[1] * (1 + .35F * strand),
			 l->hair[2] * (1 + .35F * strand) },
	      scalp);
	if (v >= g->s->m->face_vertices)
		blend(a, l->cloth, 1 - vec_smooth(-9.8F, -9.2F, p[1]));
	*hair = scalp * (1 + 1.8F * l->hair_long * (1 - vec_smooth(-4, 2, p[1])));
	*gloss = l->gloss * (1 - .5F * scalp) * (1 - .8F * g->brow[v]) * (1 + 2 * g->lips[v]);
}

void synth_skin_paint(const struct synth_regions *g, const struct synth_look *l, float *albedo, float *gloss,
		      float *hair)
{
	for (int v = 0; v < g->s->vertices; v++)
		paint(g, l, v, albedo + 3 * (size_t)v, gloss + v, hair + v);
	paint_spots(g->s, l, albedo);
}
