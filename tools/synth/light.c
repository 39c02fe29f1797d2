/* light.c - see light.h */
#include "tools/synth/light.h"

#include <math.h>

#include "tools/synth/vec.h"

/* Adds a lamp of that strength in that direction: max(0, cosine) to second order. */
static void add_lamp(struct synth_light *l, const float d[3], const float strength[3])
{
	for (int k = 0; k < 3; k++) {
		float s = strength[k], square = s * 15 / 32, *c = l->c[k];

		c[0] += s * (1 / 4.F - 5 / 32.F);
		for (int i = 0; i < 3; i++) {
			c[1 + i] += s / 2 * d[i];
			c[4 + i] += square * d[i] * d[i];
		}
		c[7] += 2 * square * d[0] * d[1];
		c[8] += 2 * square * d[0] * d[2];
		c[9] += 2 * square * d[1] * d[2];
	}
}

/* Light from everywhere, more of it from above. */
static void add_sky(struct synth_light *l, const float sky[3], const float ground[3])
{
	for (int k = 0; k < 3; k++) {
		l->c[k][0] += (sky[k] + ground[k]) / 2;
		l->c[k][2] += (sky[k] - ground[k]) / 2;
	}
}

static void tint(struct rng *r, float out[3], double strength, double most)
{
	double warm = synth_uniform(r, -most, most), green = synth_uniform(r, -most, most) / 4;

	out[0] = (float)(strength * (1 + warm));
	out[1] = (float)(strength * (1 + green));
	out[2] = (float)(strength * (1 - warm));
}

static void draw_direction(struct rng *r, float d[3], double azimuth, double low, double high)
{
	double a = synth_uniform(r, -azimuth, azimuth), h = synth_uniform(r, low, high);

	d[0] = (float)(sin(a) * cos(h));
	d[1] = (float)sin(h);
	d[2] = (float)(cos(a) * cos(h));
}

void synth_light_draw(struct synth_light *l, const struct synth_options *o, const struct synth_picture *p)
{
	struct rng r;
	float sky[3], ground[3], lamp[3], d[3], front[3];
	double ambient, exposure;

	*l = (struct synth_light){ 0 };
	synth_rng(&r, o->seed, SYNTH_FOR_LIGHT, p->identity, p->sample + 1);
	ambient = synth_uniform(&r, .2, .75);
	tint(&r, sky, 1.25 * ambient, .12);
	tint(&r, ground, synth_uniform(&r, .25, .9) * ambient, .12);
	add_sky(l, sky, ground);
	draw_direction(&r, l->key, 1.3, -.2, 1.1);
	tint(&r, lamp, synth_uniform(&r, .5, 1.6), .15);
	add_lamp(l, l->key, lamp);
	for (int k = 0; k < 3; k++)
		l->highlight[k] = lamp[k];
	draw_direction(&r, d, 2.6, -.5, .8);
	tint(&r, lamp, synth_uniform(&r, 0, .5), .25);
	add_lamp(l, d, lamp);
	/* The exposure that a camera would choose for the face's front, and miss a little. */
	exposure = pow(2, synth_uniform(&r, -.7, .15));
	synth_light_at(l, (const float[]){ 0, 0, 1 }, front);
	exposure /= fmax(.3 * front[0] + .6 * front[1] + .1 * front[2], .2);
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < 10; i++)
			l->c[k][i] *= (float)exposure;
		l->highlight[k] *= (float)exposure;
	}
}

void synth_light_at(const struct synth_light *l, const float n[3], float e[3])
{
	const float x = n[0], y = n[1], z = n[2];

	for (int k = 0; k < 3; k++) {
		const float *c = l->c[k];
		float v = c[0] + c[1] * x + c[2] * y + c[3] * z + c[4] * x * x + c[5] * y * y + c[6] * z * z +
			  c[7] * x * y + c[8] * x * z + c[9] * y * z;

		e[k] = v > 0 ? v : 0;
	}
}

float synth_light_gloss(const struct synth_light *l, const float n[3], int sharpness)
{
	/* Half way between the lamp and the viewer, Blinn's highlight. */
	float half[3] = { l->key[0], l->key[1], l->key[2] + 1 }, c;

	vec_unit(half);
	c = vec_dot(n, half);
	if (c <= 0)
		return 0;
	for (int i = 0; i < sharpness; i++)
		c *= c;
	return c;
}
