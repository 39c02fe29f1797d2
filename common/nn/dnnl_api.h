/*
 * dnnl_api.h - the convolutions and matrix products that the CPU backend takes from oneDNN
 *
 * oneDNN's C API differs between 2.x (Debian 12) and 3.x (Debian 13). dnnl_v2.c and dnnl_v3.c bind it, each the only file
 * to include dnnl.h in its build; the probe picks one. Layouts are fixed: activations nChw16c or nChw8c, weights
 * OIhw16i16o or OIhw8i8o, so that values pass between oneDNN and frl's own kernels as they are. Everything is f32, or bf16
 * in training, and runs on the calling thread (oneDNN's own threads are switched off: frl's pool is the only pool).
 */
#ifndef FRL_NN_DNNL_API_H
#define FRL_NN_DNNL_API_H

#include <stdbool.h>
#include <stddef.h>

/* One group; ic and oc are multiples of block. slope: of the leaky ReLU, 0 for ReLU, 1 for none. */
struct dnnl_conv_desc {
	int ic, oc, kh, kw, stride, pad;
	int ih, iw, oh, ow;
	int block;     /* 8 or 16 */
	bool residual; /* the result is added to what dst holds, before the activation */
	float slope;
};

struct dnnl_conv;

/* NULL where oneDNN has no compiled kernel for these layouts on this machine. */
struct dnnl_conv *dnnl_conv_new(const struct dnnl_conv_desc *d);
void dnnl_conv_free(struct dnnl_conv *c);
/* Bytes of scratch that dnnl_conv_run needs, 64-byte aligned. */
size_t dnnl_conv_scratch(const struct dnnl_conv *c);
/* weights in OIhw{block}i{block}o, bias [oc]. Thread-safe. */
void dnnl_conv_run(const struct dnnl_conv *c, const void *src, const void *weights, const float *bias, void *dst,
		   void *scratch);

/* ---- training: a batch, one direction a primitive */

enum dnnl_api_kind { DNNL_API_FORWARD, DNNL_API_BACKWARD_DATA, DNNL_API_BACKWARD_WEIGHTS };

/* Whether the weights for backward data have the input's blocks outermost. */
static inline bool dnnl_train_input_outermost(int block, int kh, int kw)
{
	return block == 16 && kh == 1 && kw == 1;
}

/*
 * One group; ic and oc are multiples of block, unless plain: x is then [n, ic, ih, iw] and the weights Ohwi{block}o.
 * Weights are OIhw{block}i{block}o; for backward data OIhw{block}o{block}i, or IOhw16o16i where dnnl_train_input_outermost:
 * oneDNN has its fast 1x1 kernels in that order only.
 *
 * bf16 (block 16): x, y and weights are bf16, gradients of weights and biases f32. Forward weights are OIhw8i16o2i, or
 * OhwI16o2i when plain (an odd ic padded by a zero); for backward data OIhw8o16i2o, or IOhw8o16i2o where
 * dnnl_train_input_outermost.
 */
struct dnnl_train_desc {
	enum dnnl_api_kind kind;
	int n, ic, oc, kh, kw, stride, pad, dilation;
	int ih, iw, oh, ow;
	int block;
	bool plain, bias, bf16;
};

struct dnnl_train;

/* NULL where oneDNN has no compiled kernel for it on this machine. */
struct dnnl_train *dnnl_train_new(const struct dnnl_train_desc *d);
void dnnl_train_free(struct dnnl_train *t);
size_t dnnl_train_scratch(const struct dnnl_train *t);
/* Each pointer is read or (over)written as the kind says; x and y are gradients backwards. bias: NULL without. Thread-safe. */
void dnnl_train_run(const struct dnnl_train *t, const void *x, const void *weights, const void *bias, const void *y,
		    void *scratch);

/* c [m, n] = op(a) op(b) + (accumulate ? c : 0), in C order with rows lda, ldb, ldc floats apart; op transposes or not. */
void dnnl_api_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a, size_t lda,
		   const float *b, size_t ldb, bool accumulate, float *c, size_t ldc);

/* "2.6.3" */
const char *dnnl_api_version(void);

#endif
