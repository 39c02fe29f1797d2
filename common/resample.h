/*
 * resample.h - resizing and warping pictures, antialiased
 *
 * Values are those of Pillow's resize (BILINEAR, LANCZOS with reducing support): the same bytes, as long as Pillow takes the
 * horizontal pass first. (Pillow 13 takes it last for pictures that are taller than wide by a third or so and are reduced in
 * height. Then values differ by one level at most with BILINEAR, by several at places with LANCZOS, since bytes are what lies
 * between the passes.) Coordinates are continuous: pixel (0,0) covers [0,1) x [0,1), its centre is at (.5, .5). Pure
 * functions; the same bytes always.
 */
#ifndef FRL_RESAMPLE_H
#define FRL_RESAMPLE_H

#include "common/image.h"

enum resample_filter { RESAMPLE_NEAREST, RESAMPLE_BILINEAR, RESAMPLE_LANCZOS };
/* What lies outside the picture. */
enum resample_fill { RESAMPLE_ZERO, RESAMPLE_EDGE, RESAMPLE_REFLECT };
/* How far from the picture's corner a box may reach, in pixels. */
#define RESAMPLE_FARTHEST 1e6

/* The whole of src to dst's size (dst initialised by the caller with image_init). As Image.resize of Pillow. */
void resample_resize(struct image *dst, const struct image *src, enum resample_filter filter);

/*
 * The axis-parallel box [x0, x1) x [y0, y1) of src, which may reach beyond it, to the whole of dst; separable, with the
 * filter's support widened when reducing, as Pillow's resize(box=) does inside the picture. A box that reaches beyond gives
 * what the picture would give after padding by `fill` to include it (numpy.pad's constant, edge and reflect).
 */
void resample_box(struct image *dst, const struct image *src, double x0, double y0, double x1, double y1,
		  enum resample_filter filter, enum resample_fill fill);

/*
 * General affine: a = {a11 a12 a13 a21 a22 a23} maps source to destination, X = a11 x + a12 y + a13. Sampled at inverse
 * positions; when the map reduces, the filter is widened by the reduction (an antialiased warp), otherwise bilinear.
 */
void resample_affine(struct image *dst, const struct image *src, const double a[6], enum resample_fill fill);

/* The map of destination to source, for a as above. -1: there is none (or a holds a NaN), and b is as it was. */
int affine_invert(double b[6], const double a[6]);

/*
 * Least-squares similarity (rotation, uniform scale, translation, no reflection; Umeyama 1991) from n >= 2 points to n
 * points, each {x, y}. -1 when the source points coincide.
 */
int similarity_fit(double a[6], const double (*src)[2], const double (*dst)[2], int n);

/* The position in [0, n) that stands for position i of a row of n; -1: black. */
int resample_fill_index(int i, int n, enum resample_fill fill);

#endif
