/*
 * train_internal.h - the CPU's training ops, which train_cpu.c puts into one struct
 */
#ifndef FRL_NN_TRAIN_INTERNAL_H
#define FRL_NN_TRAIN_INTERNAL_H

#include "common/nn/train_ops.h"

enum { TRAIN_MAX_BLOCK = 16 };

static inline int train_blocks(const struct nn_train *b, int c)
{
	return (c + b->block - 1) / b->block;
}

/* Numbers of one block of channels of one sample. */
static inline size_t train_plane_size(const struct nn_train *b, const struct nn_batch *v)
{
	return (size_t)v->h * (size_t)v->w * (size_t)b->block;
}

/* Block cb of sample n of a value that is not plain. */
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
static inline size_t train_floats(const struct nn_train *b, const struct nn_batch *v)
{
	size_t c = (size_t)(v->plain ? v->c : train_blocks(b, v->c) * b->block);

	return (size_t)v->n * c * (size_t)v->h * (size_t)v->w;
}

void train_same_shape(const struct nn_batch *a, const struct nn_batch *b, const char *op);
/* Channels past the last one become zero. */
void train_zero_pad(const struct nn_train *b, const struct nn_batch *v);

/* ---- convolution: how weights lie (train_pack.c), and loops for what oneDNN does not compute (train_conv_loops.c) */

struct nn_conv_plan {
	struct nn_train_conv c;
	int n, ih, iw, oh, ow;
	struct dnnl_train *forward, *backward_data, *backward_weights; /* NULL: loops */
	size_t library_scratch;
};

/* Channels as the packed weights count them: one group is padded to whole blocks. */
int train_padded(const struct nn_train *b, const struct nn_train_conv *c, int channels);
/* Floats of the forward weights, and of those for backward data (0: the same are used). */
size_t train_forward_floats(const struct nn_train *b, const struct nn_train_conv *c);
size_t train_backward_floats(const struct nn_train *b, const struct nn_train_conv *c);
/* The place of w[o][i][ky][kx] in the forward weights. */
size_t train_weight_at(const struct nn_train *b, const struct nn_train_conv *c, int o, int i, int ky, int kx);

size_t train_packed_bytes(const struct nn_train *b, const struct nn_train_conv *c);
void train_conv_pack(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias,
		     void *packed);
size_t train_partial_bytes(const struct nn_train *b, const struct nn_train_conv *c);
void train_add_partials(const struct nn_train *b, const struct nn_train_conv *c, const void *const *partial, int slices,
			void *dw, void *db);

void train_loops_forward(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			 const float *packed, const struct nn_batch *y);
void train_loops_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			       const float *packed, const struct nn_batch *dx, bool accumulate);
void train_loops_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				  const struct nn_batch *dy, float *partial);

struct nn_conv_plan *train_conv_plan(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih, int iw,
				     size_t *scratch);
void train_conv_plan_free(struct nn_conv_plan *p);
void train_conv(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x, const void *packed,
		const struct nn_batch *y, void *scratch);
void train_conv_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			      const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch);
void train_conv_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				 const struct nn_batch *dy, void *partial, void *scratch);

/* ---- each as train_ops.h says of the slot of that name */

void train_linear(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		  const struct nn_batch *y);
void train_linear_backward_data(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				const struct nn_batch *dx, bool accumulate);
void train_linear_backward_weights(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
				   void *dw, void *db, bool accumulate);
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
