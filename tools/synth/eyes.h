/*
 * eyes.h - what is seen through the holes of a mask: eyeballs behind the lids, teeth and darkness behind the lips
 *
 * Places are in the head's frame, cm. An eyeball is the sphere of a usual radius that lies best against the rim of the lids of
 * the neutral face of that person; it turns with eyeLook*. Teeth stand on two elliptic arches, the lower of which follows the
 * chin.
 */
#ifndef FRL_SYNTH_EYES_H
#define FRL_SYNTH_EYES_H

#include "tools/synth/light.h"
#include "tools/synth/look.h"
#include "tools/synth/surface.h"

struct synth_eye {
	float centre[3], radius;
	float gaze[3][3]; /* head's frame from the eye's, whose axis is z */
};

struct synth_teeth {
	float front, half_width, depth; /* of the arches */
	float upper, lower;		/* y where the teeth's edges are */
	float tall;			/* from edge to gums */
};

/* Of a person, from the neutral face p [vertices][3]. */
void synth_eye_fit(struct synth_eye *e, const struct synth_surface *s, const float *p, int side);
void synth_teeth_fit(struct synth_teeth *t, const struct synth_surface *s, const float *p);
/* Of a picture: turns the eye; moves the lower teeth as the chin moved from `neutral` to p. */
void synth_eye_turn(struct synth_eye *e, const struct synth_model *m, const float *weight, int side);
void synth_teeth_move(struct synth_teeth *t, const struct synth_surface *s, const float *neutral, const float *p);

/*
 * The colour that a ray finds. middle: 0 at the hole's rim .. 1 at its middle, for the shadow of lids and lips. r turns the
 * head into the camera's frame.
 */
struct synth_ray {
	float origin[3], toward[3], middle;
};
void synth_eye_colour(const struct synth_eye *e, const struct synth_look *l, const struct synth_light *light,
		      const float r[3][3], const struct synth_ray *ray, float rgb[3]);
/* The colour of an eyeball's surface by the direction from its middle (unit length, in the eye's own frame). */
void synth_eyeball_albedo(const struct synth_look *l, const float d[3], float rgb[3]);
void synth_mouth_colour(const struct synth_teeth *t, const struct synth_look *l, const struct synth_light *light,
			const float r[3][3], const struct synth_ray *ray, float rgb[3]);

#endif
