/*
 * skin.h - the colour of every vertex: regions of the face that the landmarks mark, and a person's pattern over them
 */
#ifndef FRL_SYNTH_SKIN_H
#define FRL_SYNTH_SKIN_H

#include "tools/synth/look.h"
#include "tools/synth/surface.h"

/* Weights 0..1 of each vertex, on the neutral face. */
struct synth_regions {
	const struct synth_surface *s;
	float *lips, *brow, *lash, *blush, *beard, *shade, *crease; /* [vertices] */
};

void synth_regions_init(struct synth_regions *g, const struct synth_surface *s);
void synth_regions_release(struct synth_regions *g);

/*
 * A person's colours: albedo [vertices][3], linear. gloss [vertices]: the strength of highlights.
 * hair [vertices]: how much of each vertex is hair, for its volume.
 */
void synth_skin_paint(const struct synth_regions *g, const struct synth_look *l, float *albedo, float *gloss,
		      float *hair);

#endif
