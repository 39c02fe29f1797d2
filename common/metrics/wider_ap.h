/*
 * wider_ap.h - average precision by the WIDER FACE protocol
 *
 * As the Python port of the official toolbox computes it, to the last digit. Boxes are x, y, width, height; overlaps
 * count pixels (x2 = x + w, sides + 1); a prediction is compared with the face it overlaps best, and only with that one.
 * A prediction on a face that does not count in the subset is no proposal; a second one on a counted face is a mistake.
 * Precision and recall are taken at 1000 thresholds on the min-max normalised score.
 */
#ifndef FRL_METRICS_WIDER_AP_H
#define FRL_METRICS_WIDER_AP_H

#include <stddef.h>
#include <stdint.h>

enum { WIDER_THRESHOLDS = 1000 };

/* Every prediction's face: best[i] = index of the truth box with the highest overlap (the first of equals) if that is at
 * least .5, else -1. truth [n_truth][4], pred [n_pred][5] = x y w h score. */
void wider_match(const double (*truth)[4], size_t n_truth, const double (*pred)[5], size_t n_pred, int32_t *best);

/* What one picture adds to the counts from a threshold on. */
struct wider_step {
	int32_t threshold; /* index, 0 is the highest */
	int32_t proposals;
	int32_t matched;
};

/*
 * The steps of one picture in one subset, by ascending index; at most n_pred of them; returns how many. pred is sorted by
 * descending score, the scores in [0, 1]; keep [n_truth] tells which faces count; used [n_truth] is scratch.
 */
size_t wider_steps(const double (*pred)[5], size_t n_pred, const int32_t *best, const uint8_t *keep, size_t n_truth,
		   uint8_t *used, struct wider_step *step);

/* The sum over pictures. Zero-initialise it. */
struct wider_counts {
	int64_t proposals[WIDER_THRESHOLDS]; /* differences until wider_curve sums them up */
	int64_t matched[WIDER_THRESHOLDS];
	int64_t faces;
};

/* Adds a picture `times` times (a bootstrap takes some pictures twice). */
void wider_add(struct wider_counts *c, const struct wider_step *step, size_t n, int64_t faces, int64_t times);

struct wider_curve {
	double precision[WIDER_THRESHOLDS]; /* NaN where nothing was proposed */
	double recall[WIDER_THRESHOLDS];    /* NaN everywhere if no face counts */
};

void wider_curve(const struct wider_counts *c, struct wider_curve *curve);
/* Area under the precision envelope; NaN if no face counts. */
double wider_ap(const struct wider_curve *curve);

#endif
