/*
 * nme.h - errors of landmarks: normalised mean error, cumulative error distribution, its area, failures
 */
#ifndef FRL_METRICS_NME_H
#define FRL_METRICS_NME_H

#include <stddef.h>

/* The mean distance between points [n][dims] of two shapes, not normalised. NaN for n = 0. */
double nme_distance(const double *pred, const double *truth, size_t n, int dims);

/* What a face's error is divided by. */
enum nme_normaliser {
	NME_OUTER_EYE_CORNERS, /* distance of the outer corners (inter-ocular) */
	NME_EYE_CENTRES,       /* distance of the means of the eyes' points, or of the pupils */
	NME_BOX,	       /* sqrt(w h) of a box given */
	NME_DIAGONAL,	       /* sqrt(w^2 + h^2) of a box given */
	NME_POINTS_BOX,	       /* sqrt(w h) of the box around the true points */
	NME_POINTS_DIAGONAL,
	NME_NORMALISERS,
};
extern const char *const nme_normaliser_name[NME_NORMALISERS]; /* "outer-eye-corners" .. */

/*
 * The divisor of one face. truth [n][2]; box x1 y1 x2 y2 (used by NME_BOX and NME_DIAGONAL only). NaN if the normaliser is
 * not defined for n points: outer eye corners are for 5 (the eyes themselves), 19, 29, 68 and 98 points, eye centres for 5,
 * 19, 68 and 98.
 */
double nme_divisor(enum nme_normaliser how, const double *truth, size_t n, const double box[4]);

/* Sorts n errors; NaNs go to the end and their number is returned. */
size_t nme_sort(double *error, size_t n);
/* The share of n sorted errors that are <= x; NaN for n = 0. */
double nme_ced(const double *sorted, size_t n, double x);
/*
 * The area under the curve up to tau, divided by tau: Simpson's rule on the grid k * 1e-4, k = 0 .. round(tau / 1e-4),
 * which must be even (nme_threshold_ok). The failure rate is 1 - nme_ced(tau).
 */
double nme_auc(const double *sorted, size_t n, double tau);
int nme_threshold_ok(double tau);

#endif
