/*
 * train_ops.h - the contract between training and the code that computes it (inference: backend.h)
 *
 * A backend is one struct of functions. A call is one slice of samples on one thread; what is summed over samples (weight
 * gradients, statistics, losses) comes out as the slice's partial sum, and whoever cut the batch adds the partial sums in
 * slice order. So an op's result depends on its arguments alone, and a step's on the number of slices, never of threads.
 *
 * Values. [N, C, H, W], samples outermost: a range of samples is a value like any other. In memory the layout is the
 * backend's own: channels in blocks of `block`, [N][C / block][H][W][block], channels past the last one hold zero (every
 * op keeps it so). A `plain` value is dense [N, C, H, W]: the pictures that a first convolution reads. Rows [N, K] are
 * [N, K, 1, 1].
 *
 * Numbers. Parameters and their gradients are f32 (`real` 4), or f64 in the tests' reference (`real` 8); hence void *. They
 * are dense, in PyTorch's order. Statistics and losses are double everywhere. A value's numbers, its gradient's too, take
 * `elem` bytes: as many as a parameter's, or 2 for bf16. Plain values are reals always.
 *
 * bf16 (elem 2). An op reads its values as they are and the weights of convolutions and linear layers, and plain values,
 * rounded to nearest, ties to even; sums are f32 or better; what it writes is rounded. Biases, batch norm's parameters, a
 * sparse matrix and all gradients of parameters are reals, never rounded. An accumulated gradient of a convolution is
 * rounded before it is added and again after. Losses read what a network's output was rounded to: where that is too coarse,
 * download it and use the f32 backend's.
 *
 * `accumulate`: the gradient is added to what is there (a value that two nodes read), else it is overwritten.
 * Shapes and pointers are the caller's invariants: a violation is a BUG. No op keeps memory; scratch is the caller's,
 * 64-byte aligned.
 */
#ifndef FRL_NN_TRAIN_OPS_H
#define FRL_NN_TRAIN_OPS_H

#include "common/nn/train_types.h"

struct nn_train {
	const char *name;
	int block;
	size_t real; /* bytes of a parameter */
	size_t elem; /* bytes of a number of a value that is not plain */
	/* The same with values in bf16; NULL where there is none, or this is it. */
	const struct nn_train *bf16;
	/* Whether the machine computes in bf16 faster than in f32. If not, it is right but saves memory only: a program says so. */
	bool (*fast)(const struct nn_train *b);

	/* ---- memory. Bytes of a value, a multiple of 64. */
	size_t (*batch_bytes)(const struct nn_train *b, const struct nn_batch *v);
	/* n samples from sample n0 on. */
	struct nn_batch (*samples)(const struct nn_train *b, const struct nn_batch *v, int n0, int n);
	/* From and to dense [N, C, H, W] of reals. */
	void (*upload)(const struct nn_train *b, const void *src, const struct nn_batch *v);
	void (*download)(const struct nn_train *b, const struct nn_batch *v, void *dst);

	/* ---- convolution. Packed weights are the backend's copy: made again after each step, shared by shapes. */
	size_t (*conv_packed_bytes)(const struct nn_train *b, const struct nn_train_conv *c);
	void (*conv_pack)(const struct nn_train *b, const struct nn_train_conv *c, const void *w, const void *bias,
			  void *packed);
	/* For slices of n samples; *scratch: the bytes that each of the three needs. */
	struct nn_conv_plan *(*conv_plan)(const struct nn_train *b, const struct nn_train_conv *c, int n, int ih,
					  int iw, size_t *scratch);
	void (*conv_plan_free)(struct nn_conv_plan *p);
	void (*conv)(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
		     const void *packed, const struct nn_batch *y, void *scratch);
	void (*conv_backward_data)(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
				   const void *packed, const struct nn_batch *dx, bool accumulate, void *scratch);
	/* One slice's gradient of weights and bias, in the backend's order. */
	size_t (*conv_partial_bytes)(const struct nn_train *b, const struct nn_train_conv *c);
	void (*conv_backward_weights)(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				      const struct nn_batch *dy, void *partial, void *scratch);
	/*
	 * dw and db (NULL without bias) += partial[0] + partial[1] .., in that order. The output channels are cut into `pieces`
	 * pieces, and this is the one of that number: the pieces together may run at once.
	 */
	void (*conv_add_partials)(const struct nn_train *b, const struct nn_train_conv *c, const void *const *partial,
				  int slices, int piece, int pieces, void *dw, void *db);

	/* ---- rows: y [N, M] = x [N, K] w^T + bias, w [M, K]; bias and db may be NULL */
	void (*linear)(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		       const struct nn_batch *y);
	void (*linear_backward_data)(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				     const struct nn_batch *dx, bool accumulate);
	/* One slice's dw [M, K] and db [M], or added to what is there. */
	void (*linear_backward_weights)(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
					void *dw, void *db, bool accumulate);

	/*
	 * ---- batch norm in two phases: statistics of a slice, merged over slices and ranks (nn_moments_merge), then
	 *	y = act((x - mean) * inverse * gamma + beta + res),  act(v) = v > 0 ? v : slope * v
	 * res may be NULL; y may be x or res. mean and m2 (sum of squared distances from the mean) are [c].
	 */
	void (*bn_stats)(const struct nn_train *b, const struct nn_batch *x, double *mean, double *m2);
	void (*bn_apply)(const struct nn_train *b, const struct nn_batch *x, const struct nn_bn *bn,
			 const struct nn_batch *res, double slope, const struct nn_batch *y);
	/*
	 * g = act'(y) dy (y NULL: act is the identity): sum g (beta's gradient) and sum g xhat (gamma's) of a slice, [c].
	 * Then, with the sums over the whole batch of `count` values a channel (eval mode: sums of zero),
	 *	dx = gamma * inverse * (g - sum_g / count - xhat * sum_gx / count)   dres = g  (NULL: not wanted)
	 */
	void (*bn_backward_sums)(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
				 const struct nn_batch *y, const struct nn_bn *bn, double slope, double *sum_g,
				 double *sum_gx);
	void (*bn_backward)(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *x,
			    const struct nn_batch *y, const struct nn_bn *bn, double slope, const double *sum_g,
			    const double *sum_gx, double count, const struct nn_batch *dx, bool accumulate,
			    const struct nn_batch *dres, bool accumulate_res);

	/* ---- pooling. which: the place in the window, a byte a value of y in y's layout; the first of equals wins. */
	void (*maxpool)(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
			const struct nn_batch *y, uint8_t *which);
	void (*maxpool_backward)(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
				 const uint8_t *which, const struct nn_batch *dx, bool accumulate);
	/* The sum over the window's places inside, divided by k * k (PyTorch's count_include_pad). */
	void (*avgpool)(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
			const struct nn_batch *y);
	void (*avgpool_backward)(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
				 const struct nn_batch *dx, bool accumulate);
	/* y [N, C, 1, 1]: the mean over H and W. */
	void (*global_avgpool)(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y);
	void (*global_avgpool_backward)(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *dx,
					bool accumulate);

	/* ---- elementwise; y may be x (or a, or b) */
	void (*add)(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c,
		    const struct nn_batch *y);
	void (*act)(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y);
	void (*act_backward)(const struct nn_train *b, enum nn_act act, const struct nn_batch *y,
			     const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate);
	/* Backward is the same on gradients. Numbers are drawn in the order of [C, H, W]. */
	void (*dropout)(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
			const struct nn_batch *y, bool accumulate);
	void (*resize)(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x,
		       const struct nn_batch *y, bool accumulate);
	void (*resize_backward)(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
				const struct nn_batch *dx, bool accumulate);

	/* Concatenation, one part a call: the channels of y from c0 on are x's; backward, dx is those channels of dy. */
	void (*concat)(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y);
	void (*concat_backward)(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
				bool accumulate);

	/* ---- rows. y = x / max(|x|, 1e-12) row by row; norm [N] receives that divisor. */
	void (*l2norm)(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm);
	void (*l2norm_backward)(const struct nn_train *b, const struct nn_batch *y, const double *norm,
				const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate);
	/*
	 * Losses: a slice's sum, times scale, is returned; its gradient by x goes to dx (may be NULL).
	 * softmax_ce: - sum_k t_k log softmax(sharpness * x)_k over the rows. sharpness is 1 / temperature.
	 * loss: f(x - target) * mask over all numbers; mask may be NULL. MSE d^2, L1 |d| (gradient 0 at 0), smooth L1
	 * d^2 / (2 beta) below beta and |d| - beta / 2 from there on.
	 */
	double (*softmax_ce)(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			     double sharpness, double scale, const struct nn_batch *dx, bool accumulate);
	double (*loss)(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x,
		       const struct nn_batch *target, const struct nn_batch *mask, double beta, double scale,
		       const struct nn_batch *dx, bool accumulate);

	/*
	 * ---- meshes: rows are vertices, sample after sample.
	 * gather: x [N * from, C] -> y [N * rows, length * C].  spmm: x [N * cols, C] -> y [N * rows, C].
	 */
	void (*gather)(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		       const struct nn_batch *y);
	void (*gather_backward)(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
				const struct nn_batch *dx, bool accumulate);
	void (*spmm)(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x,
		     const struct nn_batch *y);
	void (*spmm_backward)(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			      const struct nn_batch *dx, bool accumulate);
};

/* The CPU backend with the best instruction set's block. Never fails. */
const struct nn_train *nn_train_cpu(void);
/* With blocks of 8 or 16 channels, whatever the machine prefers. */
const struct nn_train *nn_train_cpu_block(int block);
/* The same in bf16. */
const struct nn_train *nn_train_cpu_bf16(void);
const struct nn_train *nn_train_cpu_block_bf16(int block);

#endif
