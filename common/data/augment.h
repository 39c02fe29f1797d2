/*
 * augment.h - one view of a picture as SwAV sees it: random crop, colour jitter, grey, blur, flip, normalised
 *
 * What is drawn is apart from what is done with it. A draw is a pure function of (seed, epoch, sample, view) and the
 * picture's size: the same on any number of threads or ranks, after a resume or not. Distributions are torchvision's
 * (RandomResizedCrop, ColorJitter, RandomGrayscale, RandomHorizontalFlip) and the SwAV code's (Gaussian blur); pixels,
 * given the draws, are those that Pillow and OpenCV give.
 */
#ifndef FRL_DATA_AUGMENT_H
#define FRL_DATA_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/data/colour.h"
#include "common/data/planes.h"
#include "common/err.h"
#include "common/image.h"

#define AUGMENT_LARGEST 4095

/* How the views of one size are made. */
struct augment {
	int size;			/* the view's side, pixels */
	double area[2];			/* of the crop, as a share of the picture's */
	double aspect[2];		/* the crop's width / height, log-uniform */
	double jitter[AUGMENT_COLOURS]; /* factors U(max(0, 1 - j), 1 + j); hue U(-j, j) of the circle; 0: none */
	double jitter_p, grey_p, blur_p, flip_p;
	double sigma[2];       /* of the blur, uniform; pixels of the view */
	int blur_taps;	       /* odd */
	float mean[3], std[3]; /* of channels in 0..1: (v / 255 - mean) / std */
};

/*
 * The SwAV code's values (.228, where others have .229, is what was trained with). For 224 pixels the area is .14 to 1, for 96
 * it is .05 to .14.
 */
#define AUGMENT_SWAV(side, least, most) \
	{ \
		.size = (side), .area = { (least), (most) }, .aspect = { 3. / 4, 4. / 3 }, \
		.jitter = { .8, .8, .8, .2 }, .jitter_p = .8, .grey_p = .2, .blur_p = .5, .flip_p = .5, \
		.sigma = { .1, 2 }, .blur_taps = 23, .mean = { .485f, .456f, .406f }, \
		.std = { .228f, \
			 .224f, \
			 .225f } \
	}

/* Ranges: -1 and a reason where a value is outside of what it may be. Whatever passes is safe for the functions below. */
int augment_check(const struct augment *a, struct err *e);

struct augment_draws {
	int x, y, w, h; /* the crop, inside the picture */
	bool jitter, grey, blur, flip;
	uint8_t order[AUGMENT_COLOURS]; /* of enum augment_colour: first to last */
	double factor[AUGMENT_COLOURS]; /* 1 (hue: 0): the operation is left out */
	double sigma;
};

/* For a picture of w x h >= 1 x 1. Ranges of epoch and view as rng.h has them. */
void augment_draw(struct augment_draws *d, const struct augment *a, int w, int h, uint64_t seed, uint32_t epoch,
		  uint64_t sample, uint32_t view);

enum augment_form {
	AUGMENT_PLANES,	    /* float [3][size][size], normalised */
	AUGMENT_PIXELS,	    /* float [size][size][3], normalised */
	AUGMENT_BYTES,	    /* uint8_t [size][size][3], not normalised */
	AUGMENT_BYTE_PLANES /* uint8_t [3][size][size], not normalised */
};

/* Scratch memory of one thread; zeroed before its first use, grows to the largest view. */
struct augment_scratch {
	struct image crop;
	uint8_t *planes;
	float *blur;
	int size; /* what planes and blur are large enough for */
};
void augment_scratch_release(struct augment_scratch *s);
/* Room for a view of size pixels a side, crop of that size (for warp.h, too). */
void augment_scratch_grow(struct augment_scratch *s, int size);

/*
 * out: as form says, owned by the caller. src is at least as large as the picture of the draws, and 8 bytes after its last
 * pixel may be read (image.h gives them; a mapped record that is not the file's last has them).
 */
void augment_apply(const struct augment *a, const struct augment_draws *d, const struct image *src,
		   struct augment_scratch *s, enum augment_form form, void *out);

/* What AUGMENT_PLANES gives from what AUGMENT_BYTE_PLANES gives. */
void augment_normalise(const struct augment *a, const uint8_t *planes, float *out);

#endif
