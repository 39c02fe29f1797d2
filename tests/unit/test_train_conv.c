/* test_train_conv.c - convolution and linear in training, against the naive backend */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "common/thread.h"
#include "support_ops.h"
#include "tests/support/naive.h"

#define TOLERANCE 1e-5

struct geometry {
	struct nn_train_conv c;
	int n, ih, iw;
};

/* ic oc kh kw, stride pad dilation groups, bias plain, n ih iw */
static const struct geometry geometries[] = {
	{ { 16, 32, 3, 3, 1, 1, 1, 1, false, false }, 2, 9, 7 },
	{ { 24, 40, 1, 1, 1, 0, 1, 1, true, false }, 3, 5, 6 },
	{ { 19, 37, 3, 3, 2, 1, 1, 1, true, false }, 2, 11, 13 },
	{ { 64, 64, 1, 1, 2, 0, 1, 1, false, false }, 1, 8, 9 },
	{ { 32, 16, 3, 3, 1, 2, 2, 1, false, false }, 2, 10, 9 },
	{ { 5, 6, 3, 2, 1, 1, 1, 1, true, false }, 2, 4, 5 },
	{ { 3, 64, 7, 7, 2, 3, 1, 1, false, true }, 2, 31, 33 },
	{ { 3, 20, 3, 3, 1, 1, 1, 1, true, true }, 2, 8, 6 },
	{ { 12, 8, 3, 3, 1, 1, 1, 4, true, false }, 2, 6, 7 },
	{ { 17, 17, 3, 3, 2, 1, 1, 17, false, false }, 2, 7, 8 },
	{ { 32, 32, 1, 1, 1, 0, 1, 1, false, false }, 1, 1, 1 },
	{ { 48, 80, 1, 1, 2, 0, 1, 1, false, false }, 2, 28, 28 },
	{ { 20, 70, 1, 1, 1, 0, 1, 1, true, false }, 2, 14, 14 },
	/* blocks of 8: oneDNN refuses these */
	{ { 19, 30, 3, 3, 1, 1, 1, 1, true, false }, 3, 2, 2 },
	{ { 16, 24, 3, 3, 2, 1, 1, 1, false, false }, 2, 2, 1 },
};
enum { GEOMETRIES = sizeof geometries / sizeof *geometries };

/* A convolution on both backends. */
struct problem {
	struct nn_train_conv c;
	struct nn_conv_plan *plan, *ref_plan;
	struct numbers w, bias, dw, db;
	void *packed, *ref_packed, *partial, *ref_partial, *scratch;
	size_t packed_bytes, partial_bytes, scratch_bytes;
	struct pair x, y, dy, dx;
};

static struct problem problem_new(const struct geometry *g, enum draw_kind kind)
{
	const struct nn_train *naive = nn_train_naive();
	const struct nn_train_conv *c = &g->c;
	int oh = nn_train_conv_out(g->ih, c->kh, c), ow = nn_train_conv_out(g->iw, c->kw, c);
	size_t weights = (size_t)(c->oc * (c->ic / c->groups) * c->kh * c->kw), none;
	struct problem p = { .c = *c };

	p.w = numbers_new(kind, weights);
	p.dw = numbers_new(kind, weights);
	p.bias = numbers_new(kind, (size_t)c->oc);
	p.db = numbers_new(kind, (size_t)c->oc);
	p.x = pair_new(kind, g->n, c->ic, g->ih, g->iw, c->plain);
	if (c->plain) /* pictures are f32, and the op rounds them */
		for (size_t i = 0; ops->elem == sizeof(uint16_t) && i < naive_count(&p.x.ref); i++)
			((float *)p.x.x.data)[i] *= 1 + 0x1p-11f;
	p.y = pair_new(EMPTY, g->n, c->oc, oh, ow, false);
	p.dy = pair_new(kind, g->n, c->oc, oh, ow, false);
	p.dx = pair_new(EMPTY, g->n, c->ic, g->ih, g->iw, c->plain);
	numbers_blur(&p.w);
	p.plan = ops->conv_plan(ops, c, g->n, g->ih, g->iw, &p.scratch_bytes);
	p.ref_plan = naive->conv_plan(naive, c, g->n, g->ih, g->iw, &none);
	p.packed_bytes = ops->conv_packed_bytes(ops, c);
	p.partial_bytes = ops->conv_partial_bytes(ops, c);
	p.packed = guarded(p.packed_bytes);
	p.partial = guarded(p.partial_bytes);
	p.scratch = guarded(p.scratch_bytes);
	p.ref_packed = xmalloc(naive->conv_packed_bytes(naive, c));
	p.ref_partial = xmalloc(naive->conv_partial_bytes(naive, c));
	ops->conv_pack(ops, c, p.w.f, c->bias ? p.bias.f : NULL, p.packed);
	naive->conv_pack(naive, c, p.w.d, c->bias ? p.bias.d : NULL, p.ref_packed);
	return p;
}

static void problem_free(struct problem *p)
{
	ops->conv_plan_free(p->plan);
	nn_train_naive()->conv_plan_free(p->ref_plan);
	guarded_free(p->packed, p->packed_bytes);
	guarded_free(p->partial, p->partial_bytes);
	guarded_free(p->scratch, p->scratch_bytes);
	free(p->ref_packed);
	free(p->ref_partial);
	numbers_free(&p->w);
	numbers_free(&p->dw);
	numbers_free(&p->bias);
	numbers_free(&p->db);
	pair_free(&p->x);
	pair_free(&p->y);
	pair_free(&p->dy);
	pair_free(&p->dx);
}

static void conv_case(const struct geometry *g, enum draw_kind kind, double tolerance)
{
	const struct nn_train *naive = nn_train_naive();
	struct problem p = problem_new(g, kind);
	const void *partial[] = { p.partial, p.partial }, *ref_partial[] = { p.ref_partial, p.ref_partial };

	ops->conv(ops, p.plan, &p.x.x, p.packed, &p.y.x, p.scratch);
	naive->conv(naive, p.ref_plan, &p.x.ref, p.ref_packed, &p.y.ref, NULL);
	pair_check(&p.y, tolerance, "y");
	for (int accumulate = 0; accumulate < 2; accumulate++) {
		ops->conv_backward_data(ops, p.plan, &p.dy.x, p.packed, &p.dx.x, accumulate, p.scratch);
		naive->conv_backward_data(naive, p.ref_plan, &p.dy.ref, p.ref_packed, &p.dx.ref, accumulate, NULL);
		pair_check(&p.dx, tolerance + (accumulate ? twice_rounded() : 0), accumulate ? "dx, added" : "dx");
	}
	ops->conv_backward_weights(ops, p.plan, &p.x.x, &p.dy.x, p.partial, p.scratch);
	naive->conv_backward_weights(naive, p.ref_plan, &p.x.ref, &p.dy.ref, p.ref_partial, NULL);
	for (int i = 0; i < 3; i++)
		ops->conv_add_partials(ops, &p.c, partial, 2, i, 3, p.dw.f, p.c.bias ? p.db.f : NULL);
	naive->conv_add_partials(naive, &p.c, ref_partial, 2, 0, 1, p.dw.d, p.c.bias ? p.db.d : NULL);
	numbers_check(&p.dw, tolerance, "dw");
	numbers_check(&p.db, tolerance, "db");
	problem_free(&p);
}

static void all_geometries(void)
{
	for (int i = 0; i < GEOMETRIES; i++) {
		print_message("block %d, %zu bytes, geometry %d\n", ops->block, ops->elem, i);
		conv_case(&geometries[i], INTEGERS, 0);
		conv_case(&geometries[i], FRACTIONS, TOLERANCE);
	}
}

static void test_conv(void **unused)
{
	(void)unused;
	each_backend(all_geometries);
}

/* ---- the naive backend itself: gradients are those of its forward */

static double conv_loss(void *data)
{
	struct problem *p = data;
	const struct nn_train *naive = nn_train_naive();

	naive->conv_pack(naive, &p->c, p->w.d, p->c.bias ? p->bias.d : NULL, p->ref_packed);
	naive->conv(naive, p->ref_plan, &p->x.ref, p->ref_packed, &p->y.ref, NULL);
	return dot(&p->y.ref, &p->dy.ref);
}

static void test_conv_differences(void **unused)
{
	static const struct geometry g[] = {
		{ { 3, 4, 3, 2, 2, 1, 1, 1, true, false }, 2, 5, 6 },
		{ { 4, 6, 3, 3, 1, 2, 2, 2, true, false }, 1, 5, 4 },
	};
	const struct nn_train *naive = nn_train_naive();

	(void)unused;
	ops = nn_train_cpu();
	for (int i = 0; i < 2; i++) {
		struct problem p = problem_new(&g[i], FRACTIONS);

		naive->conv_backward_data(naive, p.ref_plan, &p.dy.ref, p.ref_packed, &p.dx.ref, false, NULL);
		naive->conv_backward_weights(naive, p.ref_plan, &p.x.ref, &p.dy.ref, p.ref_partial, NULL);
		finite_differences(conv_loss, &p, p.x.ref.data, p.dx.ref.data, naive_count(&p.x.ref), "conv x");
		finite_differences(conv_loss, &p, p.w.d, p.ref_partial, p.w.n, "conv w");
		finite_differences(conv_loss, &p, p.bias.d, (double *)p.ref_partial + p.w.n, p.bias.n, "conv bias");
		problem_free(&p);
	}
}

/* ---- the same bits for any number of threads: slices of two samples, their gradients added in order */

enum { SLICES = 5 };

struct sliced {
	struct nn_conv_plan *plan;
	const struct nn_batch *x, *dy, *y;
	void *packed, *partial[SLICES], *scratch[4];
};

static void slice_work(void *data, size_t i, int worker)
{
	struct sliced *s = data;
	struct nn_batch x = ops->samples(ops, s->x, (int)i * 2, 2), dy = ops->samples(ops, s->dy, (int)i * 2, 2);
	struct nn_batch y = ops->samples(ops, s->y, (int)i * 2, 2);

	ops->conv(ops, s->plan, &x, s->packed, &y, s->scratch[worker]);
	ops->conv_backward_weights(ops, s->plan, &x, &dy, s->partial[i], s->scratch[worker]);
}

static void threads_case(void)
{
	static const struct nn_train_conv c = { 48, 40, 3, 3, 1, 1, 1, 1, true, false };
	struct pair x = pair_new(FRACTIONS, SLICES * 2, 48, 9, 9, false);
	struct pair dy = pair_new(FRACTIONS, SLICES * 2, 40, 9, 9, false);
	struct pair y = pair_new(EMPTY, SLICES * 2, 40, 9, 9, false);
	struct numbers w = numbers_new(FRACTIONS, 40 * 48 * 9), bias = numbers_new(FRACTIONS, 40);
	struct sliced s = { .x = &x.x, .dy = &dy.x, .y = &y.x, .packed = guarded(ops->conv_packed_bytes(ops, &c)) };
	size_t scratch, partial = ops->conv_partial_bytes(ops, &c), bytes = ops->batch_bytes(ops, &y.x);
	float *got[2][2];
	void *first = xmalloc(bytes);

	s.plan = ops->conv_plan(ops, &c, 2, 9, 9, &scratch);
	ops->conv_pack(ops, &c, w.f, bias.f, s.packed);
	for (int i = 0; i < SLICES; i++)
		s.partial[i] = guarded(partial);
	for (int i = 0; i < 4; i++)
		s.scratch[i] = guarded(scratch);
	for (int t = 0; t < 2; t++) {
		got[t][0] = xcalloc(w.n, sizeof(float));
		got[t][1] = xcalloc(bias.n, sizeof(float));
		parallel_for(t ? 4 : 1, SLICES, slice_work, &s);
		ops->conv_add_partials(ops, &c, (const void *const *)s.partial, SLICES, 0, 1, got[t][0], got[t][1]);
		if (t == 0)
			memcpy(first, y.x.data, bytes);
	}
	assert_memory_equal(first, y.x.data, bytes);
	assert_memory_equal(got[0][0], got[1][0], w.n * sizeof(float));
	assert_memory_equal(got[0][1], got[1][1], bias.n * sizeof(float));
	for (int i = 0; i < SLICES; i++)
		guarded_free(s.partial[i], partial);
	for (int i = 0; i < 4; i++)
		guarded_free(s.scratch[i], scratch);
	for (int i = 0; i < 4; i++)
		free(got[i / 2][i % 2]);
	free(first);
	guarded_free(s.packed, ops->conv_packed_bytes(ops, &c));
	ops->conv_plan_free(s.plan);
	numbers_free(&w);
	numbers_free(&bias);
	pair_free(&x);
	pair_free(&y);
	pair_free(&dy);
}

static void test_threads(void **unused)
{
	(void)unused;
	each_backend(threads_case);
}

/* ---- linear */

struct rows {
	struct pair x, y, dy, dx;
	struct numbers w, bias, dw, db;
};

static struct rows rows_new(enum draw_kind kind, int n, int k, int m)
{
	return (struct rows){
		pair_new(kind, n, k, 1, 1, false),	   pair_new(EMPTY, n, m, 1, 1, false),
		pair_new(kind, n, m, 1, 1, false),	   pair_new(EMPTY, n, k, 1, 1, false),
		numbers_new(kind, (size_t)m * (size_t)k),  numbers_new(kind, (size_t)m),
		numbers_new(EMPTY, (size_t)m * (size_t)k), numbers_new(EMPTY, (size_t)m),
	};
}

static void rows_free(struct rows *r)
{
	pair_free(&r->x);
	pair_free(&r->y);
	pair_free(&r->dy);
	pair_free(&r->dx);
	numbers_free(&r->w);
	numbers_free(&r->bias);
	numbers_free(&r->dw);
	numbers_free(&r->db);
}

static void linear_case(enum draw_kind kind, double tolerance, int n, int k, int m)
{
	const struct nn_train *naive = nn_train_naive();
	struct rows r = rows_new(kind, n, k, m);

	numbers_blur(&r.w);
	for (int bias = 0; bias < 2; bias++) {
		ops->linear(ops, &r.x.x, r.w.f, bias ? r.bias.f : NULL, &r.y.x);
		naive->linear(naive, &r.x.ref, r.w.d, bias ? r.bias.d : NULL, &r.y.ref);
		pair_check(&r.y, tolerance, "linear");
	}
	for (int accumulate = 0; accumulate < 2; accumulate++) {
		ops->linear_backward_data(ops, &r.dy.x, r.w.f, &r.dx.x, accumulate);
		naive->linear_backward_data(naive, &r.dy.ref, r.w.d, &r.dx.ref, accumulate);
		pair_check(&r.dx, tolerance, "linear's dx");
		ops->linear_backward_weights(ops, &r.x.x, &r.dy.x, r.dw.f, r.db.f, accumulate);
		naive->linear_backward_weights(naive, &r.x.ref, &r.dy.ref, r.dw.d, r.db.d, accumulate);
		numbers_check(&r.dw, tolerance, "linear's dw");
		numbers_check(&r.db, tolerance, "linear's db");
	}
	rows_free(&r);
}

static void linear_cases(void)
{
	static const int size[][3] = { { 1, 1, 1 }, { 5, 19, 7 }, { 16, 64, 128 }, { 33, 130, 47 }, { 2, 8, 300 } };

	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		linear_case(INTEGERS, 0, size[i][0], size[i][1], size[i][2]);
		linear_case(FRACTIONS, TOLERANCE, size[i][0], size[i][1], size[i][2]);
	}
}

static void test_linear(void **unused)
{
	(void)unused;
	each_backend(linear_cases);
}

static double linear_loss(void *data)
{
	struct rows *r = data;

	nn_train_naive()->linear(nn_train_naive(), &r->x.ref, r->w.d, r->bias.d, &r->y.ref);
	return dot(&r->y.ref, &r->dy.ref);
}

static void test_linear_differences(void **unused)
{
	const struct nn_train *naive = nn_train_naive();
	struct rows r;

	(void)unused;
	ops = nn_train_cpu();
	r = rows_new(FRACTIONS, 4, 7, 5);
	naive->linear_backward_data(naive, &r.dy.ref, r.w.d, &r.dx.ref, false);
	naive->linear_backward_weights(naive, &r.x.ref, &r.dy.ref, r.dw.d, r.db.d, false);
	finite_differences(linear_loss, &r, r.x.ref.data, r.dx.ref.data, 4 * 7, "linear x");
	finite_differences(linear_loss, &r, r.w.d, r.dw.d, r.w.n, "linear w");
	finite_differences(linear_loss, &r, r.bias.d, r.db.d, r.bias.n, "linear bias");
	rows_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv),
		cmocka_unit_test(test_conv_differences),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_linear_differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
