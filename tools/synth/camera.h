/*
 * camera.h - from the head to the picture
 *
 * A vertex v of the head is turned, q = R v - mean(R v), mean over the face's vertices; seen from the distance d in front of
 * it, u = q.xy d / (d - q.z) (weak: u = q.xy); and put into the picture by a similarity that the box, or the alignment, gives:
 *	X = a11 u.x + a12 (-u.y) + a13,  Y = a21 u.x + a22 (-u.y) + a23,  Z = |a| q.z
 * all in pixels: x right, y down, z towards the viewer from the head's mean depth. Pixel (0,0) covers the square from (0,0) to
 * (1,1).
 *
 * R = Rx(pitch) Ry(yaw) Rz(roll) as in 300W-LP: a positive yaw turns the nose to the picture's left, a positive pitch up, and
 * a positive roll turns the head clockwise, as seen in the picture.
 */
#ifndef FRL_SYNTH_CAMERA_H
#define FRL_SYNTH_CAMERA_H

#include "tools/synth/params.h"

struct synth_camera {
	float r[3][3];
	double mean[3];	 /* of R v, cm */
	double distance; /* cm; INFINITY: weak */
	double a[6];
	double scale; /* pixels per cm at the head's mean depth */
};

struct synth_frame {
	int size;    /* of the picture */
	double face; /* pixels that the box's larger side gets */
	bool align;  /* five points onto the ArcFace template instead */
};

void synth_rotation(float r[3][3], double pitch, double yaw, double roll);
/* Chooses the map for a face v [m->vertices][3]; box gets x1 y1 x2 y2 in pixels of the picture, jitter included. */
void synth_camera_look(struct synth_camera *c, const struct synth_frame *f, const struct synth_picture *p,
		       const struct synth_model *m, const float *v, double box[4]);
/* xyz [n][3] in pixels; what lies behind the camera or too near to it (1 cm) is put at 1 cm. */
void synth_camera_project(const struct synth_camera *c, const float *v, int n, float *xyz);
/* The ray through a point of the picture, in the head's frame; towards the head, of any length. */
void synth_camera_ray(const struct synth_camera *c, double x, double y, float origin[3], float toward[3]);

#endif
