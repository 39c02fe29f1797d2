/*
 * naive.h - the training contract in double, by loops that read like the definitions
 *
 * The reference that every backend's ops are held against. Its layout is dense [N, C, H, W] (block 1), its numbers are
 * f64, parameters included, so that a whole network can run in double.
 */
#ifndef FRL_TESTS_NAIVE_H
#define FRL_TESTS_NAIVE_H

#include "common/nn/train_ops.h"

const struct nn_train *nn_train_naive(void);

/* ---- naive_ops.c, for the table in naive.c */

void naive_bn_stats(const struct nn_train *b, const struct nn_batch *x, double *mean, double *m2);
void naive_bn_apply(const struct nn_train *b, const struct nn_batch *x, const struct nn_bn *bn,
		    const struct nn_batch *res, double slope, const struct nn_batch *y);
void naive_bn_backward_sums(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
			    const struct nn_batch *y, const struct nn_bn *bn, double slope, double *sum_g,
			    double *sum_gx);
void naive_bn_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
		       const struct nn_batch *y, const struct nn_bn *bn, double slope, const double *sum_g,
		       const double *sum_gx, double count, const struct nn_batch *dx, bool accumulate,
		       const struct nn_batch *dres, bool accumulate_res);
void naive_maxpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y, uint8_t *which);
void naive_maxpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const uint8_t *which, const struct nn_batch *dx, bool accumulate);
void naive_avgpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y);
void naive_avgpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const struct nn_batch *dx, bool accumulate);
void naive_global_avgpool(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y);
void naive_global_avgpool_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *dx,
				   bool accumulate);

/* ---- naive_heads.c */

void naive_add(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c, const struct nn_batch *y);
void naive_act(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y);
void naive_act_backward(const struct nn_train *b, enum nn_act act, const struct nn_batch *y, const struct nn_batch *dy,
			const struct nn_batch *dx, bool accumulate);
void naive_dropout(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
		   const struct nn_batch *y, bool accumulate);
void naive_resize(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x, const struct nn_batch *y,
		  bool accumulate);
void naive_resize_backward(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate);
void naive_concat(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y);
void naive_concat_backward(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
			   bool accumulate);
void naive_l2norm(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm);
void naive_l2norm_backward(const struct nn_train *b, const struct nn_batch *y, const double *norm,
			   const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate);
double naive_softmax_ce(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			double sharpness, double scale, const struct nn_batch *dx, bool accumulate);
double naive_loss(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x, const struct nn_batch *target,
		  const struct nn_batch *mask, double beta, double scale, const struct nn_batch *dx, bool accumulate);
void naive_gather(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		  const struct nn_batch *y);
void naive_gather_backward(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate);
void naive_spmm(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x, const struct nn_batch *y);
void naive_spmm_backward(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			 const struct nn_batch *dx, bool accumulate);

/* The number at [n, c, y, x]. */
static inline double *naive_at(const struct nn_batch *v, int n, int c, int y, int x)
{
	return (double *)v->data + (((size_t)n * (size_t)v->c + (size_t)c) * (size_t)v->h + (size_t)y) * (size_t)v->w +
	       (size_t)x;
}

static inline size_t naive_count(const struct nn_batch *v)
{
	return (size_t)v->n * (size_t)v->c * (size_t)v->h * (size_t)v->w;
}

/* Zeros, unless a gradient is added to what is there. */
static inline void naive_clear(const struct nn_batch *v, bool accumulate)
{
	double *d = v->data;

	for (size_t i = 0; !accumulate && i < naive_count(v); i++)
		d[i] = 0;
}

#endif
