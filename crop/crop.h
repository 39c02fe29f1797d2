/*
 * crop.h - what the parts of frl-crop share: its options
 */
#ifndef FRL_CROP_H
#define FRL_CROP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/image.h"
#include "common/resample.h"

enum crop_side { CROP_SIDE_MAX, CROP_SIDE_MEAN, CROP_SIDE_SQRT };
enum crop_box { CROP_BOX_AUTO, CROP_BOX_DET, CROP_BOX_PLAIN };

struct crop_options {
	int w, h;	    /* of a crop; 0: not given */
	double face;	    /* pixels that the face's side S gets in the crop */
	int side;	    /* enum crop_side: how S is made of the box */
	double shift;	    /* the centre moves down by this share of S */
	double margin;	    /* more picture on every side, as a share of the crop's side */
	int fill;	    /* enum resample_fill */
	int filter;	    /* enum resample_filter less RESAMPLE_NEAREST */
	bool align;	    /* five points to the ArcFace template instead of the box */
	const char *points; /* which landmarks those are */
	const char *centre; /* "X,Y,S": columns to take instead of the box */
	double unit;	    /* what S of centre is counted in */
	int box;	    /* enum crop_box */
	double min_face, min_score;
	bool largest, nearest; /* one face a photo */
	int jpeg;	       /* quality; 0: raw */
	const char *label;     /* column */
	const char *root;      /* folder that paths are relative to */
	struct image_limits limits;
};

#endif
