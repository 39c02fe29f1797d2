/*
 * light.h - what falls on a surface that faces a direction: second-order spherical harmonics, in the camera's frame
 *
 * The light's own colours come from a sky and a ground and from two distant lamps; the irradiance of a lamp is its clamped
 * cosine to second order (Ramamoorthi and Hanrahan, 2001).
 */
#ifndef FRL_SYNTH_LIGHT_H
#define FRL_SYNTH_LIGHT_H

#include "tools/synth/params.h"

struct synth_light {
	float c[3][10]; /* of each colour: 1, x, y, z, xx, yy, zz, xy, xz, yz */
	float key[3];	/* towards the stronger lamp, unit length */
	float highlight[3];
};

void synth_light_draw(struct synth_light *l, const struct synth_options *o, const struct synth_picture *p);
/* e[3] for a unit normal n; >= 0. White that faces the camera gets about 1. */
void synth_light_at(const struct synth_light *l, const float n[3], float e[3]);
/* What a glossy surface adds, for the direction to the viewer (0, 0, 1). */
float synth_light_gloss(const struct synth_light *l, const float n[3], int sharpness);

#endif
