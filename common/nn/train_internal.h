/*
 * train_internal.h - the CPU's training ops, which train_cpu.c puts into one struct
 */
#ifndef FRL_NN_TRAIN_INTERNAL_H
#define FRL_NN_TRAIN_INTERNAL_H

#include "common/nn/bf16.h"
#include "common/nn/train_ops.h"

enum { TRAIN_MAX_BLOCK = 16 };

static inline bool train_is_bf16(const struct nn_train *b)
{
	return b->elem == sizeof(uint16_t);
}

/* Number i of an array of them, as a constant of the compiler's where loops have to be fast. */
static inline __attribute__((always_inline)) float train_get(bool bf16, const void *p, size_t i)
{
	return bf16 ? bf16_value(((const uint16_t *)p)[i]) : ((const float *)p)[i];
}

static inline __attribute__((always_inline)) void train_put(bool bf16, void *p, size_t i, float v)
{
	if (bf16)
		((uint16_t *)p)[i] = bf16_of(v);
	else
		((float *)p)[i] = v;
}

static inline int train_blocks(const struct nn_train *b, int c)
{
	return (c + b->block - 1) / b->block;
}

/* Numbers of one block of channels of one sample. */
static inline size_t train_plane_size(const struct nn_train *b, const struct nn_batch *v)
{
	return (size_t)v->h * (size_t)v->w * (size_t)b->block;
}

static inline size_t train_elem(const struct nn_train *b, const struct nn_batch *v)
{
	return v->plain ? sizeof(float) : b->elem;
}

/* Block cb of sample n of a value that is not plain. */
static inline void *train_plane_at(const struct nn_train *b, const struct nn_batch *v, int n, int cb)
{
	size_t i = (size_t)n * (size_t)train_blocks(b, v->c) + (size_t)cb;

	return (char *)v->data + i * train_plane_size(b, v) * b->elem;
}

/* ---- values in f32. Ops in bf16 that are no loops of their own run on copies in f32 (train_bf16.c). */

static inline float *train_plane(const struct nn_train *b, const struct nn_batch *v, int n, int cb)
{
	return (float *)v->data + ((size_t)n * (size_t)train_blocks(b, v->c) + (size_t)cb) * train_plane_size(b, v);
}

/* Channels of block cb that exist. */
static inline int train_lanes(const struct nn_train *b, int c, int cb)
{
	int n = c - cb * b->block;

	return n < b->block ? n : b->block;
}

/* Where channel c of sample n begins, and the distance between its pixels. */
static inline float *train_channel(const struct nn_train *b, const struct nn_batch *v, int n, int c, size_t *step)
{
	if (v->plain) {
		*step = 1;
		return (float *)v->data + ((size_t)n * (size_t)v->c + (size_t)c) * (size_t)v->h * (size_t)v->w;
	}
	*step = (size_t)b->block;
	return train_plane(b, v, n, c / b->block) + c % b->block;
}

/* Row n of a value with H = W = 1. */
static inline float *train_row(const struct nn_train *b, const struct nn_batch *v, int n)
{
	return (float *)v->data + (size_t)n * (size_t)train_blocks(b, v->c) * (size_t)b->block;
}

/* Numbers in memory, those of absent channels among them. */
static inline size_t train_numbers(const struct nn_train *b, const struct nn_batch *v)
{
	size_t c = (size_t)(v->plain ? v->c : train_blocks(b, v->c) * b->block);

	return (size_t)v->n * c * (size_t)v->h * (size_t)v->w;
}

/* Whether convolutions in bf16 may run on the machine's own instructions. */
bool train_native_bf16(const struct nn_train *b);
void train_upload(const struct nn_train *b, const void *src, const struct nn_batch *v);
void train_download(const struct nn_train *b, const struct nn_batch *v, void *dst);
void train_same_shape(const struct nn_batch *a, const struct nn_batch *b, const char *op);
/* Channels past the last one become zero. */
void train_zero_pad(const struct nn_train *b, const struct nn_batch *v);

/* ---- each as train_ops.h says of the slot of that name */

void train_linear(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		  const struct nn_batch *y);
void train_linear_backward_data(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				const struct nn_batch *dx, bool accumulate);
void train_linear_backward_weights(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
				   void *dw, void *db, bool accumulate);
/* The same in panels, rows [m0, m0 + n) of w at a time: y begins as the bias or as zeros. */
void train_linear_begin(const struct nn_train *b, const struct nn_batch *x, const float *bias,
			const struct nn_batch *y);
void train_linear_panel(const struct nn_train *b, const struct nn_batch *x, const float *w, size_t m0, size_t n,
			bool accumulate, const struct nn_batch *y);
void train_linear_panel_backward(const struct nn_train *b, const struct nn_batch *dy, const float *w, size_t m0,
				 size_t n, bool accumulate, const struct nn_batch *dx);
void train_bn_stats(const struct nn_train *b, const struct nn_batch *x, double *mean, double *m2);
void train_bn_apply(const struct nn_train *b, const struct nn_batch *x, const struct nn_bn *bn,
		    const struct nn_batch *res, double slope, const struct nn_batch *y);
void train_bn_backward_sums(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
			    const struct nn_batch *y, const struct nn_bn *bn, double slope, double *sum_g,
			    double *sum_gx);
void train_bn_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
		       const struct nn_batch *y, const struct nn_bn *bn, double slope, const double *sum_g,
		       const double *sum_gx, double count, const struct nn_batch *dx, bool accumulate,
		       const struct nn_batch *dres, bool accumulate_res);
void train_maxpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y, uint8_t *which);
void train_maxpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const uint8_t *which, const struct nn_batch *dx, bool accumulate);
void train_avgpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y);
void train_avgpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const struct nn_batch *dx, bool accumulate);
void train_global_avgpool(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y);
void train_global_avgpool_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *dx,
				   bool accumulate);
void train_add(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c, const struct nn_batch *y);
void train_act(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y);
void train_act_backward(const struct nn_train *b, enum nn_act act, const struct nn_batch *y, const struct nn_batch *dy,
			const struct nn_batch *dx, bool accumulate);
void train_dropout(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
		   const struct nn_batch *y, bool accumulate);
void train_resize(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x, const struct nn_batch *y,
		  bool accumulate);
void train_resize_backward(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate);
void train_concat(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y);
void train_concat_backward(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
			   bool accumulate);
void train_l2norm(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm);
void train_l2norm_backward(const struct nn_train *b, const struct nn_batch *y, const double *norm,
			   const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate);
double train_softmax_ce(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			double sharpness, double scale, const struct nn_batch *dx, bool accumulate);
double train_loss(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x, const struct nn_batch *target,
		  const struct nn_batch *mask, double beta, double scale, const struct nn_batch *dx, bool accumulate);
void train_gather(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		  const struct nn_batch *y);
void train_gather_backward(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
			   const struct nn_batch *dx, bool accumulate);
void train_spmm(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x, const struct nn_batch *y);
void train_spmm_backward(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			 const struct nn_batch *dx, bool accumulate);

#endif
