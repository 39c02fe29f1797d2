/*
 * kern: frl's own CPU kernels for convolutional inference.
 *
 * One picture and one thread per call. Nothing is allocated, nothing global is
 * written; the caller gives the scratch memory. The same input gives the same
 * bits for any row range, any alignment beyond the one asked for, any
 * neighbour in memory and any number of threads; other instruction sets and
 * other dtypes give other roundings.
 *
 * Tensors are blocked: C channels are kern_blocks(k, C) channel blocks, each a
 * dense plane [H][W][B] (B = k->block channels) on a boundary of B elements, without
 * halo. A tensor is an array of pointers to its blocks, so concatenation, a
 * slice of channels (at multiples of B) and merged sibling convolutions cost
 * nothing. Blocks that follow each other in memory are oneDNN's nChw16c
 * (B = 16) or nChw8c (B = 8). Lanes past the last channel hold 0: every
 * function here relies on it and leaves it so.
 *
 * KERN_BF16: weights and every stored activation are rounded to bf16 (nearest,
 * ties to even); sums, bias, slope and the addends are f32. A set without
 * bf16 instructions keeps the rounded values in f32 elements: kern_esize()
 * tells the bytes of one element.
 *
 * Shapes, dtypes and pointers are the caller's invariants: breaking them is a
 * BUG, not an error value.
 */
#ifndef FRL_KERN_H
#define FRL_KERN_H

#include <stddef.h>
#include <stdint.h>

#define KERN_ALIGN 64 /* of packed weights and scratch */
#define KERN_MAX_CHANNELS 4096

enum kern_dtype { KERN_F32, KERN_BF16 };

enum kern_algo {
	KERN_AUTO, /* the faster one for this shape and set */
	KERN_DIRECT,
	KERN_WINOGRAD, /* F(4x4,3x3); only 3x3, stride 1, pad 1 */
};

/* An instruction set's kernels: one of generic, avx2, avx512, avx512bf16. */
struct kern {
	const char *name;
	int block;			   /* B: 16 for the avx512 sets, else 8 */
	int fast_bf16;			   /* bf16 is stored in 2 bytes and is faster than f32 */
	const struct kern_ops *f32, *bf16; /* private */
};

/*
 * The best set this CPU has, or the lower one that the environment variable
 * FRL_ISA names (a set the CPU lacks is never chosen; an unknown name is
 * ignored, kern_isa_ignored() then returns the text for a warning, else NULL).
 */
const struct kern *kern_best(void);
const char *kern_isa_ignored(void);

/* The set of that name, NULL where this CPU cannot run it. */
const struct kern *kern_by_name(const char *name);

int kern_blocks(const struct kern *k, int channels);
size_t kern_esize(const struct kern *k, enum kern_dtype dt);
/* Bytes of one channel block of h x w: dense, so that blocks in a row are oneDNN's layout; a multiple of one pixel's. */
size_t kern_block_bytes(const struct kern *k, enum kern_dtype dt, int h, int w);

/*
 * A convolution. Square stride and padding; depthwise means ic == oc groups of
 * one channel (3x3, stride 1 or 2, pad 1). kh * kw <= 49, stride 1 or 2.
 */
struct kern_conv {
	int ic, oc;
	int kh, kw, stride, pad;
	int depthwise;
	enum kern_dtype dtype;
	enum kern_algo algo;
};

/* Output length along a side of n (kernel length l: kh or kw). */
int kern_out(const struct kern_conv *c, int l, int n);

/*
 * Packs weights, w[oc][ic / groups][kh][kw] as PyTorch keeps them, for this
 * set into p (kern_pack_size() bytes, aligned). bias and slope have oc values;
 * NULL is all 0 (bias), all 1 (slope: no activation). 0 <= slope <= 1.
 */
size_t kern_pack_size(const struct kern *k, const struct kern_conv *c);
void kern_pack(const struct kern *k, const struct kern_conv *c, const float *w, const float *bias, const float *slope,
	       void *p);

/*
 * What a call reads and writes. dst must not overlap anything that is read,
 * except that res may be dst itself.
 *
 *	v = conv(src) + bias + res;  v = v > 0 ? v : v * slope;  dst = v + up
 */
struct kern_io {
	const void *const *src; /* blocks of ic channels, ih x iw */
	void *const *dst;	/* blocks of oc channels, oh x ow */
	int ih, iw;
	const void *const *res; /* oc channels, oh x ow, or NULL */
	const void *const *up;	/* oc channels, uh x uw, or NULL: read at */
	int uh, uw;		/* (y * uh / oh, x * uw / ow), as PyTorch's nearest */
	void *scratch;		/* kern_*_scratch() bytes, aligned; one per thread */
};

/* Bytes of scratch for pictures of width iw (any height, any row range). */
size_t kern_conv_scratch(const struct kern *k, const struct kern_conv *c, int iw);

/*
 * The input rows [*from, *to) that output rows [y0, y1) are made of, for pictures of height ih. With Winograd that is
 * a little more than the kernel covers: whole tiles, whose other rows play a part in the rounding.
 */
void kern_rows_read(const struct kern *k, const struct kern_conv *c, int ih, int y0, int y1, int *from, int *to);

/* Output rows [y0, y1) of a convolution. */
void kern_conv(const struct kern *k, const struct kern_conv *c, const void *packed, const struct kern_io *io, int y0,
	       int y1);

/*
 * Output rows [y0, y1) of a depthwise convolution and the 1x1, stride 1
 * convolution after it, in one pass: io->src has dw->ic channels, io->dst
 * pw->oc. The intermediate is rounded as if it had been stored.
 * Same bits as the two calls apart.
 */
size_t kern_dwpw_scratch(const struct kern *k, const struct kern_conv *dw, const struct kern_conv *pw, int iw);
void kern_dwpw(const struct kern *k, const struct kern_conv *dw, const void *pdw, const struct kern_conv *pw,
	       const void *ppw, const struct kern_io *io, int y0, int y1);

/*
 * The first convolution, straight from an 8-bit picture of 3 channels in
 * memory order R G B (rows `pitch` bytes apart): v = (picture - mean) * scale
 * per channel, then zero padding, then the convolution. mean and scale are in
 * R G B order. swap says that the network (its weights) wants B G R.
 * It has its own packing; c->ic is 3; io->src, res and up are not read.
 * In bf16 the input is not rounded (it is exact for integer means).
 */
struct kern_picture {
	const uint8_t *rgb;
	size_t pitch;
	float mean[3], scale[3];
};

size_t kern_first_pack_size(const struct kern *k, const struct kern_conv *c);
void kern_first_pack(const struct kern *k, const struct kern_conv *c, int swap, const float *w, const float *bias,
		     const float *slope, void *p);
size_t kern_first_scratch(const struct kern *k, const struct kern_conv *c, int iw);
void kern_first(const struct kern *k, const struct kern_conv *c, const void *packed, const struct kern_picture *pic,
		const struct kern_io *io, int y0, int y1);

/*
 * Several layers, each reading what the one before it wrote, a few rows at a time: what lies between them never leaves
 * the cache. Worth it where a layer's output is larger than the L2 cache. io->src (not read when the first link is
 * KERN_LINK_FIRST: pic is, else NULL), ih and iw are the first link's; dst, res, up and the rows [y0, y1) the last
 * one's. Same bits as the calls apart.
 */
enum kern_link_kind { KERN_LINK_CONV, KERN_LINK_DWPW, KERN_LINK_FIRST };

struct kern_link {
	enum kern_link_kind kind;
	const struct kern_conv *conv; /* of a pair, the depthwise one */
	const void *packed;
	const struct kern_conv *pw; /* of a pair, the 1x1 */
	const void *packed_pw;
};

#define KERN_MAX_LINKS 8

size_t kern_chain_scratch(const struct kern *k, const struct kern_link *links, int n, int iw);
void kern_chain(const struct kern *k, const struct kern_link *links, int n, const struct kern_picture *pic,
		const struct kern_io *io, int y0, int y1);

/* 3x3 maximum, stride 2, pad 1, of `channels` channels; no scratch. */
void kern_maxpool(const struct kern *k, enum kern_dtype dt, int channels, const struct kern_io *io, int y0, int y1);

/* Between blocks and plain f32, all rows: [C][H][W] in, [H][W][C] out. */
void kern_from_nchw(const struct kern *k, enum kern_dtype dt, int channels, int h, int w, const float *src,
		    void *const *dst);
void kern_to_nhwc(const struct kern *k, enum kern_dtype dt, int channels, int h, int w, const void *const *src,
		  float *dst);

#endif
