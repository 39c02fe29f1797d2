/*
 * canvas.h - a picture in the making: linear light, three floats a pixel; background, occluders, and what a camera and a file
 * do to it
 */
#ifndef FRL_SYNTH_CANVAS_H
#define FRL_SYNTH_CANVAS_H

#include "common/image.h"
#include "tools/synth/backdrop.h"
#include "tools/synth/params.h"

/* Pixels that a blur reaches at most. */
enum { SYNTH_BLUR = 32 };

struct synth_canvas {
	int size;
	float *rgb;	/* [size][size][3], linear */
	float *scratch; /* as large */
	float *padded;	/* [size + 2 SYNTH_BLUR][3] */
	struct image picture, other;
	struct buf bytes;
};

void synth_canvas_init(struct synth_canvas *c, int size); /* c zeroed */
void synth_canvas_release(struct synth_canvas *c);

/* The background over the whole canvas: one of the user's pictures, or noise. -1: a picture could not be read. */
int synth_background(struct synth_canvas *c, const struct synth_backdrop *b, const struct synth_options *o,
		     const struct synth_picture *p, struct err *e);

/* Something before the face, in `occluder` of the pictures. */
void synth_occlude(struct synth_canvas *c, const struct synth_options *o, const struct synth_picture *p);
/* Which points xy [n][2] of that picture, of size x size pixels, it covers. */
void synth_hidden(const struct synth_options *o, const struct synth_picture *p, int size, const float (*xy)[2], int n,
		  bool *hidden);

/* Blur, the sensor's noise, rounding to bytes, and JPEG, each in some of the pictures; the result is c->picture. */
int synth_degrade(struct synth_canvas *c, const struct synth_options *o, const struct synth_picture *p, struct err *e);
/* The sigma of that blur, in pixels of a picture of 256; 0: none. */
double synth_blur(const struct synth_options *o, const struct synth_picture *p);

#endif
