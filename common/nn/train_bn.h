/*
 * train_bn.h - batch norm's loops over one plane (a block of channels of one sample), one set per instruction set
 *
 * Every set gives the same bits: lanes are channels, sums run in f32 over BN_RUN pixels and in double from there on, and
 * nothing is contracted.
 */
#ifndef FRL_NN_TRAIN_BN_H
#define FRL_NN_TRAIN_BN_H

#include "common/nn/train_internal.h"

enum { BN_RUN = 64, LANES = TRAIN_MAX_BLOCK };

/* A block's numbers, with zeros where there is no channel. */
struct lanes {
	float mean[LANES], inverse[LANES], scale[LANES], beta[LANES];
};

/* Where a gradient goes: NULL is nowhere. */
struct target {
	void *p;
	bool accumulate;
};

/* The batch's sums divided by its count. */
struct means {
	float g[LANES], gx[LANES];
};

/* x, res, y, dy and the targets are a plane of a value: floats, or bf16 in the sets of that name. */
struct bn_planes {
	/* Sums of x - shift and of its square are added to sum and squares. */
	void (*shifted_sums)(const void *x, size_t pixels, const float *shift, double *sum, double *squares);
	void (*apply)(const void *x, const void *res, size_t pixels, const struct lanes *l, float slope, void *y);
	void (*gradient_sums)(const void *dy, const void *x, const void *y, size_t pixels, const struct lanes *l,
			      float slope, double *sum_g, double *sum_gx);
	void (*gradient)(const void *dy, const void *x, const void *y, size_t pixels, const struct lanes *l,
			 const struct means *m, float slope, const struct target *dx, const struct target *dres);
};

extern const struct bn_planes bn_planes_generic8, bn_planes_generic16;
extern const struct bn_planes bn_planes_generic8_bf16, bn_planes_generic16_bf16;
#if defined(__x86_64__)
extern const struct bn_planes bn_planes_avx2, bn_planes_avx512; /* blocks of 8, of 16 */
extern const struct bn_planes bn_planes_avx2_bf16, bn_planes_avx512_bf16;
#endif

#endif
