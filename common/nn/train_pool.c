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

/* The taps [*from, *to) of a window that begins at `start` which lie on a side of n. */
static void taps(int start, int k, int n, int *from, int *to)
{
	*from = start < 0 ? -start : 0;
	*to = start + k > n ? n - start : k;
}

/* A window's maximum: x is the plane, y0 and x0 the window's corner. As in PyTorch, NaN is larger than any number. */
static inline __attribute__((always_inline)) void max_at(int width, const struct nn_pool *p, const float *x, int h,
							 int w, int y0, int x0, float *y, uint8_t *which)
{
	float best[TRAIN_MAX_BLOCK];
	int32_t place[TRAIN_MAX_BLOCK];
	int ky0, ky1, kx0, kx1;

	taps(y0, p->k, h, &ky0, &ky1);
	taps(x0, p->k, w, &kx0, &kx1);
	for (int k = 0; k < width; k++) {
		best[k] = -INFINITY;
		place[k] = ky0 * p->k + kx0;
	}
	for (int ky = ky0; ky < ky1; ky++)
		for (int kx = kx0; kx < kx1; kx++) {
			const float *s = x + ((ptrdiff_t)(y0 + ky) * w + x0 + kx) * width;

			for (int k = 0; k < width; k++) {
				bool larger = !(s[k] <= best[k]) && best[k] == best[k];

				best[k] = larger ? s[k] : best[k];
				place[k] = larger ? ky * p->k + kx : place[k];
			}
		}
	for (int k = 0; k < width; k++) {
		y[k] = best[k];
		which[k] = (uint8_t)place[k];
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
				for (int j = 0; j < y->w; j++, d += b->block, place += b->block) {
					int y0 = i * p->stride - p->pad, x0 = j * p->stride - p->pad;

					if (b->block == 16)
						max_at(16, p, s, x->h, x->w, y0, x0, d, place);
					else
						max_at(8, p, s, x->h, x->w, y0, x0, d, place);
				}
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
