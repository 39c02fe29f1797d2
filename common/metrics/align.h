/*
 * align.h - laying one cloud of 3D points on another
 */
#ifndef FRL_METRICS_ALIGN_H
#define FRL_METRICS_ALIGN_H

#include <stddef.h>

/* y = scale * rotation x + shift */
struct align {
	double scale;
	double rotation[3][3];
	double shift[3];
};

/*
 * The least-squares similarity that takes from [n][3] to to [n][3], point by point (Umeyama 1991; the rotation by Horn's
 * quaternion, so never a reflection). rigid: scale 1. Points that are all the same give scale 1 and no rotation.
 */
void align_points(const double (*from)[3], const double (*to)[3], size_t n, int rigid, struct align *a);
void align_apply(const struct align *a, const double (*from)[3], size_t n, double (*to)[3]);

/*
 * Rigid point-to-point ICP: rounds of "nearest point of `from` for each point of `to`" and align_points, until the mean
 * distance falls by less than 1e-9 of itself or after `rounds`. from [n_from][3] is moved in place; nearest [n_to] gets the
 * index in from of each point's nearest. Returns the mean distance from the points of `to` to their nearest.
 */
double align_icp(double (*from)[3], size_t n_from, const double (*to)[3], size_t n_to, int rounds, size_t *nearest);

/* ---- nearest neighbours: a k-d tree over points [n][3], which it keeps pointing to */

struct kdtree;
struct kdtree *kdtree_new(const double (*p)[3], size_t n);
/* The index of the nearest point (the lowest of equally near ones is not promised), *square its squared distance. n > 0. */
size_t kdtree_nearest(const struct kdtree *t, const double x[3], double *square);
void kdtree_free(struct kdtree *t);

#endif
