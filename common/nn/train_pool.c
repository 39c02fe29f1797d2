/*
 * train_pool.c - pooling, forward and backward
 */
#include <math.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/train_internal.h"

static void check_pool(const struct nn_pool *p, const struct nn_batch *x, const struct nn_batch *y)
{
	if (p->k * p->k > 255 || p->pad * 2 > p->k || x->n != y->n || x->c != y->c ||
	    y->h != (x->h + 2 * p->pad - p->k) / p->stride + 1 || y->w != (x->w + 2 * p->pad - p->k) / p->stride + 1)
		BUG("maxpool %d/%d/%d: [%d,%d,%d,%d] to [%d,%d,%d,%d]", p->k, p->stride, p->pad, x->n, x->c, x->h, x->w,
		    y->n, y->c, y->h, y->w);
}

/* The output at one place: x is the input's plane, oy and ox the output's pixel. NaN is larger than any number. */
static void max_at(const struct nn_train *b, const struct nn_pool *p, const float *x, int h, int w, int oy, int ox,
		   float *y, uint8_t *which)
{
	int block = b->block, y0 = oy * p->stride - p->pad, x0 = ox * p->stride - p->pad;

	for (int k = 0; k < block; k++) {
		y[k] = -INFINITY;
		which[k] = 255;
	}
	for (int ky = 0; ky < p->k; ky++)
		for (int kx = 0; kx < p->k; kx++) {
			const float *s;

			if (y0 + ky < 0 || y0 + ky >= h || x0 + kx < 0 || x0 + kx >= w)
				continue;
			s = x + ((size_t)(y0 + ky) * (size_t)w + (size_t)(x0 + kx)) * (size_t)block;
			for (int k = 0; k < block; k++)
				if (s[k] > y[k] || which[k] == 255 || (isnan(s[k]) && !isnan(y[k]))) {
					y[k] = s[k];
					which[k] = (uint8_t)(ky * p->k + kx);
				}
		}
}

void train_maxpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y, uint8_t *which)
{
	check_pool(p, x, y);
	for (int n = 0; n < x->n; n++)
		for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
			const float *s = train_plane(b, x, n, cb);
			float *d = train_plane(b, y, n, cb);
			uint8_t *place = which + (d - (float *)y->data);

			for (int i = 0; i < y->h; i++)
				for (int j = 0; j < y->w; j++, d += b->block, place += b->block)
					max_at(b, p, s, x->h, x->w, i, j, d, place);
		}
}

static void spread_plane(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy, const float *g,
			 const uint8_t *which, float *d, int w)
{
	for (int i = 0; i < dy->h; i++)
		for (int j = 0; j < dy->w; j++, g += b->block, which += b->block)
			for (int k = 0; k < b->block; k++) {
				int y = i * p->stride - p->pad + which[k] / p->k;
				int x = j * p->stride - p->pad + which[k] % p->k;

				d[((size_t)y * (size_t)w + (size_t)x) * (size_t)b->block + (size_t)k] += g[k];
			}
}

void train_maxpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const uint8_t *which, const struct nn_batch *dx, bool accumulate)
{
	check_pool(p, dx, dy);
	for (int n = 0; n < dx->n; n++)
		for (int cb = 0; cb < train_blocks(b, dx->c); cb++) {
			const float *g = train_plane(b, dy, n, cb);
			float *d = train_plane(b, dx, n, cb);

			if (!accumulate)
				memset(d, 0, train_plane_size(b, dx) * sizeof *d);
			spread_plane(b, p, dy, g, which + (g - (const float *)dy->data), d, dx->w);
		}
}

static void check_global(const struct nn_batch *x, const struct nn_batch *y)
{
	if (x->n != y->n || x->c != y->c || y->h != 1 || y->w != 1)
		BUG("global_avgpool: [%d,%d,%d,%d] to [%d,%d,%d,%d]", x->n, x->c, x->h, x->w, y->n, y->c, y->h, y->w);
}

void train_global_avgpool(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y)
{
	size_t pixels = (size_t)x->h * (size_t)x->w, block = (size_t)b->block;

	check_global(x, y);
	for (int n = 0; n < x->n; n++)
		for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
			const float *s = train_plane(b, x, n, cb);
			float *d = train_plane(b, y, n, cb);
			double sum[TRAIN_MAX_BLOCK] = { 0 };

			for (size_t i = 0; i < pixels; i++)
				for (size_t k = 0; k < block; k++)
					sum[k] += (double)s[i * block + k];
			for (size_t k = 0; k < block; k++)
				d[k] = (float)(sum[k] / (double)pixels);
		}
}

void train_global_avgpool_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *dx,
				   bool accumulate)
{
	size_t pixels = (size_t)dx->h * (size_t)dx->w, block = (size_t)b->block;
	float share = 1 / (float)pixels;

	check_global(dx, dy);
	for (int n = 0; n < dx->n; n++)
		for (int cb = 0; cb < train_blocks(b, dx->c); cb++) {
			const float *g = train_plane(b, dy, n, cb);
			float *d = train_plane(b, dx, n, cb);

			for (size_t i = 0; i < pixels * block; i++)
				d[i] = (accumulate ? d[i] : 0) + g[i % block] * share;
		}
}
