/*
 * model.h - the ICT face model (github.com/ICT-VGL/ICT-FaceKit, MIT): a neutral face and what is added to it
 *
 * A face is neutral + sum of coefficient * mode (identity, N(0,1) each) + sum of weight * shape (expressions, 0..1). Positions
 * are in centimetres: x to the person's left (the picture's right), y up, z to the front.
 */
#ifndef FRL_SYNTH_MODEL_H
#define FRL_SYNTH_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum {
	SYNTH_LANDMARKS = 68,
	SYNTH_MAX_VERTICES = 100000,
	SYNTH_MAX_TRIANGLES = 200000,
	SYNTH_MAX_MODES = 300,
	SYNTH_MAX_SHAPES = 100,
	SYNTH_NAME = 32,
};

struct synth_model {
	int vertices;
	int face_vertices; /* the first ones: the skin of face, ears and neck, which is the mesh of the truth */
	int triangles;
	int modes, shapes;
	float *neutral;			   /* [vertices][3] */
	float *delta;			   /* [modes + shapes][vertices][3] */
	char (*shape)[SYNTH_NAME];	   /* [shapes]: "jawOpen", "mouthSmile_L", .. */
	int32_t (*triangle)[3];		   /* [triangles], counter-clockwise from outside */
	int32_t landmark[SYNTH_LANDMARKS]; /* vertices of the 68 points of Multi-PIE and 300W */
	bool whole;			   /* with head, eyeballs and teeth: the published folder's 26,719 vertices */
};

/*
 * Reads the folder `path`: either the published FaceXModel folder (generic_neutral_mesh.obj, identity000.obj .., a file for each
 * expression, vertex_indices.json) or compact arrays (neutral_Vx3.f32, deltas_NxVx3.f32, triangles_Tx3.i32, names.txt,
 * landmarks68.txt). -1 names the file and what is wrong with it; m is then empty.
 */
int synth_model_load(struct synth_model *m, const char *path, int threads, struct err *e);
void synth_model_release(struct synth_model *m);

/* The shape's number, or -1. */
int synth_model_shape(const struct synth_model *m, const char *name);
/* out [vertices][3] = in + sum of weight[i] * delta[first + i], n of them; in and out may be the same. */
void synth_model_add(const struct synth_model *m, float *out, const float *in, int first, const float *weight, int n);

/* What the two forms share: indices in range, finite numbers, no landmark outside the face. */
int synth_model_check(const struct synth_model *m, const char *path, struct err *e);
/* The published form (facex.c). */
int synth_facex_load(struct synth_model *m, const char *path, int threads, struct err *e);

#endif
