/*
 * simd_dw.h - depthwise 3x3, and the pair depthwise 3x3 + 1x1
 *
 * The pair computes a few rows of the depthwise output into a buffer that stays in the L1/L2 cache, and the 1x1
 * convolution reads them as one run of pixels. Taps that lie outside the picture are left out.
 */
#ifndef FRL_SIMD_DW_H
#define FRL_SIMD_DW_H

#define DW_PIXELS 8
/* The buffer between the two holds at least this many pixels (or the whole row) .. */
#define PAIR_PIXELS 112
/* .. unless that takes more bytes than this. */
#define PAIR_BYTES 98304

/* One output row of one block: rows[i] is input row i of the three, NULL where outside. */
struct dw_row {
	const elem *rows[3];
	const float *w, *bias, *slope;
	int iw, stride, round;
};

INLINE void dw_tile(const struct dw_row *d, elem *dst, ptrdiff_t x, const int np, const int stride)
{
	vec acc[DW_PIXELS], bias = vload(d->bias), slope = vload(d->slope);

	UNROLLED (i, np)
		acc[i] = bias;
	for (int k = 0; k < 3; k++) {
		const elem *s = d->rows[k];
		vec w[3];

		if (!s)
			continue;
		s += (x * stride - 1) * B;
		ONE_BASE(s);
		UNROLLED (t, 3)
			w[t] = vload(d->w + (3 * k + t) * B);
		UNROLLED (i, (np - 1) * stride + 3) {
			vec v = eload(s + i * B);

			IN_REGISTER(v); /* each serves up to three sums */
			UNROLLED (t, 3)
				if (i >= t && (i - t) % stride == 0 && (i - t) / stride < np)
					acc[(i - t) / stride] = vfma(v, w[t], acc[(i - t) / stride]);
		}
	}
	UNROLLED (i, np)
		acc[i] = activate(acc[i], slope);
	round_all(acc, np, d->round);
	dst += x * B;
	ONE_BASE(dst);
	UNROLLED (i, np)
		estore(dst + i * B, acc[i]);
}

/* A pixel that may miss its left or right column. */
static void dw_edge(const struct dw_row *d, elem *dst, int x)
{
	vec acc = vload(d->bias);

	for (int k = 0; k < 9; k++) {
		const elem *s = d->rows[k / 3];
		int at = x * d->stride - 1 + k % 3;

		if (s && at >= 0 && at < d->iw)
			acc = vfma(eload(s + (ptrdiff_t)at * B), vload(d->w + k * B), acc);
	}
	acc = activate(acc, vload(d->slope));
	round_all(&acc, 1, d->round);
	estore(dst + (ptrdiff_t)x * B, acc);
}

static void dw_run(const struct dw_row *d, elem *dst, int ow)
{
	int x = 1, end = (d->iw - 2) / d->stride + 1; /* output columns [1, end) see three input columns */

	if (end > ow)
		end = ow;
	dw_edge(d, dst, 0);
	if (end - x >= DW_PIXELS)
		for (; x < end; x += DW_PIXELS) {
			if (x > end - DW_PIXELS) /* the last tile overlaps: same values again */
				x = end - DW_PIXELS;
			if (d->stride == 1)
				dw_tile(d, dst, x, DW_PIXELS, 1);
			else
				dw_tile(d, dst, x, DW_PIXELS, 2);
		}
	for (; x < end; x++) {
		if (d->stride == 1)
			dw_tile(d, dst, x, 1, 1);
		else
			dw_tile(d, dst, x, 1, 2);
	}
	for (; x < ow; x++)
		dw_edge(d, dst, x);
}

/* Output row y of block b. */
static void dw_output_row(const struct kern_conv *c, const void *p, const struct kern_io *io, int b, int y, elem *dst,
			  int ow)
{
	const struct packed *head = p;
	struct dw_row d = { .iw = io->iw, .stride = c->stride, .round = c->dtype == KERN_BF16 };

	d.bias = packed_bias(p) + b * B;
	d.slope = d.bias + (ptrdiff_t)head->oc_blocks * B;
	d.w = (const float *)packed_weights(p, B) + (ptrdiff_t)b * 9 * B;
	for (int k = 0; k < 3; k++) {
		int iy = y * c->stride - 1 + k;

		d.rows[k] = iy < 0 || iy >= io->ih ? NULL : (const elem *)io->src[b] + (ptrdiff_t)iy * io->iw * B;
	}
	dw_run(&d, dst, ow);
}

static void depthwise(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1)
{
	int ow = kern_out(c, 3, io->iw);

	for (int b = 0; b < div_up(c->ic, B); b++)
		for (int y = y0; y < y1; y++)
			dw_output_row(c, p, io, b, y, (elem *)io->dst[b] + (ptrdiff_t)y * ow * B, ow);
}

/* Rows in the buffer of a pair. */
static int pair_rows(int channels, int ow)
{
	int most = PAIR_BYTES / (int)sizeof(elem) / (div_up(channels, B) * B) / ow, want = div_up(PAIR_PIXELS, ow);

	return most < 1 ? 1 : want < most ? want : most;
}

static size_t simd_dwpw_scratch(const struct kern_conv *dw, const struct kern_conv *pw, int iw)
{
	int ow = kern_out(dw, 3, iw);
	size_t icb = (size_t)div_up(dw->ic, B);

	(void)pw;
	return 2 * align_up(icb * sizeof(elem *)) + align_up((size_t)ow * sizeof(int32_t)) +
	       align_up(icb * (size_t)(pair_rows(dw->ic, ow) * ow * B) * sizeof(elem));
}

static void simd_dwpw(const struct kern_conv *dw, const void *pdw, const struct kern_conv *pw, const void *ppw,
		      const struct kern_io *io, int y0, int y1)
{
	int icb = div_up(dw->ic, B), oh = kern_out(dw, 3, io->ih), ow = kern_out(dw, 3, io->iw);
	int rows = io->up ? 1 : pair_rows(dw->ic, ow);
	char *scratch = io->scratch;
	const elem **taps = carve(&scratch, (size_t)icb * sizeof(*taps));
	const elem **mid = carve(&scratch, (size_t)icb * sizeof(*mid));
	int32_t *xmap = carve(&scratch, (size_t)ow * sizeof(*xmap));
	elem *buf = (elem *)scratch;

	if (io->up)
		make_xmap(xmap, io->uw, ow);
	for (int y = y0; y < y1; y += rows) {
		int n = y1 - y < rows ? y1 - y : rows;

		for (int b = 0; b < icb; b++) {
			elem *d = buf + (ptrdiff_t)b * rows * ow * B;

			mid[b] = d;
			for (int i = 0; i < n; i++)
				dw_output_row(dw, pdw, io, b, y + i, d + (ptrdiff_t)i * ow * B, ow);
		}
		pointwise_run(pw, ppw, io, taps, mid, 0, y, oh, ow, 0, n * ow, xmap, 0);
	}
}

#endif
