/*
 * landmarks.h - points of a face as heatmaps, and what a mirror does to them
 *
 * Coordinates are continuous: pixel (0, 0) of a map covers [0, 1) x [0, 1), its centre is at (.5, .5).
 */
#ifndef FRL_MODEL_LANDMARKS_H
#define FRL_MODEL_LANDMARKS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which point a mirrored face's point k was: [n], an involution (HRNet's and FAN's lists) for the sets of 68, 98 (WFLW), 29
 * (COFW), 19 (AFLW) and 5 points; NULL for other numbers.
 */
const int *landmarks_mirror(int n);

enum landmarks_compat { LANDMARKS_SUBPIXEL, LANDMARKS_HRNET };

/*
 * Adds nothing to what is there: map [side_y][side_x] is zeroed, then a Gaussian of peak 1 is drawn about (x, y), in
 * pixels of the map. Subpixel: about that very place, to 3 sigma along each axis. HRNet: about the centre of the pixel that
 * (x, y) is cut off to, with its window of (int) (6 sigma + 1) pixels; nothing where y <= 0. A place far outside or NaN: an
 * empty map.
 */
void landmarks_draw(float *map, int w, int h, double x, double y, double sigma, enum landmarks_compat compat);

/*
 * The place of a map's peak and its value. Subpixel: from the highest pixel on along each axis by the parabola through the
 * logarithms of it and its neighbours, which is exact for a Gaussian (at most half a pixel; a quarter towards the
 * larger neighbour where a logarithm is missing). HRNet: a quarter towards the larger neighbour inside, none on the border;
 * (0, 0) where no value is above 0.
 */
double landmarks_peak(const float *map, int w, int h, enum landmarks_compat compat, double at[2]);

#endif
