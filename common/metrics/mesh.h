/*
 * mesh.h - errors of 3D faces
 */
#ifndef FRL_METRICS_MESH_H
#define FRL_METRICS_MESH_H

#include <stddef.h>

/* sqrt(w h) of the xy box around the points [n][3]. */
double mesh_box(const double (*truth)[3], size_t n);
/* Mean xy distance over mesh_box. */
double mesh_nme_2d(const double (*pred)[3], const double (*truth)[3], size_t n);
/* Mean xyz distance over mesh_box, after the mean of z was taken from both (PRNet, SADRNet). */
double mesh_nme_3d(const double (*pred)[3], const double (*truth)[3], size_t n);

enum mesh_align {
	MESH_NONE,	 /* as they are, vertex by vertex */
	MESH_SIMILARITY, /* closed form, vertex by vertex */
	MESH_RIGID,	 /* the same without scale */
	MESH_ICP, /* closed form, then rigid ICP; distance of each true vertex to its nearest, of the moved mesh */
	MESH_ICP_MATCH, /* the same nearest vertices, but where the mesh was before (VRN) */
	MESH_ALIGNS,
};
extern const char *const mesh_align_name[MESH_ALIGNS]; /* "none" .. */

/* Vertices that correspond: pred[i] of the prediction to truth[i] of the truth. NULL: all, by number. */
struct mesh_match {
	const size_t *pred, *truth; /* [n] */
	size_t n;
};

/*
 * The reconstruction error: the mean distance over the vertices of the truth [n_truth][3], not normalised. The first three
 * ways need n_pred == n_truth. match starts the closed form.
 */
double mesh_reconstruction(const double (*pred)[3], size_t n_pred, const double (*truth)[3], size_t n_truth,
			   enum mesh_align how, const struct mesh_match *match);

/* 0 for |yaw| up to 30 degrees, 1 up to 60, 2 above; -1 for NaN. */
int mesh_yaw_bin(double yaw);

#endif
