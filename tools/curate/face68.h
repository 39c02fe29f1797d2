/*
 * face68.h - the 68 points of 300W's scheme
 */
#ifndef FRL_CURATE_FACE68_H
#define FRL_CURATE_FACE68_H

enum { FACE68 = 68 };

/* x1 y1 x2 y2 around n points, dims numbers each. */
void face68_box(const double *point, int n, int dims, double box[4]);
/* Points of a picture to those of its mirror image, where column x becomes sum - x: left and right change names. */
void face68_mirror(double point[2 * FACE68], double sum);

#endif
