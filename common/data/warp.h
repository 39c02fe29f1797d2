/*
 * warp.h - a picture on its way into a downstream task: turned, scaled, moved, mirrored, with colours changed; and its
 * labels by the same map
 *
 * One affine map takes the picture (its continuous coordinates, pixel (0, 0) covers [0, 1) x [0, 1)) to the network's input,
 * and warp_point takes its landmarks or vertices along, so that they cannot part. The picture as a whole fits the input
 * (a longer side keeps its proportion; what lies outside is black), is mirrored, turned and scaled about the middle, then
 * moved. Draws are pure functions of (seed, epoch, sample, view), as augment.h's.
 */
#ifndef FRL_DATA_WARP_H
#define FRL_DATA_WARP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/data/augment.h"

struct warp {
	int size;	    /* the input's side, pixels */
	double rotation;    /* U(-r, r), degrees */
	double scale[2];    /* U(least, most); {1, 1}: none */
	double translation; /* U(-t, t) of the side, along x and along y */
	double flip_p;
	double jitter[AUGMENT_COLOURS]; /* as augment.h; all 0: none */
	double blur_p;
	int blur_taps[2]; /* uniform; an even number becomes the odd one above; sigma .3 ((taps - 1) / 2 - 1) + .8 */
	float mean[3], std[3]; /* of channels in 0..1, in the order of the input's channels */
	bool bgr;	       /* the input's channels are blue, green, red */
};

/* Ranges: -1 and a reason. Whatever passes is safe for the functions below. */
int warp_check(const struct warp *p, struct err *e);

struct warp_draws {
	double a[6];  /* a11 a12 a13 a21 a22 a23: input = a (x, y, 1) */
	double scale; /* lengths along z (vertices) scale by it: what both axes scale by */
	bool flip, blur;
	uint8_t order[AUGMENT_COLOURS];
	double factor[AUGMENT_COLOURS]; /* 1 (hue: 0): left out */
	int taps;
	double sigma;
};

/* For a picture of w x h. */
void warp_draw(struct warp_draws *d, const struct warp *p, int w, int h, uint64_t seed, uint32_t epoch, uint64_t sample,
	       uint32_t view);
/* Nothing is changed but the size: for evaluation. */
void warp_none(struct warp_draws *d, const struct warp *p, int w, int h);
static inline void warp_point(const double a[6], double x, double y, double out[2])
{
	out[0] = a[0] * x + a[1] * y + a[2];
	out[1] = a[3] * x + a[4] * y + a[5];
}

/* out [3][size][size], normalised. src has the size that was drawn for. */
void warp_apply(const struct warp *p, const struct warp_draws *d, const struct image *src, struct augment_scratch *s,
		float *out);

#endif
