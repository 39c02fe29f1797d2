/*
 * look.h - how a person looks: colours of skin, lips, hair and eyes, spots; all belong to the identity
 *
 * Colours are linear light (sRGB's primaries), 1 is white.
 */
#ifndef FRL_SYNTH_LOOK_H
#define FRL_SYNTH_LOOK_H

#include "tools/synth/params.h"

struct synth_look {
	uint64_t seed, identity; /* of the skin's pattern */
	float skin[3], blush[3], lips[3], hair[3], brow[3], iris[3], cloth[3];
	float blush_strength, lip_strength, beard, lashes, variation, spots;
	float brow_weight; /* thickness, 1: usual */
	float hair_volume; /* cm */
	float hair_long;   /* 1: to the collar */
	float hairline;	   /* cm that it lies higher (bald: much) */
	float gloss;
};

void synth_look_draw(struct synth_look *l, const struct synth_options *o, uint64_t identity);

/* sRGB to linear light and back, v in 0..1. */
float synth_linear(float v);
float synth_gamma(float v);

#endif
