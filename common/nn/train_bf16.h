/*
 * train_bf16.h - the CPU's training ops in bf16, which train_cpu.c puts into one struct: each as train_ops.h says of the
 * slot of that name
 */
#ifndef FRL_NN_TRAIN_BF16_H
#define FRL_NN_TRAIN_BF16_H

#include "common/nn/train_conv.h"

/* The f32 backend of the same block. */
const struct nn_train *train_f32_of(const struct nn_train *b);
/* A value that is not plain to f32 in the same order, and back. */
void train_widen(const struct nn_train *b, const struct nn_batch *v, float *dst);
void train_narrow(const struct nn_train *b, const float *src, const struct nn_batch *v);

void train_upload_bf16(const struct nn_train *b, const void *src, const struct nn_batch *v);
void train_download_bf16(const struct nn_train *b, const struct nn_batch *v, void *dst);
void train_add_bf16(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c,
		    const struct nn_batch *y);
void train_act_bf16(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y);
void train_act_backward_bf16(const struct nn_train *b, enum nn_act act, const struct nn_batch *y,
			     const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate);
void train_dropout_bf16(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
			const struct nn_batch *y, bool accumulate);
void train_resize_bf16(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x,
		       const struct nn_batch *y, bool accumulate);
void train_resize_backward_bf16(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
				const struct nn_batch *dx, bool accumulate);
void train_concat_bf16(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y);
void train_concat_backward_bf16(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
				bool accumulate);
double train_loss_bf16(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x,
		       const struct nn_batch *target, const struct nn_batch *mask, double beta, double scale,
		       const struct nn_batch *dx, bool accumulate);
void train_l2norm_bf16(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm);
void train_l2norm_backward_bf16(const struct nn_train *b, const struct nn_batch *y, const double *norm,
				const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate);
double train_softmax_ce_bf16(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			     double sharpness, double scale, const struct nn_batch *dx, bool accumulate);
void train_gather_bf16(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		       const struct nn_batch *y);
void train_gather_backward_bf16(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
				const struct nn_batch *dx, bool accumulate);
void train_spmm_bf16(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x,
		     const struct nn_batch *y);
void train_spmm_backward_bf16(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			      const struct nn_batch *dx, bool accumulate);
void train_linear_bf16(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		       const struct nn_batch *y);
void train_linear_backward_data_bf16(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				     const struct nn_batch *dx, bool accumulate);
void train_linear_backward_weights_bf16(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
					void *dw, void *db, bool accumulate);

/* ---- convolutions (train_conv_bf16.c) */

void train_conv_pack_bf16(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias,
			  void *packed);
size_t train_packed_bytes_bf16(const struct nn_train *b, const struct nn_train_conv *c);
struct nn_conv_plan *train_conv_plan_bf16(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih,
					  int iw, size_t *scratch);
void train_conv_bf16(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
		     const void *packed, const struct nn_batch *y, void *scratch);
void train_conv_backward_data_bf16(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
				   const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch);
void train_conv_backward_weights_bf16(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				      const struct nn_batch *dy, void *partial, void *scratch);

#endif
