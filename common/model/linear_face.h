/*
 * linear_face.h - a linear model of 3D faces (frl-weights import --bfm) and a face of it in a picture
 *
 * A vertex is mean + sum a_k identity_k + sum b_e expression_e, in the model's unit: x to the picture's right, y up, z to the
 * viewer.
 */
#ifndef FRL_MODEL_LINEAR_FACE_H
#define FRL_MODEL_LINEAR_FACE_H

#include "common/err.h"

enum { LINEAR_FACE_POSE = 7 };

struct linear_face {
	int vertices, identities, expressions;
	float *mean;	   /* [vertices][3] */
	float *identity;   /* [identities][vertices][3] */
	float *expression; /* [expressions][vertices][3] */
};

/* From safetensors with tensors mean, identity and expression. -1 names the file and the tensor. Release m in any case. */
int linear_face_open(struct linear_face *m, const char *path, struct err *e);
void linear_face_release(struct linear_face *m);

/* out [vertices][3]; a [identities], b [expressions]. */
void linear_face_shape(const struct linear_face *m, const float *a, const float *b, float *out);
/*
 * Vertices v [n][3] into a picture as 3DDFA has it: scale * R * v + translation, and y turned into flip - y. pose: pitch, yaw, roll
 * in radians, translation x y z, scale; R = Rx(pitch) Ry(yaw) Rz(roll) with Rx rows (1 0 0) (0 c s) (0 -s c), Ry (c 0 -s) (0 1 0)
 * (s 0 c), Rz (c s 0) (-s c 0) (0 0 1). flip is the picture's height + 1 for coordinates that count from 1.
 */
void linear_face_project(float *v, int n, const float pose[LINEAR_FACE_POSE], float flip);

#endif
