/*
 * simd_first.h - the first convolution, from an 8-bit picture; and max pooling
 *
 * Rows become f32 (less the mean, times the scale) in a ring of zero-padded rows of 3 channels a pixel; the sums then
 * broadcast one input at a time over a block of output channels.
 */
#ifndef FRL_SIMD_FIRST_H
#define FRL_SIMD_FIRST_H

#if B == 16
#define FIRST_PIXELS 16
#else
#define FIRST_PIXELS 12
#endif

/* Floats before a row's left padding, so that the picture begins on a 64-byte boundary: stores that straddle two cache
 * lines cost double. */
static int first_lead(const struct kern_conv *c)
{
	return (16 - c->pad * 3 % 16) % 16;
}

/* Floats of a row. */
static ptrdiff_t first_row(const struct kern_conv *c, int iw)
{
	return (ptrdiff_t)(align_up((size_t)(first_lead(c) + (iw + 2 * c->pad) * 3) * sizeof(float)) / sizeof(float));
}

static size_t simd_first_scratch(const struct kern_conv *c, int iw)
{
	return (size_t)(first_row(c, iw) * c->kh) * sizeof(float);
}

/* One row of the picture, NULL for one outside; mean and scale repeat every 3 vectors. */
static void first_convert(float *dst, const uint8_t *src, int iw, int pad, const float *mean, const float *scale)
{
	int n = iw * 3, i = 0;

	memset(dst, 0, (size_t)(pad * 3) * sizeof(*dst));
	dst += pad * 3; /* aligned */
	if (!src) {
		memset(dst, 0, (size_t)(n + pad * 3) * sizeof(*dst));
		return;
	}
	for (; i + 3 * B <= n; i += 3 * B)
		UNROLLED (k, 3)
			vstore(dst + i + k * B,
			       (vload_u8(src + i + k * B) - vload(mean + k * B)) * vload(scale + k * B));
	for (int k = 0; i < n; i++, k++)
		dst[i] = ((float)src[i] - mean[k]) * scale[k];
	memset(dst + n, 0, (size_t)(pad * 3) * sizeof(*dst));
}

struct first {
	const float *rows[7]; /* at output pixel 0's first input */
	const float *w, *bias, *slope;
	int kh, kw, stride, round;
};

INLINE void first_tile(const struct first *f, elem *dst, ptrdiff_t x0, const int np, const int step)
{
	vec acc[FIRST_PIXELS], bias = vload(f->bias), slope = vload(f->slope);
	const float *w = f->w;

	UNROLLED (i, np)
		acc[i] = bias;
	for (int k = 0; k < f->kh; k++) {
		const float *x = f->rows[k] + x0 * step;

		ONE_BASE(x);
		for (int c = 0; c < f->kw * 3; c++, x++, w += B) {
			vec wv = vload(w);

			UNROLLED (i, np)
				acc[i] = vfma(wv, vset1(x[i * step]), acc[i]);
		}
	}
	UNROLLED (i, np)
		acc[i] = activate(acc[i], slope);
	round_all(acc, np, f->round);
	dst += x0 * B;
	ONE_BASE(dst);
	UNROLLED (i, np)
		estore(dst + i * B, acc[i]);
}

static void first_run(const struct first *f, elem *dst, int ow)
{
	int x = 0;

	if (f->stride == 2) {
		for (; x + FIRST_PIXELS <= ow; x += FIRST_PIXELS)
			first_tile(f, dst, x, FIRST_PIXELS, 6);
		for (; x + 4 <= ow; x += 4)
			first_tile(f, dst, x, 4, 6);
		for (; x < ow; x++)
			first_tile(f, dst, x, 1, 6);
	} else {
		for (; x + FIRST_PIXELS <= ow; x += FIRST_PIXELS)
			first_tile(f, dst, x, FIRST_PIXELS, 3);
		for (; x < ow; x++)
			first_tile(f, dst, x, 1, 3);
	}
}

static void simd_first(const struct kern_conv *c, const void *p, const struct kern_picture *pic,
		       const struct kern_io *io, int y0, int y1)
{
	const struct packed *head = p;
	int ow = kern_out(c, c->kw, io->iw), next = y0 * c->stride - c->pad;
	ptrdiff_t row = first_row(c, io->iw);
	float mean[3 * B] __attribute__((aligned(KERN_ALIGN))), scale[3 * B] __attribute__((aligned(KERN_ALIGN)));
	float *ring = (float *)io->scratch + first_lead(c);
	struct first f = { .kh = c->kh, .kw = c->kw, .stride = c->stride, .round = c->dtype == KERN_BF16 };

	for (int i = 0; i < 3 * B; i++) {
		mean[i] = pic->mean[i % 3];
		scale[i] = pic->scale[i % 3];
	}
	for (int y = y0; y < y1; y++) {
		int top = y * c->stride - c->pad;

		for (next = next < top ? top : next; next < top + c->kh; next++)
			first_convert(ring + (next + c->pad) % c->kh * row,
				      next < 0 || next >= io->ih ? NULL : pic->rgb + (size_t)next * pic->pitch, io->iw,
				      c->pad, mean, scale);
		for (int k = 0; k < c->kh; k++)
			f.rows[k] = ring + (top + k + c->pad) % c->kh * row;
		for (int b = 0; b < head->oc_blocks; b++) {
			f.bias = packed_bias(p) + b * B;
			f.slope = f.bias + (ptrdiff_t)head->oc_blocks * B;
			f.w = (const float *)packed_weights(p, B) + (ptrdiff_t)b * c->kh * c->kw * 3 * B;
			first_run(&f, (elem *)io->dst[b] + (ptrdiff_t)y * ow * B, ow);
		}
	}
}

static void simd_maxpool(int blocks, const struct kern_io *io, int y0, int y1)
{
	int ow = (io->iw - 1) / 2 + 1;

	for (int b = 0; b < blocks; b++)
		for (int y = y0; y < y1; y++) {
			elem *dst = (elem *)io->dst[b] + (ptrdiff_t)y * ow * B;
			int top = y > 0 ? 2 * y - 1 : 0, bottom = 2 * y + 1 < io->ih ? 2 * y + 1 : io->ih - 1;

			for (int x = 0; x < ow; x++, dst += B) {
				int left = x > 0 ? 2 * x - 1 : 0, right = 2 * x + 1 < io->iw ? 2 * x + 1 : io->iw - 1;
				const elem *s = (const elem *)io->src[b] + (ptrdiff_t)top * io->iw * B;
				vec v = eload(s + (ptrdiff_t)left * B);

				for (int i = top; i <= bottom; i++, s += (ptrdiff_t)io->iw * B)
					for (int k = left; k <= right; k++)
						v = vmax(v, eload(s + (ptrdiff_t)k * B));
				estore(dst, v);
			}
		}
}

#endif
