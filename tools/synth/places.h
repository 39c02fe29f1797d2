/*
 * places.h - points of other schemes than the 68, as vertices of a model that marks 68
 *
 * Each point is the face's vertex that lies nearest to a place between two of the 68, some of them moved down a little, on the
 * neutral face: not the published definition. Pupils and the mouth's middle are means of several.
 */
#ifndef FRL_SYNTH_PLACES_H
#define FRL_SYNTH_PLACES_H

#include "tools/synth/output.h"

/* t of the way from point a to point b, and so many cm further down; or, a SYNTH_MEAN, the mean of t points from b on. */
struct synth_place {
	int a, b;
	float t, down;
};

enum { SYNTH_MEAN = -1, SYNTH_PLACES = 98, SYNTH_COFW = 29, SYNTH_AFLW = 19 };

/* COFW's 29 points and AFLW's 19, in their order. */
extern const struct synth_place synth_cofw_places[SYNTH_COFW], synth_aflw_places[SYNTH_AFLW];

/* The vertex of each of n places; -1 for a mean. */
void synth_places_find(const struct synth_model *m, const struct synth_place *p, int n, int32_t *vertex);
/* Where they are in the picture: xy [n][2] in pixels. Needs the job's truth.mesh. */
void synth_places_at(const struct synth_job *j, const struct synth_place *p, const int32_t *vertex, int n,
		     float (*xy)[2]);
/* Which of them the occluder covers, or lie where the skin is turned away from the camera. */
void synth_places_hidden(const struct synth_scene *s, const struct synth_job *j, const struct synth_place *p,
			 const int32_t *vertex, int n, bool *hidden);

#endif
