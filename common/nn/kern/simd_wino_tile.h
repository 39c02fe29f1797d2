/*
 * simd_wino_tile.h - transforms of one tile of F(4x4, 3x3): 6x6 inputs to 36 points, 36 points to 4x4 outputs; and the
 * products between
 *
 * B' and A' of the points 0, +-1, +-2, infinity; G is in kern_pack.c.
 */
#ifndef FRL_SIMD_WINO_TILE_H
#define FRL_SIMD_WINO_TILE_H

/* B' d: six inputs along a row or column to the six points. */
INLINE void wino_in6(vec *o, ptrdiff_t step, vec d0, vec d1, vec d2, vec d3, vec d4, vec d5)
{
	const vec four = vset1(4), five = vset1(-5), two = vset1(2);
	vec a = vfma(d2, -four, d4), b = vfma(d1, -four, d3), c = d4 - d2, e = (d3 - d1) * two;

	o[0] = vfma(d0, four, vfma(d2, five, d4));
	o[step] = a + b;
	o[2 * step] = a - b;
	o[3 * step] = c + e;
	o[4 * step] = c - e;
	o[5 * step] = vfma(d1, four, vfma(d3, five, d5));
}

/* A' m: six points to four outputs. */
INLINE void wino_out4(vec *o, ptrdiff_t step, vec m0, vec m1, vec m2, vec m3, vec m4, vec m5)
{
	vec s = m1 + m2, d = m1 - m2, t = m3 + m4, e = m3 - m4;

	o[0] = m0 + s + t;
	o[step] = vfma(e, vset1(2), d);
	o[2 * step] = vfma(t, vset1(4), s);
	o[3 * step] = vfma(e, vset1(8), d) + m5;
}

/* One tile of one block, rows `pitch` elements apart, to v[36], `step` floats apart. */
INLINE void wino_input(const elem *s, ptrdiff_t pitch, float *v, ptrdiff_t step)
{
	vec t[WINO_POINTS], o[WINO_IN];

	UNROLLED (x, WINO_IN) {
		wino_in6(t + x, WINO_IN, eload(s), eload(s + pitch), eload(s + 2 * pitch), eload(s + 3 * pitch),
			 eload(s + 4 * pitch), eload(s + 5 * pitch));
		s += B;
	}
	UNROLLED (y, WINO_IN) {
		const vec *r = t + y * WINO_IN;

		wino_in6(o, 1, r[0], r[1], r[2], r[3], r[4], r[5]);
		UNROLLED (x, WINO_IN) {
			vstore(v, o[x]);
			v += step;
		}
	}
}

/* The same for a tile whose first input is (y, x) and that reaches beyond the picture. */
static void wino_input_edge(const elem *s, int ih, int iw, int y, int x, float *v, ptrdiff_t step)
{
	elem patch[WINO_POINTS * B] __attribute__((aligned(KERN_ALIGN)));
	vec zero = vzero();
	int top = y < 0 ? -y : 0, bottom = y + WINO_IN > ih ? ih - y : WINO_IN;
	int left = x < 0 ? -x : 0, right = x + WINO_IN > iw ? iw - x : WINO_IN;

	IN_REGISTER(zero); /* or gcc makes it a slow memset */
	UNROLLED (i, WINO_POINTS)
		estore(patch + i * B, zero);
	for (int i = top; i < bottom; i++)
		for (int k = left; k < right; k++)
			estore(patch + (i * WINO_IN + k) * B, eload(s + ((ptrdiff_t)(y + i) * iw + x + k) * B));
	wino_input(patch, WINO_IN * B, v, step);
}

/* m[36], `step` floats apart, to 4x4 sums */
INLINE void wino_output(const float *m, ptrdiff_t step, vec *o)
{
	vec t[WINO_OUT * WINO_IN];

	UNROLLED (x, WINO_IN) {
		const float *c = m + x * step;

		wino_out4(t + x, WINO_IN, vload(c), vload(c + 6 * step), vload(c + 12 * step), vload(c + 18 * step),
			  vload(c + 24 * step), vload(c + 30 * step));
	}
	UNROLLED (y, WINO_OUT) {
		const vec *r = t + y * WINO_IN;

		wino_out4(o + y * WINO_OUT, 1, r[0], r[1], r[2], r[3], r[4], r[5]);
	}
}

/* Tiles in one batch: what the matrices' rows are. */
#define WINO_BATCH (2 * NP2)

/* One point's product: v[icb][WINO_BATCH][B] x w[icb][B in][B out] of nb blocks to m[nb][WINO_BATCH][B] */
struct product {
	const float *v, *w;
	float *m;
	ptrdiff_t wblk;
	int icb, nc; /* blocks of input channels; channels in the last */
};

INLINE void product(const struct product *p, ptrdiff_t t0, const int nb, const int np)
{
	vec acc[NB_MAX * NP1 > 28 ? 28 : NB_MAX * NP1];
	const float *w = p->w, *v = p->v + t0 * B;

	UNROLLED (i, nb * np)
		acc[i] = vzero();
	for (int b = 0; b < p->icb; b++, w += B * B, v += WINO_BATCH * B)
		sum_f32(acc, nb, np, v, b < p->icb - 1 ? B : p->nc, w, p->wblk);
	UNROLLED (j, nb)
		UNROLLED (i, np)
			vstore(p->m + (j * WINO_BATCH + t0 + i) * B, acc[j * np + i]);
}

#define PRODUCT_TILE(nb, np) \
	static void product_##nb##_##np(const struct product *p, ptrdiff_t t0) \
	{ \
		product(p, t0, nb, np); \
	}
#define PRODUCT_NAME(nb, np) product_##nb##_##np,
ALL_TILES(PRODUCT_TILE)

static void (*const product_tiles[NB_MAX][NP1])(const struct product *,
						ptrdiff_t) = { { TILES(PRODUCT_NAME, PRODUCT_NAME, PRODUCT_NAME) } };

#endif
