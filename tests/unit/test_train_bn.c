/* test_train_bn.c - batch norm and pooling in training, against the naive backend */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"
#include "common/nn/moments.h"
#include "common/nn/train_bn.h"
#include "common/nn/train_vec.h"
#include "support_ops.h"
#include "tests/support/naive.h"

#define TOLERANCE 1e-5

static const int shapes[][4] = { { 2, 19, 7, 5 }, { 3, 16, 13, 11 }, { 9, 37, 1, 1 }, { 1, 8, 4, 4 }, { 4, 5, 2, 1 } };
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* ---- batch norm */

struct stats {
	double *mean, *m2, *inverse, *sum_g, *sum_gx;
};

static struct stats stats_new(int c)
{
	double *p = xcalloc((size_t)c * 5, sizeof *p);

	return (struct stats){ p, p + c, p + 2 * c, p + 3 * c, p + 4 * c };
}

struct norm {
	int c;
	double slope, count;
	bool with_res, act;
	struct pair x, res, y, dy, dx, dres;
	struct numbers gamma, beta;
	struct stats s, ref;
};

static struct norm norm_new(enum draw_kind kind, const int *shape)
{
	int n = shape[0], c = shape[1], h = shape[2], w = shape[3];

	return (struct norm){
		.c = c,
		.count = (double)n * h * w,
		.x = pair_new(kind, n, c, h, w, false),
		.res = pair_new(kind, n, c, h, w, false),
		.y = pair_new(EMPTY, n, c, h, w, false),
		.dy = pair_new(kind, n, c, h, w, false),
		.dx = pair_new(EMPTY, n, c, h, w, false),
		.dres = pair_new(EMPTY, n, c, h, w, false),
		.gamma = numbers_new(kind, (size_t)c),
		.beta = numbers_new(kind, (size_t)c),
		.s = stats_new(c),
		.ref = stats_new(c),
	};
}

static void norm_free(struct norm *t)
{
	pair_free(&t->x);
	pair_free(&t->res);
	pair_free(&t->y);
	pair_free(&t->dy);
	pair_free(&t->dx);
	pair_free(&t->dres);
	numbers_free(&t->gamma);
	numbers_free(&t->beta);
	free(t->s.mean);
	free(t->ref.mean);
}

static void norm_stats(struct norm *t, double tolerance)
{
	const struct nn_train *naive = nn_train_naive();
	size_t c = (size_t)t->c;

	ops->bn_stats(ops, &t->x.x, t->s.mean, t->s.m2);
	naive->bn_stats(naive, &t->x.ref, t->ref.mean, t->ref.m2);
	doubles_check(t->s.mean, t->ref.mean, c, tolerance, "mean");
	doubles_check(t->s.m2, t->ref.m2, c, tolerance, "m2");
	nn_bn_inverse(t->c, t->count, t->s.m2, 1e-5, t->s.inverse);
	nn_bn_inverse(t->c, t->count, t->ref.m2, 1e-5, t->ref.inverse);
}

static void norm_check(struct norm *t, double tolerance)
{
	const struct nn_train *naive = nn_train_naive();
	struct nn_bn bn = { t->s.mean, t->s.inverse, t->gamma.f, t->beta.f };
	struct nn_bn ref = { t->ref.mean, t->ref.inverse, t->gamma.d, t->beta.d };
	const struct nn_batch *res = t->with_res ? &t->res.x : NULL, *rres = t->with_res ? &t->res.ref : NULL;
	const struct nn_batch *y = t->act ? &t->y.x : NULL, *ry = t->act ? &t->y.ref : NULL;
	size_t c = (size_t)t->c;

	ops->bn_apply(ops, &t->x.x, &bn, res, t->slope, &t->y.x);
	naive->bn_apply(naive, &t->x.ref, &ref, rres, t->slope, &t->y.ref);
	pair_check(&t->y, tolerance, "bn y");
	/* The two may disagree about a value within rounding of zero: backwards they start from the same y. */
	for (size_t i = 0; i < naive_count(&t->y.ref); i++)
		if (ops->elem == ops->real && fabs(((double *)t->y.ref.data)[i]) < 1e-5)
			((double *)t->y.ref.data)[i] = 0;
	ops->bn_backward_sums(ops, &t->dy.x, &t->x.x, y, &bn, t->slope, t->s.sum_g, t->s.sum_gx);
	naive->bn_backward_sums(naive, &t->dy.ref, &t->x.ref, ry, &ref, t->slope, t->ref.sum_g, t->ref.sum_gx);
	doubles_check(t->s.sum_g, t->ref.sum_g, c, tolerance, "sum g");
	doubles_check(t->s.sum_gx, t->ref.sum_gx, c, tolerance, "sum g xhat");
	for (int add = 0; add < 2; add++) {
		struct nn_batch *dres = t->with_res ? &t->dres.x : NULL, *rdres = t->with_res ? &t->dres.ref : NULL;

		ops->bn_backward(ops, &t->dy.x, &t->x.x, y, &bn, t->slope, t->s.sum_g, t->s.sum_gx, t->count, &t->dx.x,
				 add, dres, add);
		naive->bn_backward(naive, &t->dy.ref, &t->x.ref, ry, &ref, t->slope, t->ref.sum_g, t->ref.sum_gx,
				   t->count, &t->dx.ref, add, rdres, add);
		pair_check(&t->dx, tolerance, "bn dx");
		if (t->with_res)
			pair_check(&t->dres, tolerance, "bn dres");
	}
}

static void bn_case(const int *shape, double slope, bool act, bool with_res)
{
	struct norm t = norm_new(FRACTIONS, shape);

	t.slope = slope;
	t.act = act;
	t.with_res = with_res;
	norm_stats(&t, TOLERANCE);
	norm_check(&t, TOLERANCE);
	norm_free(&t);
}

/* Statistics given as small integers: nothing rounds. As in eval mode, the sums are zero. */
static void bn_integers(const int *shape)
{
	struct norm t = norm_new(INTEGERS, shape);

	t.with_res = t.act = true;
	for (int i = 0; i < t.c; i++) {
		t.s.mean[i] = t.ref.mean[i] = draw(-2, 2);
		t.s.inverse[i] = t.ref.inverse[i] = draw(1, 4) / 4.0;
	}
	t.count = 4;
	norm_check(&t, 0);
	norm_free(&t);
}

static void bn_cases(void)
{
	for (int i = 0; i < SHAPES; i++) {
		bn_case(shapes[i], 0, true, true);
		bn_case(shapes[i], 1, false, false);
		bn_case(shapes[i], .25, true, false);
	}
	bn_integers(shapes[1]);
}

static void test_bn(void **unused)
{
	(void)unused;
	each_backend(bn_cases);
}

/* A mean a thousand times the deviation, and an outlier at the first place. */
static void cancellation(void)
{
	struct norm t = norm_new(FRACTIONS, (const int[]){ 2, 19, 30, 31 });
	float *f = xrealloc_array(NULL, naive_count(&t.x.ref), sizeof *f);
	double *d = t.x.ref.data;

	for (size_t i = 0; i < naive_count(&t.x.ref); i++) {
		d[i] += i % 930 ? 2000 : -2000;
		if (ops->elem == sizeof(uint16_t))
			d[i] = (double)bf16_rounded((float)d[i]);
		f[i] = (float)d[i];
	}
	ops->upload(ops, f, &t.x.x);
	norm_stats(&t, TOLERANCE);
	free(f);
	norm_free(&t);
}

static void test_bn_cancellation(void **unused)
{
	(void)unused;
	each_backend(cancellation);
}

/* Slices merged in order are the batch: mean, M2 and PyTorch's running statistics. */
static void test_moments(void **unused)
{
	const struct nn_train *naive = nn_train_naive();
	double count = 0, mean[19] = { 0 }, m2[19] = { 0 }, slice_mean[19], slice_m2[19], all_mean[19], all_m2[19];
	float running_mean[19], running_var[19];
	struct pair x;

	(void)unused;
	ops = nn_train_cpu();
	x = pair_new(FRACTIONS, 7, 19, 3, 5, false);
	for (int n = 0; n < 7; n += 2) {
		struct nn_batch s = ops->samples(ops, &x.x, n, n == 6 ? 1 : 2);

		ops->bn_stats(ops, &s, slice_mean, slice_m2);
		nn_moments_merge(19, &count, mean, m2, s.n * 15, slice_mean, slice_m2);
	}
	naive->bn_stats(naive, &x.ref, all_mean, all_m2);
	assert_true(count == 7 * 15);
	doubles_check(mean, all_mean, 19, TOLERANCE, "merged mean");
	doubles_check(m2, all_m2, 19, TOLERANCE, "merged M2");
	for (int i = 0; i < 19; i++) {
		running_mean[i] = 0;
		running_var[i] = 1;
	}
	nn_bn_running(19, count, mean, m2, .1, running_mean, running_var);
	for (int i = 0; i < 19; i++) {
		assert_true(fabs((double)running_mean[i] - .1 * all_mean[i]) < 1e-6);
		assert_true(fabs((double)running_var[i] - (.9 + .1 * all_m2[i] / 104)) < 1e-5);
	}
	pair_free(&x);
}

static double bn_loss(void *data)
{
	const struct nn_train *naive = nn_train_naive();
	struct norm *t = data;
	struct nn_bn bn = { t->ref.mean, t->ref.inverse, t->gamma.d, t->beta.d };

	naive->bn_stats(naive, &t->x.ref, t->ref.mean, t->ref.m2);
	nn_bn_inverse(t->c, t->count, t->ref.m2, 1e-5, t->ref.inverse);
	naive->bn_apply(naive, &t->x.ref, &bn, &t->res.ref, t->slope, &t->y.ref);
	return dot(&t->y.ref, &t->dy.ref);
}

static void test_bn_differences(void **unused)
{
	const struct nn_train *naive = nn_train_naive();
	struct norm t;
	struct nn_bn bn;

	(void)unused;
	ops = nn_train_cpu();
	t = norm_new(FRACTIONS, (const int[]){ 3, 5, 4, 3 });
	t.slope = .25;
	bn = (struct nn_bn){ t.ref.mean, t.ref.inverse, t.gamma.d, t.beta.d };
	bn_loss(&t);
	naive->bn_backward_sums(naive, &t.dy.ref, &t.x.ref, &t.y.ref, &bn, t.slope, t.ref.sum_g, t.ref.sum_gx);
	naive->bn_backward(naive, &t.dy.ref, &t.x.ref, &t.y.ref, &bn, t.slope, t.ref.sum_g, t.ref.sum_gx, t.count,
			   &t.dx.ref, false, &t.dres.ref, false);
	finite_differences(bn_loss, &t, t.x.ref.data, t.dx.ref.data, naive_count(&t.x.ref), "bn x");
	finite_differences(bn_loss, &t, t.res.ref.data, t.dres.ref.data, naive_count(&t.x.ref), "bn res");
	finite_differences(bn_loss, &t, t.gamma.d, t.ref.sum_gx, 5, "bn gamma");
	finite_differences(bn_loss, &t, t.beta.d, t.ref.sum_g, 5, "bn beta");
	norm_free(&t);
}

/* ---- every instruction set gives the same bits */

enum { PIXELS = 131, MOST = PIXELS * LANES };

struct outcome {
	double sum[4][LANES];
	char y[MOST * sizeof(float)], dx[MOST * sizeof(float)], dres[MOST * sizeof(float)];
};

/* x, dy: floats; in bf16, what they round to. */
static struct outcome *planes_run(const struct bn_planes *planes, const float *x, const float *dy, bool bf16)
{
	struct outcome *o = xcalloc(1, sizeof *o);
	struct target dx = { o->dx, true }, dres = { o->dres, false };
	uint16_t *hx = xcalloc(2 * MOST, sizeof *hx), *hdy = hx + MOST;
	const void *px = bf16 ? (const void *)hx : x, *pdy = bf16 ? (const void *)hdy : dy;
	struct lanes l;
	struct means m;

	train_vec_generic.narrow(x, hx, MOST);
	train_vec_generic.narrow(dy, hdy, MOST);
	memcpy(&l, x, sizeof l);
	memcpy(&m, dy, sizeof m);
	planes->shifted_sums(px, PIXELS, dy, o->sum[0], o->sum[1]);
	planes->apply(px, pdy, PIXELS, &l, .25f, o->y);
	planes->gradient_sums(pdy, px, o->y, PIXELS, &l, .25f, o->sum[2], o->sum[3]);
	memcpy(o->dx, px, MOST * (bf16 ? sizeof(uint16_t) : sizeof(float)));
	planes->gradient(pdy, px, o->y, PIXELS, &l, &m, .25f, &dx, &dres);
	free(hx);
	return o;
}

static void planes_same(const struct bn_planes *a, const struct bn_planes *b, bool bf16)
{
	struct numbers x = numbers_new(FRACTIONS, MOST), dy = numbers_new(FRACTIONS, MOST);
	struct outcome *p, *q;

	for (size_t i = 0; i < MOST; i++)
		x.f[i] *= 1.0f / 3; /* so that products round */
	p = planes_run(a, x.f, dy.f, bf16);
	q = planes_run(b, x.f, dy.f, bf16);
	assert_memory_equal(p, q, sizeof *p);
	free(p);
	free(q);
	numbers_free(&x);
	numbers_free(&dy);
}

static void test_instruction_sets(void **unused)
{
	(void)unused;
#if defined(__x86_64__)
	if (kern_by_name("avx2")) {
		planes_same(&bn_planes_generic8, &bn_planes_avx2, false);
		planes_same(&bn_planes_generic8_bf16, &bn_planes_avx2_bf16, true);
	}
	if (kern_by_name("avx512")) {
		planes_same(&bn_planes_generic16, &bn_planes_avx512, false);
		planes_same(&bn_planes_generic16_bf16, &bn_planes_avx512_bf16, true);
	}
#else
	skip();
#endif
}

/* Every upper half with lower halves about the tie: NaN, infinities and subnormals among them. */
static void rounding_same(const struct bn_planes *planes, int width)
{
	static const uint32_t low[] = { 0, 1, 0x7fff, 0x8000, 0x8001, 0xffff };
	struct lanes one = { 0 };
	float x[LANES];
	uint16_t y[LANES], zero[LANES] = { 0 };

	for (int k = 0; k < LANES; k++)
		one.scale[k] = -0.0f;
	for (uint32_t high = 0; high < 0x10000; high++)
		for (int k = 0; k < 6; k++) {
			uint32_t u = high << 16 | low[k];

			memcpy(x, &u, sizeof u);
			one.beta[0] = x[0]; /* 0 * -0 + beta */
			planes->apply(zero, NULL, 1, &one, 1, y);
			if (y[0] != bf16_of(x[0]))
				fail_msg("width %d: %08x is %04x, not %04x", width, u, y[0], bf16_of(x[0]));
		}
}

static void test_rounding(void **unused)
{
	(void)unused;
	rounding_same(&bn_planes_generic8_bf16, 8);
#if defined(__x86_64__)
	if (kern_by_name("avx2"))
		rounding_same(&bn_planes_avx2_bf16, 8);
	if (kern_by_name("avx512"))
		rounding_same(&bn_planes_avx512_bf16, 16);
#endif
}

static void vec_same(const struct train_vec *v)
{
	enum { N = 1001 };
	struct numbers a = numbers_new(FRACTIONS, N), c = numbers_new(FRACTIONS, N);
	float f[2][3][N];
	uint16_t h[2][3][N];

	for (int i = 0; i < N; i++)
		a.f[i] = i == 7 ? NAN : i == 8 ? INFINITY : a.f[i] / 3;
	for (int k = 0; k < 2; k++) {
		const struct train_vec *t = k ? v : &train_vec_generic;

		t->narrow(a.f, h[k][0], N);
		memcpy(h[k][1], h[k][0], sizeof h[k][0]);
		memcpy(h[k][2], h[k][0], sizeof h[k][0]);
		t->narrow_add(c.f, h[k][1], N);
		t->add_bf16(h[k][1], h[k][2], N);
		t->widen(h[k][2], f[k][0], N);
		t->round(a.f, f[k][1], N);
		memcpy(f[k][2], c.f, sizeof f[k][2]);
		t->add(a.f, f[k][2], N);
	}
	assert_memory_equal(f[0], f[1], sizeof f[0]);
	assert_memory_equal(h[0], h[1], sizeof h[0]);
	for (int i = 0; i < N; i++)
		assert_int_equal(h[0][0][i], bf16_of(a.f[i]));
	numbers_free(&a);
	numbers_free(&c);
}

static void test_vec(void **unused)
{
	(void)unused;
	vec_same(&train_vec_generic);
#if defined(__x86_64__)
	if (kern_by_name("avx2"))
		vec_same(&train_vec_avx2);
	if (kern_by_name("avx512"))
		vec_same(&train_vec_avx512);
#endif
}

/* ---- pooling */

static void maxpool_case(enum draw_kind kind, const struct nn_pool *p, const int *shape)
{
	const struct nn_train *naive = nn_train_naive();
	int n = shape[0], c = shape[1], h = shape[2], w = shape[3];
	int oh = (h + 2 * p->pad - p->k) / p->stride + 1, ow = (w + 2 * p->pad - p->k) / p->stride + 1;
	struct pair x = pair_new(kind, n, c, h, w, false), y = pair_new(EMPTY, n, c, oh, ow, false);
	struct pair dy = pair_new(kind, n, c, oh, ow, false), dx = pair_new(EMPTY, n, c, h, w, false);
	size_t bytes = ops->batch_bytes(ops, &y.x) / ops->elem;
	uint8_t *which = guarded(bytes), *ref_which = xmalloc(naive_count(&y.ref));

	ops->maxpool(ops, p, &x.x, &y.x, which);
	naive->maxpool(naive, p, &x.ref, &y.ref, ref_which);
	pair_check(&y, 0, "maxpool");
	for (int accumulate = 0; accumulate < 2; accumulate++) {
		ops->maxpool_backward(ops, p, &dy.x, which, &dx.x, accumulate);
		naive->maxpool_backward(naive, p, &dy.ref, ref_which, &dx.ref, accumulate);
		pair_check(&dx, 0, "maxpool's dx");
	}
	guarded_free(which, bytes);
	free(ref_which);
	pair_free(&x);
	pair_free(&y);
	pair_free(&dy);
	pair_free(&dx);
}

struct mean_problem {
	const struct nn_pool *p;
	struct pair x, y, dy, dx;
};

static double mean_loss(void *data)
{
	struct mean_problem *m = data;

	nn_train_naive()->avgpool(nn_train_naive(), m->p, &m->x.ref, &m->y.ref);
	return dot(&m->y.ref, &m->dy.ref);
}

static void windows_case(enum draw_kind kind, double tolerance, const struct nn_pool *p, const int *shape)
{
	const struct nn_train *naive = nn_train_naive();
	int n = shape[0], c = shape[1], h = shape[2], w = shape[3];
	int oh = (h + 2 * p->pad - p->k) / p->stride + 1, ow = (w + 2 * p->pad - p->k) / p->stride + 1;
	struct mean_problem m = { p, pair_new(kind, n, c, h, w, false), pair_new(EMPTY, n, c, oh, ow, false),
				  pair_new(kind, n, c, oh, ow, false), pair_new(EMPTY, n, c, h, w, false) };

	ops->avgpool(ops, p, &m.x.x, &m.y.x);
	naive->avgpool(naive, p, &m.x.ref, &m.y.ref);
	pair_check(&m.y, tolerance, "avgpool");
	for (int accumulate = 0; accumulate < 2; accumulate++) {
		ops->avgpool_backward(ops, p, &m.dy.x, &m.dx.x, accumulate);
		naive->avgpool_backward(naive, p, &m.dy.ref, &m.dx.ref, accumulate);
		pair_check(&m.dx, tolerance, "avgpool's dx");
	}
	if (ops == nn_train_cpu_block(8)) {
		naive->avgpool_backward(naive, p, &m.dy.ref, &m.dx.ref, false);
		finite_differences(mean_loss, &m, m.x.ref.data, m.dx.ref.data, naive_count(&m.x.ref), "avgpool x");
	}
	pair_free(&m.x);
	pair_free(&m.y);
	pair_free(&m.dy);
	pair_free(&m.dx);
}

static void avgpool_case(enum draw_kind kind, const int *shape, double tolerance)
{
	const struct nn_train *naive = nn_train_naive();
	int n = shape[0], c = shape[1], h = shape[2], w = shape[3];
	struct pair x = pair_new(kind, n, c, h, w, false), y = pair_new(EMPTY, n, c, 1, 1, false);
	struct pair dy = pair_new(kind, n, c, 1, 1, false), dx = pair_new(EMPTY, n, c, h, w, false);

	ops->global_avgpool(ops, &x.x, &y.x);
	naive->global_avgpool(naive, &x.ref, &y.ref);
	pair_check(&y, tolerance, "global_avgpool");
	for (int accumulate = 0; accumulate < 2; accumulate++) {
		ops->global_avgpool_backward(ops, &dy.x, &dx.x, accumulate);
		naive->global_avgpool_backward(naive, &dy.ref, &dx.ref, accumulate);
		pair_check(&dx, tolerance, "global_avgpool's dx");
	}
	pair_free(&x);
	pair_free(&y);
	pair_free(&dy);
	pair_free(&dx);
}

static void pool_cases(void)
{
	static const struct nn_pool pools[] = { { 3, 2, 1 }, { 2, 2, 0 } };
	static const int sizes[][4] = { { 2, 19, 7, 5 }, { 1, 16, 8, 8 }, { 2, 33, 2, 3 } };

	for (int i = 0; i < 3; i++)
		for (int p = 0; p < 2; p++) {
			maxpool_case(INTEGERS, &pools[p], sizes[i]); /* many ties */
			maxpool_case(FRACTIONS, &pools[p], sizes[i]);
			windows_case(FRACTIONS, TOLERANCE, &pools[p], sizes[i]);
			windows_case(INTEGERS, p ? 0 : TOLERANCE, &pools[p], sizes[i]); /* quarters are exact */
		}
	for (int i = 0; i < SHAPES; i++)
		avgpool_case(FRACTIONS, shapes[i], TOLERANCE);
	avgpool_case(INTEGERS, shapes[3], 0);
}

static void test_pool(void **unused)
{
	(void)unused;
	each_backend(pool_cases);
}

/* As PyTorch: NaN wins, and a window of -inf has a place all the same (its first). */
static void test_maxpool_specials(void **unused)
{
	static const struct nn_pool pool = { 2, 2, 0 };
	float in[] = { -INFINITY, -INFINITY, 1, NAN, -INFINITY, -INFINITY, 2, 0 }, out[2], back[8];
	struct pair x, y, dx;
	uint8_t which[2 * LANES];

	(void)unused;
	ops = nn_train_cpu();
	x = pair_new(INTEGERS, 1, 1, 2, 4, false);
	dx = pair_new(EMPTY, 1, 1, 2, 4, false);
	y = pair_new(EMPTY, 1, 1, 1, 2, false);
	ops->upload(ops, in, &x.x);
	ops->maxpool(ops, &pool, &x.x, &y.x, which);
	ops->download(ops, &y.x, out);
	assert_true(isinf(out[0]) && out[0] < 0 && isnan(out[1]));
	out[0] = out[1] = 1;
	ops->upload(ops, out, &y.x);
	ops->maxpool_backward(ops, &pool, &y.x, which, &dx.x, false);
	ops->download(ops, &dx.x, back);
	for (int i = 0; i < 8; i++)
		assert_true(back[i] == (i == 0 || i == 3));
	pair_free(&x);
	pair_free(&y);
	pair_free(&dx);
}

struct pool_problem {
	struct pair x, y, dy, dx;
	uint8_t which[64];
};

static double pool_loss(void *data)
{
	static const struct nn_pool pool = { 3, 2, 1 };
	struct pool_problem *p = data;

	nn_train_naive()->maxpool(nn_train_naive(), &pool, &p->x.ref, &p->y.ref, p->which);
	return dot(&p->y.ref, &p->dy.ref);
}

static void test_maxpool_differences(void **unused)
{
	static const struct nn_pool pool = { 3, 2, 1 };
	struct pool_problem p;
	double *x;

	(void)unused;
	ops = nn_train_cpu();
	p.x = pair_new(FRACTIONS, 1, 2, 5, 6, false);
	p.y = pair_new(EMPTY, 1, 2, 3, 3, false);
	p.dy = pair_new(FRACTIONS, 1, 2, 3, 3, false);
	p.dx = pair_new(EMPTY, 1, 2, 5, 6, false);
	x = p.x.ref.data;
	for (int i = 0; i < 60; i++)
		x[i] += i * 1e-3; /* no ties */
	pool_loss(&p);
	nn_train_naive()->maxpool_backward(nn_train_naive(), &pool, &p.dy.ref, p.which, &p.dx.ref, false);
	finite_differences(pool_loss, &p, x, p.dx.ref.data, 60, "maxpool x");
	pair_free(&p.x);
	pair_free(&p.y);
	pair_free(&p.dy);
	pair_free(&p.dx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bn),
		cmocka_unit_test(test_bn_cancellation),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_bn_differences),
		cmocka_unit_test(test_instruction_sets),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_vec),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_maxpool_specials),
		cmocka_unit_test(test_maxpool_differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
