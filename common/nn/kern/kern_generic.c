/*
 * kern_generic.c - the kernels in plain C: what runs where there is no AVX2, and the readable meaning of each function
 *
 * B = 8; bf16 is kept as rounded f32. No Winograd.
 */
#include "common/nn/kern/kern_priv.h"

#define B 8

/* v[B]: residual, activation, addition of an upsampled tensor, rounding, store; of output (y, x) of block b. */
static void finish(const struct kern_conv *c, const void *p, const struct kern_io *io, int b, int y, int x, int oh,
		   int ow, const float *v)
{
	const float *slope = packed_bias(p) + (((const struct packed *)p)->oc_blocks + b) * B;
	ptrdiff_t at = ((ptrdiff_t)y * ow + x) * B;
	float *dst = (float *)io->dst[b] + at;

	for (int l = 0; l < B; l++) {
		float s = v[l] + (io->res ? ((const float *)io->res[b])[at + l] : 0);

		s = s > 0 ? s : s * slope[l];
		if (io->up) {
			int64_t uy = (int64_t)y * io->uh / oh, ux = (int64_t)x * io->uw / ow;

			s += ((const float *)io->up[b])[(uy * io->uw + ux) * B + l];
		}
		dst[l] = c->dtype == KERN_BF16 ? bf16_round(s) : s;
	}
}

/* The sum for output (y, x), block b. Depthwise: lane by lane; else every input channel to all lanes. */
static void conv_pixel(const struct kern_conv *c, const void *p, const struct kern_io *io, int b, int y, int x,
		       float *v)
{
	const float *w = packed_weights(p, B);
	int icb = ((const struct packed *)p)->ic_blocks;

	memcpy(v, packed_bias(p) + b * B, B * sizeof(*v));
	w += (ptrdiff_t)b * c->kh * c->kw * B * (c->depthwise ? 1 : icb * B);
	for (int s = c->depthwise ? b : 0; s < (c->depthwise ? b + 1 : icb); s++)
		for (int t = 0; t < c->kh * c->kw; t++) {
			int iy = y * c->stride - c->pad + t / c->kw, ix = x * c->stride - c->pad + t % c->kw;
			const float *in;

			if (iy < 0 || iy >= io->ih || ix < 0 || ix >= io->iw) {
				w += c->depthwise ? B : B * B;
				continue;
			}
			in = (const float *)io->src[s] + ((ptrdiff_t)iy * io->iw + ix) * B;
			if (c->depthwise) {
				for (int l = 0; l < B; l++)
					v[l] += in[l] * w[l];
				w += B;
				continue;
			}
			for (int i = 0; i < B; i++, w += B)
				for (int l = 0; l < B; l++)
					v[l] += in[i] * w[l];
		}
}

static void conv(const struct kern_conv *c, const void *p, const struct kern_io *io, int y0, int y1)
{
	int oh = kern_out(c, c->kh, io->ih), ow = kern_out(c, c->kw, io->iw);
	float v[B];

	for (int b = 0; b < ((const struct packed *)p)->oc_blocks; b++)
		for (int y = y0; y < y1; y++)
			for (int x = 0; x < ow; x++) {
				conv_pixel(c, p, io, b, y, x, v);
				finish(c, p, io, b, y, x, oh, ow, v);
			}
}

static size_t conv_scratch(const struct kern_conv *c, int iw)
{
	(void)c;
	(void)iw;
	return 0;
}

/* The depthwise row goes to scratch as a picture of one row, and the 1x1 convolution of that is the output row. */
static size_t dwpw_scratch(const struct kern_conv *dw, const struct kern_conv *pw, int iw)
{
	size_t blocks = (size_t)div_up(dw->ic, B);

	(void)pw;
	return align_up(blocks * sizeof(float *)) + blocks * align_up((size_t)kern_out(dw, 3, iw) * B * sizeof(float));
}

static void dwpw(const struct kern_conv *dw, const void *pdw, const struct kern_conv *pw, const void *ppw,
		 const struct kern_io *io, int y0, int y1)
{
	int blocks = div_up(dw->ic, B), oh = kern_out(dw, 3, io->ih), ow = kern_out(dw, 3, io->iw);
	float **mid = io->scratch, v[B];
	struct kern_io in = *io;
	char *row = (char *)io->scratch + align_up((size_t)blocks * sizeof(*mid));

	for (int b = 0; b < blocks; b++, row += align_up((size_t)ow * B * sizeof(float)))
		mid[b] = (float *)row;
	in.src = (const void *const *)mid;
	in.ih = 1;
	in.iw = ow;
	for (int y = y0; y < y1; y++) {
		struct kern_io out = *io;

		out.res = out.up = NULL;
		for (int b = 0; b < blocks; b++) {
			void *at = mid[b] - (ptrdiff_t)y * ow * B; /* so that row y lies at mid[b] */

			out.dst = &at - b;
			for (int x = 0; x < ow; x++) {
				conv_pixel(dw, pdw, io, b, y, x, v);
				finish(dw, pdw, &out, b, y, x, oh, ow, v);
			}
		}
		for (int b = 0; b < div_up(pw->oc, B); b++)
			for (int x = 0; x < ow; x++) {
				conv_pixel(pw, ppw, &in, b, 0, x, v);
				finish(pw, ppw, io, b, y, x, oh, ow, v);
			}
	}
}

static size_t first_scratch(const struct kern_conv *c, int iw)
{
	return conv_scratch(c, iw);
}

static void first_pixel(const struct kern_conv *c, const void *p, const struct kern_picture *pic,
			const struct kern_io *io, int b, int y, int x, float *v)
{
	const float *w = (const float *)packed_weights(p, B) + (ptrdiff_t)b * c->kh * c->kw * 3 * B;

	memcpy(v, packed_bias(p) + b * B, B * sizeof(*v));
	for (int t = 0; t < c->kh * c->kw; t++) {
		int iy = y * c->stride - c->pad + t / c->kw, ix = x * c->stride - c->pad + t % c->kw;

		for (int i = 0; i < 3; i++, w += B) {
			float in;

			if (iy < 0 || iy >= io->ih || ix < 0 || ix >= io->iw)
				continue;
			in = ((float)pic->rgb[(size_t)iy * pic->pitch + (size_t)ix * 3 + (size_t)i] - pic->mean[i]) *
			     pic->scale[i];
			for (int l = 0; l < B; l++)
				v[l] += in * w[l];
		}
	}
}

static void first(const struct kern_conv *c, const void *p, const struct kern_picture *pic, const struct kern_io *io,
		  int y0, int y1)
{
	int oh = kern_out(c, c->kh, io->ih), ow = kern_out(c, c->kw, io->iw);
	float v[B];

	for (int b = 0; b < ((const struct packed *)p)->oc_blocks; b++)
		for (int y = y0; y < y1; y++)
			for (int x = 0; x < ow; x++) {
				first_pixel(c, p, pic, io, b, y, x, v);
				finish(c, p, io, b, y, x, oh, ow, v);
			}
}

static void maxpool(int blocks, const struct kern_io *io, int y0, int y1)
{
	int ow = (io->iw - 1) / 2 + 1;

	for (int b = 0; b < blocks; b++)
		for (int i = y0 * ow * B; i < y1 * ow * B; i++) {
			int y = i / B / ow, x = i / B % ow, l = i % B;
			const float *s = (const float *)io->src[b] + l;
			float most = s[((ptrdiff_t)2 * y * io->iw + 2 * x) * B];

			for (int iy = 2 * y - 1; iy <= 2 * y + 1; iy++)
				for (int ix = 2 * x - 1; ix <= 2 * x + 1; ix++)
					if (iy >= 0 && iy < io->ih && ix >= 0 && ix < io->iw &&
					    s[((ptrdiff_t)iy * io->iw + ix) * B] > most)
						most = s[((ptrdiff_t)iy * io->iw + ix) * B];
			((float *)io->dst[b])[i] = most;
		}
}

const struct kern_ops kern_ops_generic = {
	.block = B,
	.conv_scratch = conv_scratch,
	.conv = conv,
	.dwpw_scratch = dwpw_scratch,
	.dwpw = dwpw,
	.first_scratch = first_scratch,
	.first = first,
	.maxpool = maxpool,
};
