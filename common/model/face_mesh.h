/*
 * face_mesh.h - the mesh that a model of 3D faces predicts: levels for the spiral decoder, and how its numbers are scaled
 *
 * Made of a template's triangles and places (mesh.h), and kept as tensors mesh.* beside the weights in the model's file:
 * whoever has the file has the mesh. Level 0 is the mesh itself; each level has a quarter of the vertices of the one before.
 */
#ifndef FRL_MODEL_FACE_MESH_H
#define FRL_MODEL_FACE_MESH_H

#include "common/model/mesh.h"
#include "common/nn/safetensors.h"
#include "common/nn/train_types.h"

enum {
	FACE_MESH_LEVELS = 8,
	FACE_MESH_CHANNELS = 1024,
	FACE_MESH_LENGTH = 64,
	FACE_MESH_POINTS = 1000,
	FACE_MESH_TENSORS = 8 + 4 * FACE_MESH_LEVELS,
};

struct face_mesh_level {
	int32_t *spirals;	 /* [vertices][length] */
	struct mesh_matrix up;	 /* from the next level to this one */
	float *up_single;	 /* up.value */
	struct nn_spiral spiral; /* as the engine takes them: .. */
	struct nn_csr csr[2];	 /* .. with numbers of f32, of f64 */
};

struct face_mesh {
	int levels, length;
	int32_t channels[FACE_MESH_LEVELS];	/* of each level's values, from the finest on */
	int32_t vertices[FACE_MESH_LEVELS + 1]; /* of each level; the last one has no spirals */
	struct face_mesh_level level[FACE_MESH_LEVELS];
	int32_t (*face)[3]; /* [faces] of level 0 */
	int faces;
	int32_t *point; /* [points] vertices that stand for points, such as the 68; may be none */
	int points;
	float (*mean)[3];    /* [vertices[0]] of the training set, in pixels of the input */
	double deviation[1]; /* of all its numbers from the mean */
};

/*
 * Levels, spirals and matrices from a template that mesh_check has passed; channels has `levels` numbers, finest first; point
 * are vertices of it. Mean 0, deviation 1. -1: numbers out of range, or a mesh that is too small for so many levels; f is
 * then empty.
 */
int face_mesh_build(struct face_mesh *f, const struct mesh *m, const int32_t *channels, int levels, int length,
		    const int32_t *point, int points, struct err *e);
void face_mesh_release(struct face_mesh *f); /* harmless on a zeroed struct */

/* What belongs into the model's file; item [FACE_MESH_TENSORS] points into f. Returns how many. */
size_t face_mesh_tensors(const struct face_mesh *f, struct safetensor *item);
/* From a file, of which nothing is believed. -1 names the tensor; f is then empty. */
int face_mesh_read(struct face_mesh *f, const struct safetensors *s, struct err *e);

/* ---- templates */

/*
 * The template in a file: safetensors with mean [V, 3], triangles [F, 3] and perhaps keypoints (what frl-weights import --bfm
 * and frl-synth --template write), or Wavefront OBJ. point (to be freed) is NULL where it has none. Checked by mesh_check.
 */
int face_mesh_template(struct mesh *m, int32_t **point, int *points, const char *path, struct err *e);
/*
 * Keeps the n vertices listed (each once, in that order), the faces between them, and their points: *point must be among them.
 * -1: a number out of range or twice, or nothing left.
 */
int face_mesh_cut(struct mesh *m, int32_t *point, int points, const int32_t *vertex, int n, struct err *e);
/* Numbers of vertices, one a line, of which there are at most `max`; '#' begins a comment. To be freed. */
int face_mesh_numbers(int32_t **number, int *n, int max, const char *path, struct err *e);

#endif
