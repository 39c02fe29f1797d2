/*
 * train_conv.h - convolutions in training: their plans, how weights lie (train_pack.c), and loops for what oneDNN does not
 * compute (train_conv_loops.c)
 */
#ifndef FRL_NN_TRAIN_CONV_H
#define FRL_NN_TRAIN_CONV_H

#include "common/nn/train_internal.h"

struct nn_conv_plan {
	struct nn_train_conv c;
	int n, ih, iw, oh, ow;
	struct dnnl_train *forward, *backward_data, *backward_weights; /* NULL: loops; in bf16, f32 */
	size_t library_scratch;
	struct nn_conv_plan *f32; /* in bf16: for what has no primitive, on copies in f32; NULL: nothing */
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
			int piece, int pieces, void *dw, void *db);

void train_loops_forward(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			 const float *packed, const struct nn_batch *y);
void train_loops_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			       const float *packed, const struct nn_batch *dx, bool accumulate);
void train_loops_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				  const struct nn_batch *dy, float *partial);

/* What f32 and bf16 share: a plan without primitives; a primitive (kind: enum dnnl_api_kind) and its scratch; checks. */
struct nn_conv_plan *train_conv_geometry(const struct nn_train_conv *c, int n, int ih, int iw);
struct dnnl_train *train_primitive(const struct nn_train *b, const struct nn_conv_plan *p, int kind);
size_t train_primitive_scratch(const struct dnnl_train *t);
void train_conv_check(const struct nn_conv_plan *p, const struct nn_batch *x, const struct nn_batch *y);
/* Whether the primitive for backward data is that of stride 1; the numbers that it writes; those spread out to dx. */
bool train_conv_spreads(const struct nn_train_conv *c);
size_t train_dx_numbers(const struct nn_train *b, const struct nn_conv_plan *p);
void train_spread(const struct nn_train *b, const struct nn_conv_plan *p, const void *src, void *dx, bool accumulate);

struct nn_conv_plan *train_conv_plan(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih, int iw,
				     size_t *scratch);
void train_conv_plan_free(struct nn_conv_plan *p);
void train_conv(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x, const void *packed,
		const struct nn_batch *y, void *scratch);
void train_conv_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			      const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch);
void train_conv_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				 const struct nn_batch *dy, void *partial, void *scratch);

#endif
