/* look.c - see look.h */
#include "tools/synth/look.h"

#include <math.h>

#include "tools/synth/vec.h"

float synth_linear(float v)
{
	return v <= .04045F ? v / 12.92F : powf((v + .055F) / 1.055F, 2.4F);
}

float synth_gamma(float v)
{
	return v <= .0031308F ? 12.92F * v : 1.055F * powf(v, 1 / 2.4F) - .055F;
}

/* A place in a row of n colours given as sRGB bytes, t in 0..1. */
static void pick(float out[3], const uint8_t (*row)[3], int n, double t)
{
	double at = t * (n - 1);
	int i = at >= n - 1 ? n - 2 : (int)at;
	float part = (float)(at - i);

	for (int k = 0; k < 3; k++)
		out[k] = (1 - part) * synth_linear(row[i][k] / 255.F) + part * synth_linear(row[i + 1][k] / 255.F);
}

static void scale(float out[3], const float in[3], float r, float g, float b)
{
	out[0] = in[0] * r;
	out[1] = in[1] * g;
	out[2] = in[2] * b;
}

static void draw_skin(struct synth_look *l, struct rng *r)
{
	/* From light to dark: the tones that photographs show, in the order of melanin. */
	static const uint8_t tone[][3] = {
		{ 240, 208, 190 }, { 231, 188, 164 }, { 221, 170, 140 }, { 203, 149, 118 },
		{ 176, 122, 92 },  { 141, 92, 67 },   { 106, 68, 49 },	 { 78, 50, 38 },
	};
	double dark = rng_f64(r), warm = synth_uniform(r, -1, 1);

	pick(l->skin, tone, sizeof tone / sizeof *tone, dark);
	scale(l->skin, l->skin, (float)(1 + .04 * warm), 1, (float)(1 - .08 * warm));
	l->blush_strength = (float)(synth_uniform(r, .15, .7) * (1 - .5 * dark));
	scale(l->blush, l->skin, .95F, .62F, .62F);
	l->lip_strength = (float)synth_uniform(r, .55, 1);
	scale(l->lips, l->skin, (float)synth_uniform(r, .72, .95), (float)synth_uniform(r, .38, .55),
	      (float)synth_uniform(r, .42, .6));
	l->gloss = (float)synth_uniform(r, .02, .1);
	l->variation = (float)synth_uniform(r, .5, 1.3);
	l->spots = rng_f64(r) < .3 ? (float)synth_uniform(r, .2, 1) : 0;
}

static void draw_hair(struct synth_look *l, struct rng *r)
{
	static const uint8_t colour[][3] = {
		{ 22, 18, 17 }, { 38, 27, 21 }, { 62, 42, 29 }, { 96, 64, 40 }, { 150, 110, 66 }, { 196, 164, 112 },
	};
	double light = rng_f64(r);

	/* Fair hair is rare, and rarer over dark skin. */
	pick(l->hair, colour, sizeof colour / sizeof *colour, light * light * vec_smooth(.02F, .3F, l->skin[1]));
	if (rng_f64(r) < .12)
		for (int k = 0; k < 3; k++)
			l->hair[k] = .4F * l->hair[k] + .6F * synth_linear((float)(.68 + .02 * (2 - k) / 2));
	scale(l->brow, l->hair, .75F, .7F, .68F);
	l->hair_volume = (float)synth_uniform(r, .25, 1.3);
	l->hair_long = rng_f64(r) < .4;
	l->hairline = rng_f64(r) < .1 ? 6 : (float)(.7 * rng_normal(r));
	l->hairline = vec_clamp(l->hairline, -1.2F, 6);
	l->hair_long *= l->hairline < 5;
	l->brow_weight = (float)synth_uniform(r, .55, 1.3);
	l->beard = rng_f64(r) < .35 ? (float)synth_uniform(r, .15, .75) : 0;
	l->lashes = (float)synth_uniform(r, .45, .9);
}

static void draw_iris(struct synth_look *l, struct rng *r)
{
	static const uint8_t brown[][3] = { { 38, 22, 14 }, { 92, 56, 28 } };
	static const uint8_t light[][3] = { { 84, 110, 140 }, { 110, 128, 120 }, { 104, 116, 72 } };

	if (rng_f64(r) < .3 + .7 * (1 - vec_smooth(.1F, .45F, l->skin[1])))
		pick(l->iris, brown, 2, rng_f64(r));
	else
		pick(l->iris, light, 3, rng_f64(r));
}

void synth_look_draw(struct synth_look *l, const struct synth_options *o, uint64_t identity)
{
	struct rng r;

	*l = (struct synth_look){ .seed = o->seed, .identity = identity };
	synth_rng(&r, o->seed, SYNTH_FOR_LOOK, identity, 0);
	draw_skin(l, &r);
	draw_hair(l, &r);
	draw_iris(l, &r);
	for (int k = 0; k < 3; k++)
		l->cloth[k] = (float)synth_uniform(&r, .02, .6);
}
