/*
 * train_types.h - the arguments of training's ops (train_ops.h)
 */
#ifndef FRL_NN_TRAIN_TYPES_H
#define FRL_NN_TRAIN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nn_batch {
	int n, c, h, w;
	bool plain;
	void *data;
};

/* w [oc, ic / groups, kh, kw]; dilation 1: none. plain: x is a plain value. */
struct nn_train_conv {
	int ic, oc, kh, kw;
	int stride, pad, dilation, groups;
	bool bias, plain;
};

/* Output length of a side of n. */
static inline int nn_train_conv_out(int n, int k, const struct nn_train_conv *c)
{
	return (n + 2 * c->pad - (k - 1) * c->dilation - 1) / c->stride + 1;
}

/* What a backend prepares for one convolution at one input shape. */
struct nn_conv_plan;

/* Batch norm over N, H and W. A side's arrays are [c]. */
struct nn_bn {
	const double *mean, *inverse; /* 1 / sqrt(variance + eps): of the batch, or the running ones */
	const void *gamma, *beta;
};

struct nn_pool {
	int k, stride, pad;
};

enum nn_act { NN_RELU, NN_ELU, NN_SIGMOID }; /* ELU: alpha 1 */
enum nn_resize { NN_NEAREST, NN_BILINEAR };  /* PyTorch's interpolate, align_corners=False */
enum nn_loss { NN_MSE, NN_L1, NN_SMOOTH_L1 };

/* Zero with probability p, else x / (1 - p). Sample n's draws are those of rng.h for (seed, epoch, sample + n, view). */
struct nn_dropout {
	double p;
	uint64_t seed, sample;
	uint32_t epoch, view;
};

/*
 * One of the two. labels: a class a row, negative: the row is left out. soft: rows [N, K]. margin is taken off the
 * label's own score: with cosines as scores and sharpness s that is CosFace, s (cos - m).
 */
struct nn_targets {
	const int32_t *labels;
	const struct nn_batch *soft;
	double margin;
};

/* Spirals of a mesh of `from` vertices: `rows` lists of `length` vertices each. */
struct nn_spiral {
	int from, rows, length;
	const int32_t *vertex;
};

/* A sparse matrix [rows, cols]: row i has value[begin[i]] .. value[begin[i + 1] - 1], in the columns col[]. */
struct nn_csr {
	int rows, cols;
	const int32_t *begin, *col;
	const void *value;
};

#endif
