/*
 * detections.h - faces found: box, score, five landmarks; and non-maximum suppression
 */
#ifndef FRL_MODEL_DETECTIONS_H
#define FRL_MODEL_DETECTIONS_H

#include <stddef.h>

/* In pixels of the picture; a box is (x1, y1) to (x2, y2), corners as the reference computes them (may lie outside). */
struct detection {
	float x1, y1, x2, y2;
	float score;
	float point[5][2]; /* left eye, right eye, nose, left and right mouth corner, as seen in the picture */
};

struct detections {
	struct detection *item;
	size_t n, cap;
};

void detections_add(struct detections *d, const struct detection *x);
void detections_release(struct detections *d);

/*
 * Greedy non-maximum suppression as the reference: by falling score (equal scores: the later one in d first, as a
 * reversed stable sort has it), a box is dropped when its IoU with a kept one, areas with +1 pixel, is above `iou`.
 * Leaves the kept ones in d, by falling score.
 */
void detections_nms(struct detections *d, float iou);
/* Keeps the faces whose sides are both at least min_size and, when max is not 0, the first max. */
void detections_filter(struct detections *d, float min_size, size_t max);

#endif
