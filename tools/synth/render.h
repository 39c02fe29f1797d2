/*
 * render.h - one picture with its truth, from its number
 */
#ifndef FRL_SYNTH_RENDER_H
#define FRL_SYNTH_RENDER_H

#include "tools/synth/camera.h"
#include "tools/synth/canvas.h"
#include "tools/synth/eyes.h"
#include "tools/synth/facs.h"
#include "tools/synth/raster.h"
#include "tools/synth/skin.h"
#include "tools/synth/surface.h"

/* For tests of the geometry: the picture stays as it was drawn, without occluder and degradation. */
struct synth_probe {
	const float *background; /* [3], instead of what would be there */
	/* Changes the light that comes from a place of this picture's face, or of a hole's membrane, in the head's frame. */
	void (*paint)(void *data, const float place[3], float rgb[3]);
	void *data;
};

/* What all pictures share; constant while they are made. */
struct synth_scene {
	struct synth_options options;
	struct synth_frame frame;
	int samples; /* a pixel has that many rows and columns of them */
	struct synth_model model;
	struct synth_surface surface;
	struct synth_regions regions;
	struct synth_backdrop backdrop;
	const struct synth_probe *probe; /* NULL: none */
};

/* What belongs to a person, kept while its pictures are made. */
struct synth_person {
	bool known;
	uint64_t identity;
	struct synth_look look;
	float *base;	     /* [surface.vertices][3], the neutral face */
	float *albedo;	     /* [surface.vertices][3] */
	float *gloss, *hair; /* [surface.vertices] */
	struct synth_eye eye[SYNTH_EYES];
	struct synth_teeth teeth;
};

/* A thread's own. */
struct synth_worker {
	const struct synth_scene *scene;
	struct synth_person person;
	float *p;      /* [surface.vertices][3]: the face of this picture */
	float *normal; /* the same */
	float *xyz;    /* the same: in samples, hair included */
	float *lit;    /* the same: the light that leaves each vertex */
	struct raster raster;
	struct synth_canvas canvas;
};

struct synth_truth {
	struct synth_picture picture;
	struct synth_labels labels;
	struct synth_camera camera;
	double box[4];
	float landmark[SYNTH_LANDMARKS][3]; /* pixels */
	float *mesh;			    /* [model.face_vertices][3], pixels; the caller's, or NULL */
	int hidden;			    /* landmarks under an occluder */
};

void synth_worker_init(struct synth_worker *w, const struct synth_scene *scene);
void synth_worker_release(struct synth_worker *w);

/* Picture i of the run: t but for t->mesh is filled here; the picture is w->canvas.picture, until the next call. */
int synth_render(struct synth_worker *w, uint64_t i, struct synth_truth *t, struct err *e);

#endif
