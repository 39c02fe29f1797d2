/*
 * dnnl_api.h - the convolutions that the CPU backend takes from oneDNN
 *
 * oneDNN's C API differs between 2.x (Debian 12) and 3.x (Debian 13). dnnl_v2.c and dnnl_v3.c bind it, each the only file
 * to include dnnl.h in its build; the probe picks one. Layouts are fixed: activations nChw16c or nChw8c, weights
 * OIhw16i16o or OIhw8i8o, so that values pass between oneDNN and frl's own kernels as they are. Everything is f32 and
 * runs on the calling thread (oneDNN's own threads are switched off: frl's pool is the only pool).
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

/* "2.6.3" */
const char *dnnl_api_version(void);

#endif
