/*
 * simd_tile.h - the register tile that the convolutions are made of
 *
 * A tile is nb blocks of output channels times np neighbouring pixels, held in registers while the sum runs over the
 * steps (one step: a block of input channels seen through one kernel tap). Every sum adds its products in the order
 * step, channel whatever the tile's size, so tiles of any size give the same bits.
 *
 * A file simd_*.h is included once by each kern_ISA.c, after vec_*.h and the element type: elem, eload(), estore(),
 * round_all() and sum_elem() for the sum over stored elements (below for f32; kern_avx512bf16.c brings its own).
 */
#ifndef FRL_SIMD_TILE_H
#define FRL_SIMD_TILE_H

/* Keeps gcc from spreading one base address over a register (or a spill) for every constant offset from it. */
#define ONE_BASE(p) __asm__("" : "+r"(p))
/* .. and from loading a vector again at every use. */
#define IN_REGISTER(v) __asm__("" : "+v"(v))

#ifndef KERN_ELEM_BF16
typedef float elem;

INLINE vec eload(const elem *p)
{
	return vload(p);
}
INLINE void estore(elem *p, vec v)
{
	vstore(p, v);
}

/* What storing as bf16 would do, where bf16 is kept in f32 elements. */
INLINE void round_all(vec *v, const int n, int round)
{
	if (round)
		UNROLLED (i, n)
			v[i] = vbf16_round(v[i]);
}
#endif

/* acc[j][i] += x[i] * w[j] over nc channels; x[i] are np pixels of B floats, w[j] nb blocks, wblk floats apart. */
INLINE void sum_f32(vec *acc, const int nb, const int np, const float *x, int nc, const float *w, ptrdiff_t wblk)
{
	for (int c = 0; c < nc; c++, x++, w += B) {
		vec wv[NB_MAX];

		UNROLLED (j, nb)
			wv[j] = vload(w + j * wblk);
		UNROLLED (i, np) {
			vec xv = vset1(x[i * B]);

			UNROLLED (j, nb)
				acc[j * np + i] = vfma(wv[j], xv, acc[j * np + i]);
		}
	}
}

#ifndef KERN_ELEM_BF16
INLINE void sum_elem(vec *acc, const int nb, const int np, const elem *x, int nc, const elem *w, ptrdiff_t wblk)
{
	sum_f32(acc, nb, np, x, nc, w, wblk);
}
#endif

/* Output pixels in one row (or of several rows of a 1x1 convolution, which are one to it). */
struct run {
	const elem *const *taps; /* of each step, the input pixel that output pixel 0 sees */
	int steps, full, nc;	 /* steps; the first `full` sum B channels, the others nc */
	const elem *w;		 /* [step][B in][B out] of the first block */
	ptrdiff_t wblk;		 /* to the next block */
	const float *bias, *slope;
	elem *dst[NB_MAX];
	const elem *res[NB_MAX], *up[NB_MAX]; /* or all NULL */
	const int32_t *xmap;		      /* column in up of each output pixel */
	int round;
	int ahead; /* fetch the pixels after the tile's into the cache */
};

INLINE vec activate(vec v, vec slope)
{
	return vmax(v * slope, v);
}

INLINE void tile(const struct run *r, ptrdiff_t x0, const int nb, const int np)
{
	vec acc[NB_MAX * NP1 > 28 ? 28 : NB_MAX * NP1];
	const elem *w = r->w;

	UNROLLED (j, nb) {
		vec b = vload(r->bias + j * B);

		UNROLLED (i, np)
			acc[j * np + i] = b;
	}
	for (int s = 0; s < r->steps; s++, w += B * B) {
		const elem *x = r->taps[s] + x0 * B;

		if (r->ahead) { /* the next tile's pixels: their runs are too short for the hardware to foresee */
			UNROLLED (i, np * B * (int)sizeof(elem) / 64)
				__builtin_prefetch((const char *)(x + np * B) + i * 64);
		}
		sum_elem(acc, nb, np, x, s < r->full ? B : r->nc, w, r->wblk);
	}
	if (r->res[0]) {
		UNROLLED (j, nb) {
			const elem *res = r->res[j] + x0 * B;

			ONE_BASE(res);
			UNROLLED (i, np)
				acc[j * np + i] += eload(res + i * B);
		}
	}
	UNROLLED (j, nb) {
		vec slope = vload(r->slope + j * B);

		UNROLLED (i, np)
			acc[j * np + i] = activate(acc[j * np + i], slope);
	}
	if (r->up[0]) {
		UNROLLED (j, nb)
			UNROLLED (i, np)
				acc[j * np + i] += eload(r->up[j] + (ptrdiff_t)r->xmap[x0 + i] * B);
	}
	round_all(acc, nb * np, r->round);
	UNROLLED (j, nb) {
		elem *dst = r->dst[j] + x0 * B;

		ONE_BASE(dst);
		UNROLLED (i, np)
			estore(dst + i * B, acc[j * np + i]);
	}
}

/* A row of functions for every tile size: X(nb, np) */
#define TILES_4(X, nb) X(nb, 1) X(nb, 2) X(nb, 3) X(nb, 4)
#define TILES_6(X, nb) TILES_4(X, nb) X(nb, 5) X(nb, 6)
#define TILES_9(X, nb) TILES_6(X, nb) X(nb, 7) X(nb, 8) X(nb, 9)
#define TILES_12(X, nb) TILES_9(X, nb) X(nb, 10) X(nb, 11) X(nb, 12)
#define TILES_14(X, nb) TILES_12(X, nb) X(nb, 13) X(nb, 14)
#if NB_MAX == 3
#define TILES(X1, X2, X3) \
	TILES_14(X1, 1) \
	} \
	, { TILES_14(X2, 2) }, \
	{ \
		TILES_9(X3, 3)
#define ALL_TILES(X) TILES_14(X, 1) TILES_14(X, 2) TILES_9(X, 3)
static const int tile_pixels[NB_MAX] = { NP1, NP2, NP3 };
#else
#define TILES(X1, X2, X3) \
	TILES_12(X1, 1) \
	} \
	, \
	{ \
		TILES_6(X2, 2)
#define ALL_TILES(X) TILES_12(X, 1) TILES_6(X, 2)
static const int tile_pixels[NB_MAX] = { NP1, NP2 };
#endif

#define CONV_TILE(nb, np) \
	static void tile_##nb##_##np(const struct run *r, ptrdiff_t x0) \
	{ \
		tile(r, x0, nb, np); \
	}
#define CONV_NAME(nb, np) tile_##nb##_##np,
ALL_TILES(CONV_TILE)

static void (*const conv_tiles[NB_MAX][NP1])(const struct run *,
					     ptrdiff_t) = { { TILES(CONV_NAME, CONV_NAME, CONV_NAME) } };

/* Pixels [0, n) of nb blocks. */
static void run_pixels(const struct run *r, int nb, int n)
{
	int most = tile_pixels[nb - 1];

	for (int x = 0; x < n; x += most)
		conv_tiles[nb - 1][(n - x < most ? n - x : most) - 1](r, x);
}

/* How many of the `left` blocks of output channels the next tile takes: never one alone if that can be helped. */
static int group_size(int left)
{
	return left <= NB_MAX ? left : 2;
}

#endif
