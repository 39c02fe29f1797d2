/*
 * surface.h - what is drawn: the model's triangles, and what closes a mask that has holes
 *
 * A mask is open at eyes and mouth and along its rim. Each hole gets a membrane, a fan to a point in its middle: what is seen
 * through it is not the membrane but what a ray finds behind it (eyes.h), so that nothing can be seen past an eyeball or
 * between lips, and lids always lie over the eyeball. The rim is continued around the back of the head by rings (the hood).
 */
#ifndef FRL_SYNTH_SURFACE_H
#define FRL_SYNTH_SURFACE_H

#include "tools/synth/model.h"

enum synth_material {
	SYNTH_SKIN,
	SYNTH_EYE_RIGHT, /* the person's right: left in the picture */
	SYNTH_EYE_LEFT,
	SYNTH_MOUTH,
	SYNTH_HOOD,
	/* of the whole head only */
	SYNTH_SOCKET,
	SYNTH_GUMS,
	SYNTH_TEETH,
	SYNTH_BALL_RIGHT,
	SYNTH_BALL_LEFT,
	SYNTH_MATERIALS,
};

enum { SYNTH_EYES = 2, SYNTH_RINGS = 7 };

/* A closed line along a hole's edge, in the order of the triangles that it bounds. */
struct synth_loop {
	int n; /* 0: there is no such hole */
	int32_t *vertex;
};

struct synth_surface {
	const struct synth_model *m;
	int vertices; /* the model's, then those of membranes and hood */
	int triangles;
	int skin; /* the first ones: those of the model, closed by the others; seen from outside only */
	int32_t (*triangle)[3];
	uint8_t *material; /* [triangles], enum synth_material */
	float *rest;	   /* [vertices][3]: the neutral face, which the skin's pattern lies on */
	float *open;	   /* [vertices] 0..1: how much of the sky it sees (ambient occlusion), 1 for membranes */
	float *scalp;	   /* [vertices] 0..1: where hair grows */
	struct synth_loop eye[SYNTH_EYES], mouth, rim;
	int eye_apex[SYNTH_EYES], mouth_apex, hood; /* first vertices of what was added */
};

/* Right eye, left eye and mouth of a model that is a mask; vertices to be freed, n 0 for a hole that is not there. */
void synth_surface_holes(const struct synth_model *m, struct synth_loop hole[3]);
int synth_surface_init(struct synth_surface *s, const struct synth_model *m, int threads, struct err *e);
void synth_surface_release(struct synth_surface *s);

/*
 * Completes a face whose first m->vertices positions are known by membranes and hood, and computes its normals; p and normal
 * are [vertices][3].
 */
void synth_surface_complete(const struct synth_surface *s, float *p, float *normal);
/* Unit normals of all vertices, from the triangles around each. */
void synth_surface_normals(const struct synth_surface *s, const float *p, float *normal);

#endif
