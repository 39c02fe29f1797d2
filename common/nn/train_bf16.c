/*
 * train_bf16.c - ops in bf16 that have no loops of their own: on copies in f32, which the f32 op computes and which are
 * rounded once when it is done
 *
 * None of them takes much of a step. Maps go sample by sample, so that a copy is small.
 */
#include <stdlib.h>

#include "common/err.h"
#include "common/nn/train_bf16.h"
#include "common/nn/train_vec.h"

const struct nn_train *train_f32_of(const struct nn_train *b)
{
	return nn_train_cpu_block(b->block);
}

void train_widen(const struct nn_train *b, const struct nn_batch *v, float *dst)
{
	train_vec_best()->widen(v->data, dst, train_numbers(b, v));
}

void train_narrow(const struct nn_train *b, const float *src, const struct nn_batch *v)
{
	train_vec_best()->narrow(src, v->data, train_numbers(b, v));
}

/* v in f32, in memory of its own; filled: with v's numbers. A plain value is f32 as it is. */
static struct nn_batch copy_of(const struct nn_train *b, const struct nn_batch *v, bool filled)
{
	struct nn_batch w = *v;

	if (v->plain)
		return w;
	w.data = xaligned((train_numbers(b, v) + 1) * sizeof(float));
	if (filled)
		train_widen(b, v, w.data);
	return w;
}

static void drop(const struct nn_batch *copy)
{
	if (!copy->plain)
		free(copy->data);
}

/* What the op wrote, into v. */
static void keep(const struct nn_train *b, const struct nn_batch *copy, const struct nn_batch *v)
{
	if (!v->plain)
		train_narrow(b, copy->data, v);
	drop(copy);
}

/* ---- memory */

void train_upload_bf16(const struct nn_train *b, const void *src, const struct nn_batch *v)
{
	struct nn_batch w = copy_of(b, v, false);

	train_upload(train_f32_of(b), src, &w);
	keep(b, &w, v);
}

void train_download_bf16(const struct nn_train *b, const struct nn_batch *v, void *dst)
{
	struct nn_batch w = copy_of(b, v, true);

	train_download(train_f32_of(b), &w, dst);
	drop(&w);
}

/* ---- maps, sample by sample */

void train_add_bf16(const struct nn_train *b, const struct nn_batch *a, const struct nn_batch *c,
		    const struct nn_batch *y)
{
	for (int n = 0; n < y->n; n++) {
		struct nn_batch sa = b->samples(b, a, n, 1), sc = b->samples(b, c, n, 1), sy = b->samples(b, y, n, 1);
		struct nn_batch wa = copy_of(b, &sa, true), wc = copy_of(b, &sc, true), wy = copy_of(b, &sy, false);

		train_add(train_f32_of(b), &wa, &wc, &wy);
		drop(&wa);
		drop(&wc);
		keep(b, &wy, &sy);
	}
}

void train_act_bf16(const struct nn_train *b, enum nn_act act, const struct nn_batch *x, const struct nn_batch *y)
{
	for (int n = 0; n < y->n; n++) {
		struct nn_batch sx = b->samples(b, x, n, 1), sy = b->samples(b, y, n, 1);
		struct nn_batch wx = copy_of(b, &sx, true), wy = copy_of(b, &sy, false);

		train_act(train_f32_of(b), act, &wx, &wy);
		drop(&wx);
		keep(b, &wy, &sy);
	}
}

void train_act_backward_bf16(const struct nn_train *b, enum nn_act act, const struct nn_batch *y,
			     const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate)
{
	for (int n = 0; n < y->n; n++) {
		struct nn_batch sy = b->samples(b, y, n, 1), sg = b->samples(b, dy, n, 1);
		struct nn_batch sd = b->samples(b, dx, n, 1), wy = copy_of(b, &sy, true), wg = copy_of(b, &sg, true);
		struct nn_batch wd = copy_of(b, &sd, accumulate);

		train_act_backward(train_f32_of(b), act, &wy, &wg, &wd, accumulate);
		drop(&wy);
		drop(&wg);
		keep(b, &wd, &sd);
	}
}

void train_dropout_bf16(const struct nn_train *b, const struct nn_dropout *d, const struct nn_batch *x,
			const struct nn_batch *y, bool accumulate)
{
	struct nn_dropout one = *d;

	for (int n = 0; n < y->n; n++, one.sample++) {
		struct nn_batch sx = b->samples(b, x, n, 1), sy = b->samples(b, y, n, 1);
		struct nn_batch wx = copy_of(b, &sx, true), wy = copy_of(b, &sy, accumulate);

		train_dropout(train_f32_of(b), &one, &wx, &wy, accumulate);
		drop(&wx);
		keep(b, &wy, &sy);
	}
}

void train_resize_bf16(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *x,
		       const struct nn_batch *y, bool accumulate)
{
	for (int n = 0; n < y->n; n++) {
		struct nn_batch sx = b->samples(b, x, n, 1), sy = b->samples(b, y, n, 1);
		struct nn_batch wx = copy_of(b, &sx, true), wy = copy_of(b, &sy, accumulate);

		train_resize(train_f32_of(b), kind, &wx, &wy, accumulate);
		drop(&wx);
		keep(b, &wy, &sy);
	}
}

void train_resize_backward_bf16(const struct nn_train *b, enum nn_resize kind, const struct nn_batch *dy,
				const struct nn_batch *dx, bool accumulate)
{
	for (int n = 0; n < dx->n; n++) {
		struct nn_batch sg = b->samples(b, dy, n, 1), sd = b->samples(b, dx, n, 1);
		struct nn_batch wg = copy_of(b, &sg, true), wd = copy_of(b, &sd, accumulate);

		train_resize_backward(train_f32_of(b), kind, &wg, &wd, accumulate);
		drop(&wg);
		keep(b, &wd, &sd);
	}
}

void train_concat_bf16(const struct nn_train *b, const struct nn_batch *x, int c0, const struct nn_batch *y)
{
	for (int n = 0; n < y->n; n++) {
		struct nn_batch sx = b->samples(b, x, n, 1), sy = b->samples(b, y, n, 1);
		struct nn_batch wx = copy_of(b, &sx, true), wy = copy_of(b, &sy, true);

		train_concat(train_f32_of(b), &wx, c0, &wy);
		drop(&wx);
		keep(b, &wy, &sy);
	}
}

void train_concat_backward_bf16(const struct nn_train *b, const struct nn_batch *dy, int c0, const struct nn_batch *dx,
				bool accumulate)
{
	for (int n = 0; n < dx->n; n++) {
		struct nn_batch sg = b->samples(b, dy, n, 1), sd = b->samples(b, dx, n, 1);
		struct nn_batch wg = copy_of(b, &sg, true), wd = copy_of(b, &sd, accumulate);

		train_concat_backward(train_f32_of(b), &wg, c0, &wd, accumulate);
		drop(&wg);
		keep(b, &wd, &sd);
	}
}

double train_loss_bf16(const struct nn_train *b, enum nn_loss kind, const struct nn_batch *x,
		       const struct nn_batch *target, const struct nn_batch *mask, double beta, double scale,
		       const struct nn_batch *dx, bool accumulate)
{
	double sum = 0;

	for (int n = 0; n < x->n; n++) {
		struct nn_batch sx = b->samples(b, x, n, 1), st = b->samples(b, target, n, 1), sm, sd, wm, wd;
		struct nn_batch wx = copy_of(b, &sx, true), wt = copy_of(b, &st, true);

		if (mask) {
			sm = b->samples(b, mask, n, 1);
			wm = copy_of(b, &sm, true);
		}
		if (dx) {
			sd = b->samples(b, dx, n, 1);
			wd = copy_of(b, &sd, accumulate);
		}
		sum += train_loss(train_f32_of(b), kind, &wx, &wt, mask ? &wm : NULL, beta, scale, dx ? &wd : NULL,
				  accumulate);
		drop(&wx);
		drop(&wt);
		if (mask)
			drop(&wm);
		if (dx)
			keep(b, &wd, &sd);
	}
	return sum;
}

/* ---- rows, all at once */

void train_l2norm_bf16(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *y, double *norm)
{
	struct nn_batch wx = copy_of(b, x, true), wy = copy_of(b, y, false);

	train_l2norm(train_f32_of(b), &wx, &wy, norm);
	drop(&wx);
	keep(b, &wy, y);
}

void train_l2norm_backward_bf16(const struct nn_train *b, const struct nn_batch *y, const double *norm,
				const struct nn_batch *dy, const struct nn_batch *dx, bool accumulate)
{
	struct nn_batch wy = copy_of(b, y, true), wg = copy_of(b, dy, true), wd = copy_of(b, dx, accumulate);

	train_l2norm_backward(train_f32_of(b), &wy, norm, &wg, &wd, accumulate);
	drop(&wy);
	drop(&wg);
	keep(b, &wd, dx);
}

double train_softmax_ce_bf16(const struct nn_train *b, const struct nn_batch *x, const struct nn_targets *t,
			     double sharpness, double scale, const struct nn_batch *dx, bool accumulate)
{
	struct nn_batch wx = copy_of(b, x, true), wd, soft;
	struct nn_targets wt = *t;
	double loss;

	if (t->soft) {
		soft = copy_of(b, t->soft, true);
		wt.soft = &soft;
	}
	if (dx)
		wd = copy_of(b, dx, accumulate);
	loss = train_softmax_ce(train_f32_of(b), &wx, &wt, sharpness, scale, dx ? &wd : NULL, accumulate);
	drop(&wx);
	if (t->soft)
		drop(&soft);
	if (dx)
		keep(b, &wd, dx);
	return loss;
}

void train_gather_bf16(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *x,
		       const struct nn_batch *y)
{
	struct nn_batch wx = copy_of(b, x, true), wy = copy_of(b, y, false);

	train_gather(train_f32_of(b), s, &wx, &wy);
	drop(&wx);
	keep(b, &wy, y);
}

void train_gather_backward_bf16(const struct nn_train *b, const struct nn_spiral *s, const struct nn_batch *dy,
				const struct nn_batch *dx, bool accumulate)
{
	struct nn_batch wg = copy_of(b, dy, true), wd = copy_of(b, dx, accumulate);

	train_gather_backward(train_f32_of(b), s, &wg, &wd, accumulate);
	drop(&wg);
	keep(b, &wd, dx);
}

void train_spmm_bf16(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *x,
		     const struct nn_batch *y)
{
	struct nn_batch wx = copy_of(b, x, true), wy = copy_of(b, y, false);

	train_spmm(train_f32_of(b), m, &wx, &wy);
	drop(&wx);
	keep(b, &wy, y);
}

void train_spmm_backward_bf16(const struct nn_train *b, const struct nn_csr *m, const struct nn_batch *dy,
			      const struct nn_batch *dx, bool accumulate)
{
	struct nn_batch wg = copy_of(b, dy, true), wd = copy_of(b, dx, accumulate);

	train_spmm_backward(train_f32_of(b), m, &wg, &wd, accumulate);
	drop(&wg);
	keep(b, &wd, dx);
}

/* ---- linear layers: weights are rounded a panel of rows at a time */

enum { PANEL = 64 };

/* Rows [m0, m0 + n) of w [.., k], rounded. */
static void panel(const float *w, size_t m0, size_t n, size_t k, float *to)
{
	train_vec_best()->round(w + m0 * k, to, n * k);
}

void train_linear_bf16(const struct nn_train *b, const struct nn_batch *x, const void *w, const void *bias,
		       const struct nn_batch *y)
{
	struct nn_batch wx = copy_of(b, x, true), wy = copy_of(b, y, false);
	size_t k = (size_t)x->c, m = (size_t)y->c;
	float *part = xaligned(PANEL * k * sizeof *part);

	train_linear_begin(train_f32_of(b), &wx, bias, &wy);
	for (size_t m0 = 0; m0 < m; m0 += PANEL) {
		size_t n = m - m0 < PANEL ? m - m0 : PANEL;

		panel(w, m0, n, k, part);
		train_linear_panel(train_f32_of(b), &wx, part, m0, n, bias != NULL, &wy);
	}
	free(part);
	drop(&wx);
	keep(b, &wy, y);
}

void train_linear_backward_data_bf16(const struct nn_train *b, const struct nn_batch *dy, const void *w,
				     const struct nn_batch *dx, bool accumulate)
{
	struct nn_batch wg = copy_of(b, dy, true), wd = copy_of(b, dx, accumulate);
	size_t k = (size_t)dx->c, m = (size_t)dy->c;
	float *part = xaligned(PANEL * k * sizeof *part);

	if (!accumulate)
		train_zero_pad(train_f32_of(b), &wd);
	for (size_t m0 = 0; m0 < m; m0 += PANEL) {
		size_t n = m - m0 < PANEL ? m - m0 : PANEL;

		panel(w, m0, n, k, part);
		train_linear_panel_backward(train_f32_of(b), &wg, part, m0, n, accumulate || m0 > 0, &wd);
	}
	free(part);
	drop(&wg);
	keep(b, &wd, dx);
}

void train_linear_backward_weights_bf16(const struct nn_train *b, const struct nn_batch *x, const struct nn_batch *dy,
					void *dw, void *db, bool accumulate)
{
	struct nn_batch wx = copy_of(b, x, true), wg = copy_of(b, dy, true);

	train_linear_backward_weights(train_f32_of(b), &wx, &wg, dw, db, accumulate);
	drop(&wx);
	drop(&wg);
}
