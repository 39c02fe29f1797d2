/*
 * backend.h - the contract between networks and the code that computes them
 *
 * A backend is one struct of functions. Networks (net.h) describe what is to be computed; a backend owns the layout of
 * activations, packs weights for itself, and runs one op on one thread. The slots here are those that inference uses;
 * ARCHITECTURE.md lists the whole contract, training included, and what each later slot must do.
 *
 * Values. An activation is [N, C, H, W] in the network's terms; in memory it is the backend's own layout, in which C is
 * stored in blocks of `block` channels and every block boundary is addressable: a slice that begins at a multiple of
 * `block` is a value like any other. Channels past the last one hold zero.
 *
 * Precision. NN_F32: everything in f32. NN_BF16: weights and every stored activation are rounded to bf16 (nearest, ties
 * to even), sums, bias and slopes are f32, on every machine; `fast_bf16` says whether the machine gains by it.
 *
 * Same bits. An op's result depends on its arguments alone: not on threads, neighbours, or alignment.
 *
 * Shapes and pointers are the network's invariants: a violation is a BUG. No op allocates; scratch is the caller's.
 */
#ifndef FRL_NN_BACKEND_H
#define FRL_NN_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nn_dtype { NN_F32, NN_BF16 };

/* One activation of one picture, or a slice of channels of one. data: the backend's layout. */
struct nn_value {
	int c, h, w;
	void *data;
};

/* A convolution's geometry. groups is 1, or ic == oc == groups (depthwise). */
struct nn_conv {
	int ic, oc;
	int kh, kw, stride, pad;
	int groups;
	enum nn_dtype dtype;
	bool paired; /* packed for `pair` or `chain`, not for `conv` */
};

/* Output length of a side of n. */
static inline int nn_conv_out(int n, int k, int stride, int pad)
{
	return (n + 2 * pad - k) / stride + 1;
}

/* Weights packed by a backend: read-only after packing, shared by threads and shapes. */
struct nn_packed;
/* What a backend prepares for one packed convolution at one input shape (primitives, scratch size). */
struct nn_bound;

/*
 *	v = conv(x) + bias + res;   v = v > 0 ? v : v * slope[channel];   y = v + up at (Y * uh / h, X * uw / w)
 *
 * y: `ny` values that take the output channels one after the other (merged sibling convolutions write to different
 * places). res and up may be NULL; res may be y[0] itself.
 */
struct nn_conv_args {
	const struct nn_value *x;
	const struct nn_value *y;
	int ny;
	const struct nn_value *res;
	const struct nn_value *up;
};

/* An 8-bit RGB picture; the network reads (value - mean) * scale, both in R G B order. */
struct nn_picture {
	const uint8_t *rgb;
	size_t pitch; /* bytes from row to row */
	int w, h;
	float mean[3], scale[3];
};

/* A link of a chain: the first convolution, a convolution, or a pair (packed: the depthwise one, pointwise: the 1x1). */
enum nn_link_kind { NN_LINK_FIRST, NN_LINK_CONV, NN_LINK_PAIR };
enum { NN_MAX_LINKS = 8 };

struct nn_link {
	enum nn_link_kind kind;
	struct nn_packed *packed;
	struct nn_packed *pointwise;
};

struct nn_backend {
	const char *name; /* "cpu" */
	const char *isa;  /* instruction set in use, for people: "avx2", "avx512" .. */
	int block;	  /* channels of a block */
	bool fast_bf16;

	/* Bytes of a value of that shape, a multiple of 64. */
	size_t (*value_bytes)(const struct nn_backend *b, enum nn_dtype dtype, int c, int h, int w);
	/* The value that begins c0 channels (a multiple of block) after v, with c channels. */
	struct nn_value (*slice)(const struct nn_backend *b, enum nn_dtype dtype, const struct nn_value *v, int c0,
				 int c);

	/*
	 * Packs w [oc, ic/groups, kh, kw] (PyTorch's order), bias [oc] or NULL, slope [oc] or NULL (all 1: linear).
	 * 0 <= slope <= 1. Freed with packed_free.
	 */
	struct nn_packed *(*conv_pack)(const struct nn_backend *b, const struct nn_conv *c, const float *w,
				       const float *bias, const float *slope);
	void (*packed_free)(struct nn_packed *p);
	/* Prepares for one input size; *scratch gets the bytes that `conv` needs. Freed with bound_free. */
	struct nn_bound *(*conv_bind)(const struct nn_backend *b, const struct nn_packed *p, int ih, int iw, bool res,
				      bool up, int ny, size_t *scratch);
	void (*bound_free)(struct nn_bound *bound);
	size_t (*bound_bytes)(const struct nn_bound *bound);
	void (*conv)(const struct nn_backend *b, const struct nn_bound *bound, const struct nn_conv_args *a,
		     void *scratch);

	/*
	 * The first convolution, from an 8-bit picture of three channels: the mean is subtracted, then zeros are padded.
	 * swap: the weights want B G R. Its packed weights are of their own kind.
	 */
	struct nn_packed *(*first_pack)(const struct nn_backend *b, const struct nn_conv *c, bool swap, const float *w,
					const float *bias, const float *slope);
	size_t (*first_scratch)(const struct nn_backend *b, const struct nn_packed *p, int iw);
	void (*first)(const struct nn_backend *b, const struct nn_packed *p, const struct nn_picture *picture,
		      const struct nn_value *y, void *scratch);

	/*
	 * Optional: a depthwise convolution and the 1x1 convolution after it in one pass over memory, with the bits of the
	 * two ops apart. NULL: the network runs the two.
	 */
	size_t (*pair_scratch)(const struct nn_backend *b, const struct nn_packed *dw, const struct nn_packed *pw,
			       int iw);
	void (*pair)(const struct nn_backend *b, const struct nn_packed *dw, const struct nn_packed *pw,
		     const struct nn_value *x, const struct nn_value *y, void *scratch);

	/*
	 * Optional: several layers in one go, a few rows at a time, so that what lies between them stays in cache and needs
	 * no memory; the bits of the ops apart. A chain that begins with NN_LINK_FIRST reads the picture, else x. Links
	 * other than the first are packed `paired`. NULL: the network runs the ops.
	 */
	size_t (*chain_scratch)(const struct nn_backend *b, const struct nn_link *link, int n, int iw);
	void (*chain)(const struct nn_backend *b, const struct nn_link *link, int n, const struct nn_picture *picture,
		      const struct nn_value *x, const struct nn_value *y, void *scratch);

	/* 3x3 maximum, stride 2, pad 1. */
	void (*maxpool)(const struct nn_backend *b, enum nn_dtype dtype, const struct nn_value *x,
			const struct nn_value *y);

	/* To plain f32 [H, W, C]. */
	void (*download)(const struct nn_backend *b, enum nn_dtype dtype, const struct nn_value *x, float *dst);
};

/* The CPU backend with the best instruction set (FRL_ISA lowers it: kern/kern.h). Never fails. */
const struct nn_backend *nn_backend_cpu(void);

#endif
