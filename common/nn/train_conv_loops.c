/*
 * train_conv_loops.c - convolutions that oneDNN does not compute for us: groups, and shapes it refuses
 *
 * Right rather than fast: nothing that frl trains spends much time here. Sums end in double and are rounded once.
 */
#include <string.h>

#include "common/nn/train_conv.h"

/* The outputs [*from, *to) whose input j * stride + offset lies in [0, n). */
static void valid(int outputs, int n, int stride, int offset, int *from, int *to)
{
	*from = offset < 0 ? (-offset + stride - 1) / stride : 0;
	*to = n - 1 - offset < 0 ? 0 : (n - 1 - offset) / stride + 1;
	if (*to > outputs)
		*to = outputs;
}

static double output_at(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			const float *w, int n, int o, int oy, int ox)
{
	const struct nn_train_conv *c = &p->c;
	int per = c->ic / c->groups, first = o / (c->oc / c->groups) * per;
	double sum = 0;
	size_t step;

	for (int i = 0; i < per; i++) {
		const float *s = train_channel(b, x, n, first + i, &step);

		for (int ky = 0; ky < c->kh; ky++)
			for (int kx = 0; kx < c->kw; kx++) {
				int y = oy * c->stride - c->pad + ky * c->dilation;
				int xx = ox * c->stride - c->pad + kx * c->dilation;

				if (y >= 0 && y < p->ih && xx >= 0 && xx < p->iw)
					sum += (double)s[((size_t)y * (size_t)p->iw + (size_t)xx) * step] *
					       (double)w[train_weight_at(b, c, o, i, ky, kx)];
			}
	}
	return sum;
}

void train_loops_forward(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			 const float *packed, const struct nn_batch *y)
{
	const float *bias = packed + train_forward_floats(b, &p->c) + train_backward_floats(b, &p->c);
	size_t step;

	train_zero_pad(b, y);
	for (int n = 0; n < p->n; n++)
		for (int o = 0; o < p->c.oc; o++) {
			float *d = train_channel(b, y, n, o, &step);

			for (int i = 0; i < p->oh; i++)
				for (int j = 0; j < p->ow; j++, d += step)
					*d = (float)(output_at(b, p, x, packed, n, o, i, j) + (double)bias[o]);
		}
}

/* One input pixel's gradient: from every output that read it. */
static double input_at(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
		       const float *w, int n, int in, int iy, int ix)
{
	const struct nn_train_conv *c = &p->c;
	int per = c->ic / c->groups, outputs = c->oc / c->groups, first = in / per * outputs;
	double sum = 0;
	size_t step;

	for (int o = first; o < first + outputs; o++) {
		const float *g = train_channel(b, dy, n, o, &step);

		for (int ky = 0; ky < c->kh; ky++)
			for (int kx = 0; kx < c->kw; kx++) {
				int y = iy + c->pad - ky * c->dilation, x = ix + c->pad - kx * c->dilation;

				if (y < 0 || x < 0 || y % c->stride || x % c->stride)
					continue;
				y /= c->stride;
				x /= c->stride;
				if (y < p->oh && x < p->ow)
					sum += (double)g[((size_t)y * (size_t)p->ow + (size_t)x) * step] *
					       (double)w[train_weight_at(b, c, o, in % per, ky, kx)];
			}
	}
	return sum;
}

void train_loops_backward_data(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *dy,
			       const float *packed, const struct nn_batch *dx, bool accumulate)
{
	size_t step;

	if (!accumulate && !dx->plain)
		train_zero_pad(b, dx);
	for (int n = 0; n < p->n; n++)
		for (int c = 0; c < p->c.ic; c++) {
			float *d = train_channel(b, dx, n, c, &step);

			for (int i = 0; i < p->ih; i++)
				for (int j = 0; j < p->iw; j++, d += step) {
					double sum = input_at(b, p, dy, packed, n, c, i, j);

					*d = (float)(accumulate ? (double)*d + sum : sum);
				}
		}
}

static double weight_gradient(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			      const struct nn_batch *dy, int o, int i, int ky, int kx)
{
	const struct nn_train_conv *c = &p->c;
	int y0, y1, x0, x1, oy = ky * c->dilation - c->pad, ox = kx * c->dilation - c->pad;
	double sum = 0;
	size_t xstep, ystep;

	valid(p->oh, p->ih, c->stride, oy, &y0, &y1);
	valid(p->ow, p->iw, c->stride, ox, &x0, &x1);
	for (int n = 0; n < p->n; n++) {
		const float *s = train_channel(b, x, n, i, &xstep), *g = train_channel(b, dy, n, o, &ystep);

		for (int r = y0; r < y1; r++)
			for (int q = x0; q < x1; q++) {
				size_t from = (size_t)(r * c->stride + oy) * (size_t)p->iw +
					      (size_t)(q * c->stride + ox);

				sum += (double)s[from * xstep] *
				       (double)g[((size_t)r * (size_t)p->ow + (size_t)q) * ystep];
			}
	}
	return sum;
}

static double bias_gradient(const struct nn_train *b, const struct nn_batch *dy, int o)
{
	size_t step, pixels = (size_t)dy->h * (size_t)dy->w;
	double sum = 0;

	for (int n = 0; n < dy->n; n++) {
		const float *g = train_channel(b, dy, n, o, &step);

		for (size_t i = 0; i < pixels; i++)
			sum += (double)g[i * step];
	}
	return sum;
}

/* sum[i][o] += x[i] dy[o] over n pixels of an output row. */
static inline __attribute__((always_inline)) void row_products(int width, const float *x, size_t xstep, const float *dy,
							       int n, double *sum)
{
	float row[TRAIN_MAX_BLOCK * TRAIN_MAX_BLOCK] = { 0 };

	for (int q = 0; q < n; q++, x += xstep, dy += width)
		for (int i = 0; i < width; i++)
			for (int o = 0; o < width; o++)
				row[i * width + o] += x[i] * dy[o];
	for (int i = 0; i < width * width; i++)
		sum[i] += (double)row[i];
}

/* The gradient of a block of outputs by a block of inputs for one tap, into its place. */
static void tile_gradient(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			  const struct nn_batch *dy, int ob, int ib, int tap, float *to)
{
	const struct nn_train_conv *c = &p->c;
	int oy = tap / c->kw * c->dilation - c->pad, ox = tap % c->kw * c->dilation - c->pad, y0, y1, x0, x1;
	double sum[TRAIN_MAX_BLOCK * TRAIN_MAX_BLOCK] = { 0 };
	int width = b->block;

	valid(p->oh, p->ih, c->stride, oy, &y0, &y1);
	valid(p->ow, p->iw, c->stride, ox, &x0, &x1);
	for (int n = 0; x0 < x1 && n < p->n; n++)
		for (int r = y0; r < y1; r++) {
			const float *s = train_plane(b, x, n, ib) +
					 ((r * c->stride + oy) * p->iw + x0 * c->stride + ox) * width;
			const float *g = train_plane(b, dy, n, ob) + (r * p->ow + x0) * width;
			size_t step = (size_t)(c->stride * width);

			if (width == 16)
				row_products(16, s, step, g, x1 - x0, sum);
			else
				row_products(8, s, step, g, x1 - x0, sum);
		}
	for (int i = 0; i < width * width; i++)
		to[i] = (float)sum[i];
}

/* One group, a blocked input: a tile of weights at a time, as oneDNN refuses some small pictures on AVX2. */
static void tiled_gradient(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
			   const struct nn_batch *dy, float *partial)
{
	const struct nn_train_conv *c = &p->c;

	for (int ob = 0; ob < train_blocks(b, c->oc); ob++)
		for (int ib = 0; ib < train_blocks(b, c->ic); ib++)
			for (int tap = 0; tap < c->kh * c->kw; tap++, partial += b->block * b->block)
				tile_gradient(b, p, x, dy, ob, ib, tap, partial);
}

void train_loops_backward_weights(const struct nn_train *b, const struct nn_conv_plan *p, const struct nn_batch *x,
				  const struct nn_batch *dy, float *partial)
{
	const struct nn_train_conv *c = &p->c;
	int per = c->ic / c->groups, outputs = c->oc / c->groups;
	float *bias = partial + train_forward_floats(b, c);
	bool tiled = c->groups == 1 && !c->plain;

	memset(partial, 0, train_partial_bytes(b, c));
	if (tiled)
		tiled_gradient(b, p, x, dy, partial);
	for (int o = 0; o < c->oc; o++) {
		for (int i = 0; !tiled && i < per; i++)
			for (int ky = 0; ky < c->kh; ky++)
				for (int kx = 0; kx < c->kw; kx++)
					partial[train_weight_at(b, c, o, i, ky, kx)] =
						(float)weight_gradient(b, p, x, dy, o, o / outputs * per + i, ky, kx);
		if (c->bias)
			bias[o] = (float)bias_gradient(b, dy, o);
	}
}
