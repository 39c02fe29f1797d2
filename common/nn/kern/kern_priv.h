/*
 * kern_priv.h - what the dispatcher (kern.c) and the instruction sets share
 *
 * Packed weights: a struct packed (64 bytes), bias[oc'], slope[oc'] with oc' = oc rounded up to blocks, then the weights
 * on a 64-byte boundary:
 *
 *	direct		[oc/B][ic/B][kh][kw][B in][B out]		f32
 *	direct, bf16	[oc/B][ic/B][kh][kw][B in / 2][B out][2]	bf16
 *	winograd	[oc/B][36][ic/B][B in][B out]			f32, G w G'
 *	depthwise	[oc/B][9][B]					f32
 *	first		[oc/B][kh][kw][3][B out]			f32, in memory order R G B
 */
#ifndef FRL_KERN_PRIV_H
#define FRL_KERN_PRIV_H

#include <string.h>

#include "common/nn/kern/kern.h"

#define KERN_MAX_TAPS 49
#define WINO_OUT 4 /* a Winograd tile's output side */
#define WINO_IN 6  /* and input side */
#define WINO_POINTS 36

#define INLINE static inline __attribute__((always_inline))
/* UNROLLED (i, n): a loop of constant length, over an array that is to live in registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif
#define UNROLLED(i, n) UNROLL for (int i = 0; i < (n); i++)

struct packed {
	int32_t algo; /* KERN_DIRECT or KERN_WINOGRAD */
	int32_t oc_blocks, ic_blocks;
	char pad[52];
};

static inline const float *packed_bias(const void *p)
{
	return (const float *)((const char *)p + sizeof(struct packed));
}

static inline size_t align_up(size_t n)
{
	return (n + KERN_ALIGN - 1) / KERN_ALIGN * KERN_ALIGN;
}

static inline int div_up(int a, int b)
{
	return (a + b - 1) / b;
}

/* Bytes before the weights, for n = oc' channels. */
static inline size_t packed_head(int n)
{
	return align_up(sizeof(struct packed) + 2 * (size_t)n * sizeof(float));
}

static inline const void *packed_weights(const void *p, int block)
{
	return (const char *)p + packed_head(((const struct packed *)p)->oc_blocks * block);
}

/* Carves n bytes off the caller's scratch. */
static inline void *carve(char **scratch, size_t n)
{
	void *p = *scratch;

	*scratch += align_up(n);
	return p;
}

/* The columns of a picture of width uw that columns 0..ow-1 see when it is enlarged to width ow. */
static inline void make_xmap(int32_t *xmap, int uw, int ow)
{
	for (int x = 0; x < ow; x++)
		xmap[x] = (int32_t)((int64_t)x * uw / ow);
}

/* f32 to bf16, nearest, ties to even; the same as the vector forms for every finite number. */
static inline uint16_t bf16_of(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof(u));
	if ((u & 0x7fffffffu) > 0x7f800000u)
		return (uint16_t)(u >> 16 | 0x40u);
	return (uint16_t)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}

static inline float bf16_to(uint16_t h)
{
	uint32_t u = (uint32_t)h << 16;
	float f;

	memcpy(&f, &u, sizeof(f));
	return f;
}

static inline float bf16_round(float f)
{
	return bf16_to(bf16_of(f));
}

/* The functions of one set for one dtype; arguments are as in kern.h, checked by the dispatcher. */
struct kern_ops {
	int block;
	int winograd; /* has it */
	int bf16;     /* elements are 2-byte bf16, direct weights too */
	size_t (*conv_scratch)(const struct kern_conv *c, int iw);
	void (*conv)(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1);
	size_t (*dwpw_scratch)(const struct kern_conv *dw, const struct kern_conv *pw, int iw);
	void (*dwpw)(const struct kern_conv *dw, const void *pdw, const struct kern_conv *pw, const void *ppw,
		     const struct kern_io *io, int y0, int y1);
	size_t (*first_scratch)(const struct kern_conv *c, int iw);
	void (*first)(const struct kern_conv *c, const void *p, const struct kern_picture *pic,
		      const struct kern_io *io, int y0, int y1);
	void (*maxpool)(int blocks, const struct kern_io *io, int y0, int y1);
};

/* Copies the description with its algorithm decided; returns the functions for it. A BUG where there are none. */
const struct kern_ops *kern_resolve(const struct kern *k, const struct kern_conv *conv, struct kern_conv *c);

extern const struct kern_ops kern_ops_generic;
#if defined(__x86_64__)
extern const struct kern_ops kern_ops_avx2, kern_ops_avx512, kern_ops_avx512bf16;
#endif

#endif
