/*
 * train_rows.c - linear layers on rows: a value with H = W = 1 is a matrix whose rows are whole blocks long
 */
#include "common/err.h"
#include "common/nn/dnnl_api.h"
#include "common/nn/train_internal.h"

static size_t pitch(const struct nn_train *b, const struct nn_batch *x)
{
	if (x->h != 1 || x->w != 1 || x->plain)
		BUG("rows of [%d,%d,%d,%d]", x->n, x->c, x->h, x->w);
	return (size_t)train_blocks(b, x->c) * (size_t)b->block;
}

void train_linear_begin(const struct nn_train *b, const struct nn_batch *x, const float *bias, const struct nn_batch *y)
{
	size_t m = (size_t)y->c, ldy = pitch(b, y);
	float *out = y->data;

	if (x->n != y->n)
		BUG("linear: %d and %d rows", x->n, y->n);
	train_zero_pad(b, y);
	for (size_t n = 0; bias && n < (size_t)y->n; n++)
		for (size_t i = 0; i < m; i++)
			out[n * ldy + i] = bias[i];
}

void train_linear_panel(const struct nn_train *b, const struct nn_batch *x, const float *w, size_t m0, size_t n,
			bool accumulate, const struct nn_batch *y)
{
	size_t k = (size_t)x->c;

	dnnl_api_gemm(false, true, (size_t)x->n, n, k, x->data, pitch(b, x), w, k, accumulate, (float *)y->data + m0,
		      pitch(b, y));
}

void train_linear_panel_backward(const struct nn_train *b, const struct nn_batch *dy, const float *w, size_t m0,
				 size_t n, bool accumulate, const struct nn_batch *dx)
{
	size_t k = (size_t)dx->c;

	if (dx->n != dy->n)
		BUG("linear_backward_data: %d and %d rows", dx->n, dy->n);
	dnnl_api_gemm(false, false, (size_t)dx->n, k, n, (const float *)dy->data + m0, pitch(b, dy), w, k, accumulate,
		      dx->data, pitch(b, dx));
}

void train_linear(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		  const struct nn_batch *y)
{
	train_linear_begin(b, x, bias, y);
	train_linear_panel(b, x, w, 0, (size_t)y->c, bias != NULL, y);
}

void train_linear_backward_data(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				const struct nn_batch *dx, bool accumulate)
{
	if (!accumulate)
		train_zero_pad(b, dx);
	train_linear_panel_backward(b, dy, w, 0, (size_t)dy->c, accumulate, dx);
}

void train_linear_backward_weights(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
				   void *dw, void *db, bool accumulate)
{
	size_t k = (size_t)x->c, m = (size_t)dy->c, ldy = pitch(b, dy);
	const float *g = dy->data;
	float *sum = db;

	if (x->n != dy->n)
		BUG("linear_backward_weights: %d and %d rows", x->n, dy->n);
	dnnl_api_gemm(true, false, m, k, (size_t)x->n, g, ldy, x->data, pitch(b, x), accumulate, dw, k);
	for (size_t i = 0; db && i < m; i++) {
		double s = accumulate ? (double)sum[i] : 0;

		for (size_t n = 0; n < (size_t)dy->n; n++)
			s += (double)g[n * ldy + i];
		sum[i] = (float)s;
	}
}
