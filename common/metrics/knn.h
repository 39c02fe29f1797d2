/*
 * knn.h - nearest neighbours by cosine, leaving out the vector itself, and what they say about labels
 *
 * The cosine of i and j is (x_i . x_j) / |x_i| |x_j|, products and sums in double in the order of the dimensions, so that results
 * are the same bits on any machine and for any number of threads. A vector of norm 0, or one whose norm is not finite, has
 * cosine 0 with all. Of equally near vectors the one of the lower number is nearer: each i has one list of neighbours.
 */
#ifndef FRL_METRICS_KNN_H
#define FRL_METRICS_KNN_H

#include <stddef.h>
#include <stdint.h>

/*
 * neighbour [n][k], nearest first: of each vector of x [n][dim] the k others of the largest cosine, which goes to cosine [n][k]
 * (may be NULL). 1 <= k < n < 2^32. Memory beside: a few MB a thread. Work: n^2 dim.
 */
void knn_neighbours(const float *x, size_t n, size_t dim, size_t k, int threads, uint32_t *neighbour, double *cosine);

/*
 * What the first k neighbours of i say: the label that most of them have, of equally frequent ones the smallest (as
 * scikit-learn's KNeighborsClassifier with uniform weights).
 */
int64_t knn_vote(const int64_t *label, const uint32_t *neighbour, size_t k);

struct knn_score {
	size_t n;	       /* vectors that were judged */
	size_t classes;	       /* labels that they have */
	double accuracy;       /* share of them whose neighbours vote for their own label; NaN without any */
	double error;	       /* its standard error: sqrt(accuracy (1 - accuracy) / n) */
	double balanced;       /* mean over the classes of the share within the class */
	double balanced_error; /* its standard error: sqrt(sum of p (1 - p) / n of each class) / classes */
};

/* From neighbours [n][k], which must be among the n, and labels [n]. */
struct knn_score knn_score(const int64_t *label, size_t n, const uint32_t *neighbour, size_t k);

/*
 * All in one for a probe: leave-one-out accuracy of x [n][dim]. Vectors with a negative label are neither judged nor
 * neighbours. Where fewer than k others are left, all of them vote; with fewer than two vectors nothing is judged.
 */
struct knn_score knn_leave_one_out(const float *x, size_t n, size_t dim, const int64_t *label, size_t k, int threads);

#endif
