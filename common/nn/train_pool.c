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
		BUG("pooling %d/%d/%d: [%d,%d,%d,%d] to [%d,%d,%d,%d]", p->k, p->stride, p->pad, x->n, x->c, x->h, x->w,
		    y->n, y->c, y->h, y->w);
}

/* The taps [*from, *to) of a window that begins at `start` which lie on a side of n. */
static void taps(int start, int k, int n, int *from, int *to)
{
	*from = start < 0 ? -start : 0;
	*to = start + k > n ? n - start : k;
}

/* A plane of x and of y in blocks of `width`. As in PyTorch, NaN is larger than any number. */
struct window {
	const struct nn_pool *p;
	int h, w;   /* x */
	int oh, ow; /* y */
};

static inline __attribute__((always_inline)) void max_at(int width, bool bf16, const struct window *m, const void *x,
							 int i, int j, void *y, uint8_t *which)
{
	int k = m->p->k, y0 = i * m->p->stride - m->p->pad, x0 = j * m->p->stride - m->p->pad;
	float best[TRAIN_MAX_BLOCK];
	int32_t place[TRAIN_MAX_BLOCK];
	int ky0, ky1, kx0, kx1;
	size_t to = ((size_t)i * (size_t)m->ow + (size_t)j) * (size_t)width;

	taps(y0, k, m->h, &ky0, &ky1);
	taps(x0, k, m->w, &kx0, &kx1);
	for (int c = 0; c < width; c++) {
		best[c] = -INFINITY;
		place[c] = ky0 * k + kx0;
	}
	for (int ky = ky0; ky < ky1; ky++)
		for (int kx = kx0; kx < kx1; kx++) {
			size_t at = ((size_t)(y0 + ky) * (size_t)m->w + (size_t)(x0 + kx)) * (size_t)width;

			for (int c = 0; c < width; c++) {
				float v = train_get(bf16, x, at + (size_t)c);
				bool larger = !(v <= best[c]) && best[c] == best[c];

				best[c] = larger ? v : best[c];
				place[c] = larger ? ky * k + kx : place[c];
			}
		}
	for (int c = 0; c < width; c++) {
		train_put(bf16, y, to + (size_t)c, best[c]);
		which[to + (size_t)c] = (uint8_t)place[c];
	}
}

static inline __attribute__((always_inline)) void max_plane(int width, bool bf16, const struct window *m, const void *x,
							    void *y, uint8_t *which)
{
	for (int i = 0; i < m->oh; i++)
		for (int j = 0; j < m->ow; j++)
			max_at(width, bf16, m, x, i, j, y, which);
}

/* Windows [*from, *to) of a side that cover input i. */
static void covering(const struct nn_pool *p, int i, int windows, int *from, int *to)
{
	int past = i + p->pad - p->k + 1;

	*from = past <= 0 ? 0 : (past + p->stride - 1) / p->stride;
	*to = (i + p->pad) / p->stride + 1;
	if (*to > windows)
		*to = windows;
}

/* The gradient of pixel (i, j): from the windows whose maximum it was, in their order. */
static inline __attribute__((always_inline)) void spread_at(int width, bool bf16, const struct window *m,
							    const void *dy, const uint8_t *which, int i, int j,
							    void *dx, bool accumulate)
{
	size_t to = ((size_t)i * (size_t)m->w + (size_t)j) * (size_t)width;
	float sum[TRAIN_MAX_BLOCK] = { 0 };
	int r0, r1, q0, q1;

	covering(m->p, i, m->oh, &r0, &r1);
	covering(m->p, j, m->ow, &q0, &q1);
	for (int c = 0; accumulate && c < width; c++)
		sum[c] = train_get(bf16, dx, to + (size_t)c);
	for (int r = r0; r < r1; r++)
		for (int q = q0; q < q1; q++) {
			int ky = i + m->p->pad - r * m->p->stride, kx = j + m->p->pad - q * m->p->stride;
			size_t at = ((size_t)r * (size_t)m->ow + (size_t)q) * (size_t)width;
			uint8_t tap = (uint8_t)(ky * m->p->k + kx);

			for (int c = 0; c < width; c++)
				sum[c] += which[at + (size_t)c] == tap ? train_get(bf16, dy, at + (size_t)c) : 0;
		}
	for (int c = 0; c < width; c++)
		train_put(bf16, dx, to + (size_t)c, sum[c]);
}

static inline __attribute__((always_inline)) void spread_plane(int width, bool bf16, const struct window *m,
							       const void *dy, const uint8_t *which, void *dx,
							       bool accumulate)
{
	for (int i = 0; i < m->h; i++)
		for (int j = 0; j < m->w; j++)
			spread_at(width, bf16, m, dy, which, i, j, dx, accumulate);
}

/* `which` of a plane lies as the plane does in its value. */
static size_t place_of(const struct nn_train *b, const struct nn_batch *y, const void *plane)
{
	return (size_t)((const char *)plane - (const char *)y->data) / b->elem;
}

void train_maxpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y, uint8_t *which)
{
	struct window m = { p, x->h, x->w, y->h, y->w };
	bool bf16 = train_is_bf16(b);

	check_pool(p, x, y);
	for (int n = 0; n < x->n; n++)
		for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
			const void *s = train_plane_at(b, x, n, cb);
			void *d = train_plane_at(b, y, n, cb);
			uint8_t *places = which + place_of(b, y, d);

			if (b->block == 16 && bf16)
				max_plane(16, true, &m, s, d, places);
			else if (b->block == 16)
				max_plane(16, false, &m, s, d, places);
			else
				max_plane(8, bf16, &m, s, d, places);
		}
}

void train_maxpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const uint8_t *which, const struct nn_batch *dx, bool accumulate)
{
	struct window m = { p, dx->h, dx->w, dy->h, dy->w };
	bool bf16 = train_is_bf16(b);

	check_pool(p, dx, dy);
	for (int n = 0; n < dx->n; n++)
		for (int cb = 0; cb < train_blocks(b, dx->c); cb++) {
			const void *g = train_plane_at(b, dy, n, cb);
			const uint8_t *places = which + place_of(b, dy, g);
			void *d = train_plane_at(b, dx, n, cb);

			if (b->block == 16 && bf16)
				spread_plane(16, true, &m, g, places, d, accumulate);
			else if (b->block == 16)
				spread_plane(16, false, &m, g, places, d, accumulate);
			else
				spread_plane(8, bf16, &m, g, places, d, accumulate);
		}
}

/* ---- average over windows: sums in double, no network here spends time in it */

/* Number i of pixel (y, x) of a plane. */
static size_t pixel_at(const struct nn_train *b, int y, int x, int w, size_t i)
{
	return ((size_t)y * (size_t)w + (size_t)x) * (size_t)b->block + i;
}

static void mean_at(const struct nn_train *b, const struct window *m, const void *x, int i, int j, void *y)
{
	int y0 = i * m->p->stride - m->p->pad, x0 = j * m->p->stride - m->p->pad, ky0, ky1, kx0, kx1;
	double sum[TRAIN_MAX_BLOCK] = { 0 }, count = m->p->k * m->p->k;
	bool bf16 = train_is_bf16(b);

	taps(y0, m->p->k, m->h, &ky0, &ky1);
	taps(x0, m->p->k, m->w, &kx0, &kx1);
	for (int ky = ky0; ky < ky1; ky++)
		for (int kx = kx0; kx < kx1; kx++)
			for (size_t c = 0; c < (size_t)b->block; c++)
				sum[c] += (double)train_get(bf16, x, pixel_at(b, y0 + ky, x0 + kx, m->w, c));
	for (size_t c = 0; c < (size_t)b->block; c++)
		train_put(bf16, y, pixel_at(b, i, j, m->ow, c), (float)(sum[c] / count));
}

static void share_at(const struct nn_train *b, const struct window *m, const void *dy, int i, int j, void *dx,
		     bool accumulate)
{
	double sum[TRAIN_MAX_BLOCK] = { 0 }, count = m->p->k * m->p->k;
	bool bf16 = train_is_bf16(b);
	int r0, r1, q0, q1;

	covering(m->p, i, m->oh, &r0, &r1);
	covering(m->p, j, m->ow, &q0, &q1);
	for (int r = r0; r < r1; r++)
		for (int q = q0; q < q1; q++)
			for (size_t c = 0; c < (size_t)b->block; c++)
				sum[c] += (double)train_get(bf16, dy, pixel_at(b, r, q, m->ow, c));
	for (size_t c = 0; c < (size_t)b->block; c++) {
		size_t at = pixel_at(b, i, j, m->w, c);

		train_put(bf16, dx, at, (float)(sum[c] / count + (accumulate ? (double)train_get(bf16, dx, at) : 0)));
	}
}

void train_avgpool(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *x,
		   const struct nn_batch *y)
{
	struct window m = { p, x->h, x->w, y->h, y->w };

	check_pool(p, x, y);
	for (int n = 0; n < x->n; n++)
		for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
			const void *s = train_plane_at(b, x, n, cb);
			void *d = train_plane_at(b, y, n, cb);

			for (int i = 0; i < m.oh; i++)
				for (int j = 0; j < m.ow; j++)
					mean_at(b, &m, s, i, j, d);
		}
}

void train_avgpool_backward(const struct nn_train *b, const struct nn_pool *p, const struct nn_batch *dy,
			    const struct nn_batch *dx, bool accumulate)
{
	struct window m = { p, dx->h, dx->w, dy->h, dy->w };

	check_pool(p, dx, dy);
	for (int n = 0; n < dx->n; n++)
		for (int cb = 0; cb < train_blocks(b, dx->c); cb++) {
			const void *g = train_plane_at(b, dy, n, cb);
			void *d = train_plane_at(b, dx, n, cb);

			for (int i = 0; i < m.h; i++)
				for (int j = 0; j < m.w; j++)
					share_at(b, &m, g, i, j, d, accumulate);
		}
}

/* ---- global average */

static void check_global(const struct nn_batch *x, const struct nn_batch *y)
{
	if (x->n != y->n || x->c != y->c || y->h != 1 || y->w != 1)
		BUG("global_avgpool: [%d,%d,%d,%d] to [%d,%d,%d,%d]", x->n, x->c, x->h, x->w, y->n, y->c, y->h, y->w);
}

void train_global_avgpool(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y)
{
	size_t pixels = (size_t)x->h * (size_t)x->w, block = (size_t)b->block;
	bool bf16 = train_is_bf16(b);

	check_global(x, y);
	for (int n = 0; n < x->n; n++)
		for (int cb = 0; cb < train_blocks(b, x->c); cb++) {
			const void *s = train_plane_at(b, x, n, cb);
			void *d = train_plane_at(b, y, n, cb);
			double sum[TRAIN_MAX_BLOCK] = { 0 };

			for (size_t i = 0; i < pixels; i++)
				for (size_t k = 0; k < block; k++)
					sum[k] += (double)train_get(bf16, s, i * block + k);
			for (size_t k = 0; k < block; k++)
				train_put(bf16, d, k, (float)(sum[k] / (double)pixels));
		}
}

void train_global_avgpool_backward(const struct nn_train *b, const struct nn_batch *dy, const struct nn_batch *dx,
				   bool accumulate)
{
	size_t pixels = (size_t)dx->h * (size_t)dx->w, block = (size_t)b->block;
	float share = 1 / (float)pixels;
	bool bf16 = train_is_bf16(b);

	check_global(dx, dy);
	for (int n = 0; n < dx->n; n++)
		for (int cb = 0; cb < train_blocks(b, dx->c); cb++) {
			const void *g = train_plane_at(b, dy, n, cb);
			void *d = train_plane_at(b, dx, n, cb);

			for (size_t i = 0; i < pixels * block; i++) {
				float v = train_get(bf16, g, i % block) * share;

				train_put(bf16, d, i, accumulate ? train_get(bf16, d, i) + v : v);
			}
		}
}
