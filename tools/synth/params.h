/*
 * params.h - what is drawn at random for a person and for a picture
 *
 * Every number is a pure function of (seed, person or picture, purpose): pictures are the same on any number of threads, in
 * any order, however many are made.
 */
#ifndef FRL_SYNTH_PARAMS_H
#define FRL_SYNTH_PARAMS_H

#include "common/rng.h"
#include "tools/synth/model.h"

/* The distribution; angles in degrees, lengths in cm. */
struct synth_options {
	uint64_t seed;
	int64_t first_identity;
	int per_identity;
	double shape_limit;	 /* identity coefficients are N(0,1), drawn again beyond it */
	double yaw, pitch, roll; /* uniform within +- this */
	double active;		 /* share of the faces in which an expression shape is active */
	double asymmetry;	 /* the two sides of a shape differ by up to this share of its weight */
	double near, far;	 /* the camera's distance from the head's mean depth, log-uniform */
	bool weak;		 /* scaled orthographic instead */
	double spread;		 /* a face is up to so many times larger or smaller than asked, log-uniform; 1: never */
	double jitter;		 /* of the box's edges, in shares of its sides */
	double occluder;	 /* share of the pictures that have one */
	double degrade;		 /* 0: clean .. 1: as strong as the man page says */
};

#define SYNTH_OPTIONS_DEFAULT \
	{ \
		.per_identity = 20, .shape_limit = 2.5, .yaw = 30, .pitch = 20, .roll = 15, .active = .2, \
		.asymmetry = .2, .near = 50, .far = 200, .spread = 1, .jitter = .05, .occluder = .2, .degrade = 1 \
	}

/* What draws are for; part of the stream's name, so that a new purpose changes no other draw. */
enum synth_purpose {
	SYNTH_FOR_SHAPE,
	SYNTH_FOR_LOOK,
	SYNTH_FOR_SKIN,
	SYNTH_FOR_EXPRESSION,
	SYNTH_FOR_POSE,
	SYNTH_FOR_CAMERA,
	SYNTH_FOR_BOX,
	SYNTH_FOR_LIGHT,
	SYNTH_FOR_BACKGROUND,
	SYNTH_FOR_OCCLUDER,
	SYNTH_FOR_DEGRADE,
	SYNTH_FOR_NOISE,
};

/* A stream of draws for a person (sample 0) or for one of its pictures (sample 1 on). */
void synth_rng(struct rng *r, uint64_t seed, enum synth_purpose purpose, uint64_t identity, uint32_t sample);
/* [low, high). */
double synth_uniform(struct rng *r, double low, double high);

struct synth_picture {
	uint64_t identity; /* number from 0 */
	uint32_t sample;   /* of that identity, from 0 */
	float coefficient[SYNTH_MAX_MODES];
	float weight[SYNTH_MAX_SHAPES];
	double pitch, yaw, roll; /* degrees */
	double distance;	 /* INFINITY: --camera weak */
	double zoom;		 /* of the face, by spread */
	double jitter[4];	 /* added to x1 y1 x2 y2, in shares of the box's width and height */
};

/* The i-th picture of a run. Identity coefficients are those of `model`; weights follow its list of shapes. */
void synth_draw(struct synth_picture *p, const struct synth_options *o, const struct synth_model *m, uint64_t i);
/* "synth/SEED/IDENTITY/SAMPLE"; the record's key is its hash. id has room for 64. */
void synth_id(char *id, const struct synth_options *o, const struct synth_picture *p);

#endif
