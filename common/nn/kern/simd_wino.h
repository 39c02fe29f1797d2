/*
 * simd_wino.h - 3x3, stride 1, pad 1 by Winograd's F(4x4, 3x3)
 *
 * A tile of 6x6 inputs (overlapping by 2) gives 4x4 outputs: both are transformed along rows and columns, and between
 * lie 36 products of matrices [tiles][ic] x [ic][oc], a quarter of the direct form's multiplications. Points 0, +-1,
 * +-2, infinity; all in f32, whatever the elements are (Lavin and Gray, "Fast algorithms for convolutional neural
 * networks", 2016). The tile grid is the picture's, so a range of rows gives the same bits as the whole.
 */
#ifndef FRL_SIMD_WINO_H
#define FRL_SIMD_WINO_H

#include "common/nn/kern/simd_wino_tile.h"

static size_t wino_scratch(const struct kern_conv *c, int iw)
{
	size_t v = (size_t)(WINO_POINTS * WINO_BATCH * B) * sizeof(float);

	return align_up((size_t)iw * sizeof(int32_t)) + v * (size_t)(div_up(c->ic, B) + NB_MAX);
}

/* What a call of winograd() works on. */
struct wino {
	const struct kern_io *io;
	const float *bias, *slope;
	const int32_t *xmap;
	float *v, *m;
	int icb, across; /* tiles in a row */
	int y0, y1, round;
};

/* Fetches the columns that the tile to the right adds: 6 rows are too many short runs for the hardware to foresee. */
INLINE void wino_ahead(const elem *s, ptrdiff_t pitch)
{
	UNROLLED (i, WINO_IN) {
		UNROLLED (j, WINO_OUT * B * (int)sizeof(elem) / 64)
			__builtin_prefetch((const char *)s + 64 * j);
		s += pitch;
	}
}

/* Inputs of tiles [first, first + n) of the picture's grid to v[36][icb][WINO_BATCH][B] */
static void wino_gather(const struct wino *k, int first, int n)
{
	int ih = k->io->ih, iw = k->io->iw;
	ptrdiff_t step = (ptrdiff_t)k->icb * WINO_BATCH * B;

	for (int t = 0; t < n; t++) {
		int y = (first + t) / k->across * WINO_OUT - 1, x = (first + t) % k->across * WINO_OUT - 1;
		int inside = y >= 0 && x >= 0 && y + WINO_IN <= ih && x + WINO_IN <= iw;

		for (int b = 0; b < k->icb; b++) {
			const elem *s = k->io->src[b];
			float *v = k->v + ((ptrdiff_t)b * WINO_BATCH + t) * B;

			if (inside) {
				wino_ahead(s + ((ptrdiff_t)y * iw + x + WINO_IN) * B, (ptrdiff_t)iw * B);
				wino_input(s + ((ptrdiff_t)y * iw + x) * B, (ptrdiff_t)iw * B, v, step);
			} else {
				wino_input_edge(s, ih, iw, y, x, v, step);
			}
		}
	}
}

/* Adds w columns of rows [i0, i1) of t to the 4x4 values of a tile. */
static __attribute__((noinline)) void wino_addend(vec *o, const elem *t, ptrdiff_t pitch, int i0, int i1, int w)
{
	for (int i = i0; i < i1; i++)
		for (int j = 0; j < w; j++)
			o[i * WINO_OUT + j] += eload(t + i * pitch + j * B);
}

static __attribute__((noinline)) void wino_upsampled(vec *o, const struct wino *k, int b, int y, int x, int i0, int i1,
						     int w)
{
	const struct kern_io *io = k->io;

	for (int i = i0; i < i1; i++) {
		const elem *up = (const elem *)io->up[b] + (int64_t)(y + i) * io->uh / io->ih * io->uw * B;

		for (int j = 0; j < w; j++)
			o[i * WINO_OUT + j] += eload(up + (ptrdiff_t)k->xmap[x + j] * B);
	}
}

/*
 * The outputs of one tile at (y, x), block b, clipped to the picture and the rows asked for. `addends`: whether there is
 * a res or up; without them the values stay in registers.
 */
INLINE void wino_put(const struct wino *k, const float *m, ptrdiff_t step, int b, int y, int x, const int addends)
{
	const struct kern_io *io = k->io;
	ptrdiff_t pitch = (ptrdiff_t)io->iw * B, at = (ptrdiff_t)y * pitch + (ptrdiff_t)x * B;
	int w = io->iw - x < WINO_OUT ? io->iw - x : WINO_OUT;
	int i0 = y < k->y0 ? k->y0 - y : 0, i1 = k->y1 - y < WINO_OUT ? k->y1 - y : WINO_OUT;
	vec o[WINO_OUT * WINO_OUT], bias = vload(k->bias + b * B), slope = vload(k->slope + b * B);
	elem *dst = (elem *)io->dst[b] + at;

	wino_output(m, step, o);
	UNROLLED (i, WINO_OUT * WINO_OUT)
		o[i] += bias;
	if (addends && io->res)
		wino_addend(o, (const elem *)io->res[b] + at, pitch, i0, i1, w);
	UNROLLED (i, WINO_OUT * WINO_OUT)
		o[i] = activate(o[i], slope);
	if (addends && io->up)
		wino_upsampled(o, k, b, y, x, i0, i1, w);
	round_all(o, WINO_OUT * WINO_OUT, k->round);
	if (w == WINO_OUT && i0 == 0 && i1 == WINO_OUT) {
		UNROLLED (i, WINO_OUT) {
			UNROLLED (j, WINO_OUT)
				estore(dst + j * B, o[i * WINO_OUT + j]);
			dst += pitch;
		}
		return;
	}
	UNROLLED (i, WINO_OUT)
		UNROLLED (j, WINO_OUT)
			if (i >= i0 && i < i1 && j < w)
				estore(dst + i * pitch + j * B, o[i * WINO_OUT + j]);
}

/* Tiles [first, first + n) of nb blocks from block b on. */
static void wino_put_all(const struct wino *k, int b, int nb, int first, int n, ptrdiff_t step)
{
	for (int j = 0; j < nb; j++)
		for (int i = 0; i < n; i++) {
			const float *m = k->m + (j * WINO_BATCH + i) * B;
			int y = (first + i) / k->across * WINO_OUT, x = (first + i) % k->across * WINO_OUT;

			if (k->io->res || k->io->up)
				wino_put(k, m, step, b + j, y, x, 1);
			else
				wino_put(k, m, step, b + j, y, x, 0);
		}
}

static void winograd(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1)
{
	const struct packed *head = p;
	int icb = head->ic_blocks, ocb = head->oc_blocks;
	char *scratch = io->scratch;
	int32_t *xmap = carve(&scratch, (size_t)io->iw * sizeof(*xmap));
	struct wino k = { .io = io,
			  .xmap = xmap,
			  .icb = icb,
			  .across = div_up(io->iw, WINO_OUT),
			  .y0 = y0,
			  .y1 = y1,
			  .round = c->dtype == KERN_BF16 };
	struct product r = { .icb = icb, .nc = c->ic - (icb - 1) * B, .wblk = (ptrdiff_t)WINO_POINTS * icb * B * B };
	int end = div_up(y1, WINO_OUT) * k.across;

	k.bias = packed_bias(p);
	k.slope = k.bias + (ptrdiff_t)ocb * B;
	k.v = carve(&scratch, (size_t)(WINO_POINTS * icb * WINO_BATCH * B) * sizeof(float));
	k.m = (float *)scratch;
	if (io->up)
		make_xmap(xmap, io->uw, io->iw);
	for (int t = y0 / WINO_OUT * k.across, n; t < end; t += n) {
		n = end - t < WINO_BATCH ? end - t : WINO_BATCH;
		wino_gather(&k, t, n);
		for (int b = 0, nb; b < ocb; b += nb) {
			ptrdiff_t mstep = (ptrdiff_t)(nb = group_size(ocb - b)) * WINO_BATCH * B;
			int most = tile_pixels[nb - 1];

			for (int f = 0; f < WINO_POINTS; f++) {
				r.v = k.v + (ptrdiff_t)f * icb * WINO_BATCH * B;
				r.w = (const float *)packed_weights(p, B) + b * r.wblk + (ptrdiff_t)f * icb * B * B;
				r.m = k.m + f * mstep;
				for (int x = 0; x < n; x += most)
					product_tiles[nb - 1][(n - x < most ? n - x : most) - 1](&r, x);
			}
			wino_put_all(&k, b, nb, t, n, mstep);
		}
	}
}

#endif
