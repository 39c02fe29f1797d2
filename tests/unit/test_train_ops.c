/* test_train_ops.c - elementwise ops, resizing, rows, losses and meshes in training, against the naive backend */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "support_ops.h"
#include "tests/support/naive.h"

#define TOLERANCE 1e-5

/* One op's operands on both backends. */
struct problem {
	const struct nn_train *naive;
	struct pair x, t, mask, y, dy, dx;
	double scale, got[64], want[64]; /* losses, norms */
	int kind;
};

static struct problem problem_new(enum draw_kind draws, int n, int c, int h, int w, int oc, int oh, int ow)
{
	return (struct problem){
		.naive = nn_train_naive(),
		.x = pair_new(draws, n, c, h, w, false),
		.t = pair_new(draws, n, c, h, w, false),
		.mask = pair_new(draws, n, c, h, w, false),
		.y = pair_new(EMPTY, n, oc, oh, ow, false),
		.dy = pair_new(draws, n, oc, oh, ow, false),
		.dx = pair_new(EMPTY, n, c, h, w, false),
		.scale = .25,
	};
}

static struct problem same_shape(enum draw_kind draws, int n, int c, int h, int w)
{
	return problem_new(draws, n, c, h, w, c, h, w);
}

static void problem_free(struct problem *p)
{
	pair_free(&p->x);
	pair_free(&p->t);
	pair_free(&p->mask);
	pair_free(&p->y);
	pair_free(&p->dy);
	pair_free(&p->dx);
}

/* The naive gradient dx against differences of `loss`: once, as the backend under test has no part in it. */
static void differences(struct problem *p, double (*loss)(void *data), const char *what)
{
	if (ops != nn_train_cpu_block(8))
		return;
	finite_differences(loss, p, p->x.ref.data, p->dx.ref.data, naive_count(&p->x.ref), what);
}

/* ---- add, act, dropout */

static double act_loss(void *data)
{
	struct problem *p = data;

	p->naive->act(p->naive, (enum nn_act)p->kind, &p->x.ref, &p->y.ref);
	return dot(&p->y.ref, &p->dy.ref);
}

static void act_case(enum nn_act act, enum draw_kind draws, double tolerance)
{
	struct problem p = same_shape(draws, 2, 19, 5, 3);

	p.kind = (int)act;
	ops->act(ops, act, &p.x.x, &p.y.x);
	p.naive->act(p.naive, act, &p.x.ref, &p.y.ref);
	pair_check(&p.y, tolerance, "act");
	for (int add = 0; add < 2; add++) {
		ops->act_backward(ops, act, &p.y.x, &p.dy.x, &p.dx.x, add);
		p.naive->act_backward(p.naive, act, &p.y.ref, &p.dy.ref, &p.dx.ref, add);
		pair_check(&p.dx, tolerance, "act's dx");
	}
	p.naive->act_backward(p.naive, act, &p.y.ref, &p.dy.ref, &p.dx.ref, false);
	if (draws == FRACTIONS) {
		double *x = p.x.ref.data;

		for (size_t i = 0; i < naive_count(&p.x.ref); i++)
			x[i] += 1e-3; /* not at the kink */
		act_loss(&p);
		p.naive->act_backward(p.naive, act, &p.y.ref, &p.dy.ref, &p.dx.ref, false);
		differences(&p, act_loss, "act x");
	}
	problem_free(&p);
}

static void elementwise(void)
{
	struct problem p = same_shape(FRACTIONS, 3, 21, 4, 5);

	ops->add(ops, &p.x.x, &p.t.x, &p.y.x);
	p.naive->add(p.naive, &p.x.ref, &p.t.ref, &p.y.ref);
	pair_check(&p.y, 0, "add"); /* multiples of 1/64 */
	problem_free(&p);
	act_case(NN_RELU, INTEGERS, 0);
	act_case(NN_RELU, FRACTIONS, 0);
	act_case(NN_ELU, FRACTIONS, TOLERANCE);
	act_case(NN_SIGMOID, FRACTIONS, TOLERANCE);
}

static void test_elementwise(void **unused)
{
	(void)unused;
	each_backend(elementwise);
}

static void dropout(void)
{
	static const double chance[] = { 0, .5, .75 };

	for (int i = 0; i < 3; i++) {
		struct nn_dropout d = { chance[i], 7, 1000, 3, 2 };
		struct problem p = same_shape(INTEGERS, 4, 37, 8, 9);
		int zeros = 0;

		for (int add = 0; add < 2; add++) {
			ops->dropout(ops, &d, &p.x.x, &p.y.x, add);
			p.naive->dropout(p.naive, &d, &p.x.ref, &p.y.ref, add);
			pair_check(&p.y, 0, "dropout");
		}
		/* A sample's mask is its own: the second alone is as among the others. */
		d.sample++;
		ops->dropout(ops, &d, &p.x.x, &p.dx.x, false);
		p.naive->dropout(p.naive, &d, &p.x.ref, &p.dx.ref, false);
		pair_check(&p.dx, 0, "dropout from the second sample on");
		p.naive->dropout(p.naive, &d, &p.mask.ref, &p.y.ref, false);
		for (size_t k = 0; k < naive_count(&p.y.ref); k++)
			zeros += ((double *)p.mask.ref.data)[k] != 0 && ((double *)p.y.ref.data)[k] == 0;
		assert_true(fabs(zeros - chance[i] * 4 * 37 * 72 * 6 / 7) < 300);
		problem_free(&p);
	}
}

static void test_dropout(void **unused)
{
	(void)unused;
	each_backend(dropout);
}

/* ---- resizing */

static double resize_loss(void *data)
{
	struct problem *p = data;

	p->naive->resize(p->naive, (enum nn_resize)p->kind, &p->x.ref, &p->y.ref, false);
	return dot(&p->y.ref, &p->dy.ref);
}

static void resize_case(enum nn_resize kind, const int *s)
{
	struct problem p = problem_new(FRACTIONS, 2, 19, s[0], s[1], 19, s[2], s[3]);

	p.kind = (int)kind;
	for (int add = 0; add < 2; add++) {
		ops->resize(ops, kind, &p.x.x, &p.y.x, add);
		p.naive->resize(p.naive, kind, &p.x.ref, &p.y.ref, add);
		pair_check(&p.y, TOLERANCE, "resize");
		ops->resize_backward(ops, kind, &p.dy.x, &p.dx.x, add);
		p.naive->resize_backward(p.naive, kind, &p.dy.ref, &p.dx.ref, add);
		pair_check(&p.dx, TOLERANCE, "resize's dx");
	}
	p.naive->resize_backward(p.naive, kind, &p.dy.ref, &p.dx.ref, false);
	differences(&p, resize_loss, "resize x");
	problem_free(&p);
}

static void resizing(void)
{
	static const int sizes[][4] = {
		{ 3, 4, 6, 8 }, { 3, 5, 7, 9 }, { 1, 1, 4, 4 }, { 6, 7, 3, 2 }, { 4, 4, 4, 4 }
	};

	for (int i = 0; i < 5; i++) {
		resize_case(NN_NEAREST, sizes[i]);
		resize_case(NN_BILINEAR, sizes[i]);
	}
}

static void test_resize(void **unused)
{
	(void)unused;
	each_backend(resizing);
}

/* F.interpolate(torch.tensor([[1., 2., 4.]]), 6, mode='linear'): torch 2.15. */
static void test_resize_published(void **unused)
{
	static const float in[] = { 1, 2, 4 }, want[] = { 1, 1.25f, 1.75f, 2.5f, 3.5f, 4 };
	float got[6];
	struct problem p;

	(void)unused;
	ops = nn_train_cpu();
	p = problem_new(FRACTIONS, 1, 1, 1, 3, 1, 1, 6);
	ops->upload(ops, in, &p.x.x);
	ops->resize(ops, NN_BILINEAR, &p.x.x, &p.y.x, false);
	ops->download(ops, &p.y.x, got);
	for (int i = 0; i < 6; i++)
		assert_true(fabsf(got[i] - want[i]) < 1e-6f);
	problem_free(&p);
}

/* ---- concatenation: 19 channels and 5, the second in the middle of a block */

static void concat(void)
{
	struct problem p = problem_new(INTEGERS, 2, 19, 3, 5, 24, 3, 5),
		       q = problem_new(INTEGERS, 2, 5, 3, 5, 24, 3, 5);

	ops->concat(ops, &p.x.x, 0, &p.y.x);
	ops->concat(ops, &q.x.x, 19, &p.y.x);
	p.naive->concat(p.naive, &p.x.ref, 0, &p.y.ref);
	p.naive->concat(p.naive, &q.x.ref, 19, &p.y.ref);
	pair_check(&p.y, 0, "concat");
	for (int add = 0; add < 2; add++) {
		ops->concat_backward(ops, &p.dy.x, 0, &p.dx.x, add);
		ops->concat_backward(ops, &p.dy.x, 19, &q.dx.x, add);
		p.naive->concat_backward(p.naive, &p.dy.ref, 0, &p.dx.ref, add);
		p.naive->concat_backward(p.naive, &p.dy.ref, 19, &q.dx.ref, add);
		pair_check(&p.dx, 0, "concat's first dx");
		pair_check(&q.dx, 0, "concat's second dx");
	}
	problem_free(&p);
	problem_free(&q);
}

static void test_concat(void **unused)
{
	(void)unused;
	each_backend(concat);
}

/* ---- rows */

static double l2norm_loss(void *data)
{
	struct problem *p = data;

	p->naive->l2norm(p->naive, &p->x.ref, &p->y.ref, p->want);
	return dot(&p->y.ref, &p->dy.ref);
}

static void l2norm(void)
{
	struct problem p = same_shape(FRACTIONS, 5, 37, 1, 1);
	float *zero = xcalloc(5 * 37, sizeof *zero);

	l2norm_loss(&p);
	ops->l2norm(ops, &p.x.x, &p.y.x, p.got);
	pair_check(&p.y, TOLERANCE, "l2norm");
	doubles_check(p.got, p.want, 5, TOLERANCE, "norm");
	for (int add = 0; add < 2; add++) {
		ops->l2norm_backward(ops, &p.y.x, p.got, &p.dy.x, &p.dx.x, add);
		p.naive->l2norm_backward(p.naive, &p.y.ref, p.want, &p.dy.ref, &p.dx.ref, add);
		pair_check(&p.dx, TOLERANCE, "l2norm's dx");
	}
	p.naive->l2norm_backward(p.naive, &p.y.ref, p.want, &p.dy.ref, &p.dx.ref, false);
	differences(&p, l2norm_loss, "l2norm x");
	ops->upload(ops, zero, &p.x.x);
	ops->l2norm(ops, &p.x.x, &p.y.x, p.got);
	assert_true(p.got[0] == 1e-12);
	ops->download(ops, &p.y.x, zero);
	for (int i = 0; i < 5 * 37; i++)
		assert_true(zero[i] == 0);
	free(zero);
	problem_free(&p);
}

static void test_l2norm(void **unused)
{
	(void)unused;
	each_backend(l2norm);
}

static const int32_t labels[] = { 3, 0, -1, 18, 7 };

static double ce_loss(void *data)
{
	struct problem *p = data;
	struct nn_targets t = { p->kind ? NULL : labels, p->kind ? &p->t.ref : NULL, .35 };

	return p->naive->softmax_ce(p->naive, &p->x.ref, &t, 10, p->scale, NULL, false);
}

static void softmax_ce(void)
{
	for (int soft = 0; soft < 2; soft++) {
		struct problem p = same_shape(FRACTIONS, 5, 19, 1, 1);
		struct nn_targets t = { soft ? NULL : labels, soft ? &p.t.x : NULL, .35 };
		struct nn_targets rt = { soft ? NULL : labels, soft ? &p.t.ref : NULL, .35 };

		p.kind = soft;
		for (int add = 0; add < 2; add++) {
			p.got[0] = ops->softmax_ce(ops, &p.x.x, &t, 10, p.scale, &p.dx.x, add);
			p.want[0] = p.naive->softmax_ce(p.naive, &p.x.ref, &rt, 10, p.scale, &p.dx.ref, add);
			doubles_check(p.got, p.want, 1, TOLERANCE, "softmax_ce");
			pair_check(&p.dx, TOLERANCE, "softmax_ce's dx");
		}
		p.naive->softmax_ce(p.naive, &p.x.ref, &rt, 10, p.scale, &p.dx.ref, false);
		differences(&p, ce_loss, "softmax_ce x");
		problem_free(&p);
	}
}

/* Scores that overflow exp() when taken as they are. */
static void softmax_ce_large(void)
{
	struct problem p = same_shape(INTEGERS, 1, 3, 1, 1);
	struct nn_targets t = { .labels = (const int32_t[]){ 1 } };
	float large[] = { 1000, -1000, 996 };

	ops->upload(ops, large, &p.x.x);
	p.got[0] = ops->softmax_ce(ops, &p.x.x, &t, 1, 1, &p.dx.x, false);
	assert_true(fabs(p.got[0] - (2000 + log1p(exp(-4)))) < 1e-9);
	ops->download(ops, &p.dx.x, large);
	assert_true(large[1] == -1);
	/* CosFace: log(1 + 2 exp(64 (.25 - (.5 - .125)))) */
	ops->upload(ops, (const float[]){ .25f, .5f, .25f }, &p.x.x);
	t.margin = .125;
	assert_true(fabs(ops->softmax_ce(ops, &p.x.x, &t, 64, 1, NULL, false) - log1p(2 * exp(-8))) < 1e-12);
	problem_free(&p);
}

static void test_softmax_ce(void **unused)
{
	(void)unused;
	each_backend(softmax_ce);
	each_backend(softmax_ce_large);
}

/* ---- losses */

static double loss_loss(void *data)
{
	struct problem *p = data;

	return p->naive->loss(p->naive, (enum nn_loss)p->kind, &p->x.ref, &p->t.ref, &p->mask.ref, .5, p->scale, NULL,
			      false);
}

static void loss_case(enum nn_loss kind, enum draw_kind draws, double tolerance)
{
	struct problem p = same_shape(draws, 2, 19, 4, 3);
	double *x = p.x.ref.data;

	p.kind = (int)kind;
	for (int masked = 0; masked < 2; masked++)
		for (int add = 0; add < 2; add++) {
			p.got[0] = ops->loss(ops, kind, &p.x.x, &p.t.x, masked ? &p.mask.x : NULL, .5, p.scale, &p.dx.x,
					     add);
			p.want[0] = p.naive->loss(p.naive, kind, &p.x.ref, &p.t.ref, masked ? &p.mask.ref : NULL, .5,
						  p.scale, &p.dx.ref, add);
			doubles_check(p.got, p.want, 1, tolerance, "loss");
			pair_check(&p.dx, tolerance, "loss's dx");
		}
	for (size_t i = 0; i < naive_count(&p.x.ref); i++)
		x[i] += 1e-3; /* not at a kink */
	p.naive->loss(p.naive, kind, &p.x.ref, &p.t.ref, &p.mask.ref, .5, p.scale, &p.dx.ref, false);
	differences(&p, loss_loss, "loss x");
	problem_free(&p);
}

static void losses(void)
{
	static const enum nn_loss kinds[] = { NN_MSE, NN_L1, NN_SMOOTH_L1 };

	for (int i = 0; i < 3; i++) {
		loss_case(kinds[i], INTEGERS, 0);
		loss_case(kinds[i], FRACTIONS, TOLERANCE);
	}
}

static void test_loss(void **unused)
{
	(void)unused;
	each_backend(losses);
}

/* A masked number may be NaN: it adds nothing. */
static void test_loss_masked_nan(void **unused)
{
	float x[] = { 1, NAN, 3 }, zero[] = { 0, 0, 0 }, mask[] = { 1, 0, 1 };
	struct problem p;

	(void)unused;
	ops = nn_train_cpu();
	p = same_shape(FRACTIONS, 1, 3, 1, 1);
	ops->upload(ops, x, &p.x.x);
	ops->upload(ops, zero, &p.t.x);
	ops->upload(ops, mask, &p.mask.x);
	assert_true(ops->loss(ops, NN_MSE, &p.x.x, &p.t.x, &p.mask.x, 1, 1, &p.dx.x, false) == 10);
	ops->download(ops, &p.dx.x, x);
	assert_true(x[0] == 2 && x[1] == 0 && x[2] == 6);
	problem_free(&p);
}

/* ---- meshes */

static const int32_t vertex[] = { 0, 1, 2, 3, 3, 3, 4, 0, 1, 2, 4, 4, 1, 0, 3, 0, 2, 1 }; /* 6 lists of 3 of 5 */
static const struct nn_spiral spiral = { 5, 6, 3, vertex };
static const int32_t begin[] = { 0, 2, 2, 5, 6 }, col[] = { 0, 4, 1, 2, 4, 3 }; /* 4 x 5, its second row empty */

static double gather_loss(void *data)
{
	struct problem *p = data;

	p->naive->gather(p->naive, &spiral, &p->x.ref, &p->y.ref);
	return dot(&p->y.ref, &p->dy.ref);
}

static void gather(void)
{
	struct problem p = problem_new(INTEGERS, 2 * 5, 11, 1, 1, 33, 1, 1);

	pair_free(&p.y);
	pair_free(&p.dy);
	p.y = pair_new(EMPTY, 2 * 6, 33, 1, 1, false);
	p.dy = pair_new(INTEGERS, 2 * 6, 33, 1, 1, false);
	ops->gather(ops, &spiral, &p.x.x, &p.y.x);
	gather_loss(&p);
	pair_check(&p.y, 0, "gather");
	for (int add = 0; add < 2; add++) {
		ops->gather_backward(ops, &spiral, &p.dy.x, &p.dx.x, add);
		p.naive->gather_backward(p.naive, &spiral, &p.dy.ref, &p.dx.ref, add);
		pair_check(&p.dx, 0, "gather's dx");
	}
	p.naive->gather_backward(p.naive, &spiral, &p.dy.ref, &p.dx.ref, false);
	differences(&p, gather_loss, "gather x");
	problem_free(&p);
}

struct sparse {
	struct problem p;
	struct numbers value;
	struct nn_csr m, ref;
};

static double spmm_loss(void *data)
{
	struct sparse *s = data;

	s->p.naive->spmm(s->p.naive, &s->ref, &s->p.x.ref, &s->p.y.ref);
	return dot(&s->p.y.ref, &s->p.dy.ref);
}

static void spmm_case(enum draw_kind draws, double tolerance)
{
	struct sparse s = { problem_new(draws, 2 * 5, 19, 1, 1, 19, 1, 1), numbers_new(draws, 6), { 0 }, { 0 } };
	struct problem *p = &s.p;

	pair_free(&p->y);
	pair_free(&p->dy);
	p->y = pair_new(EMPTY, 2 * 4, 19, 1, 1, false);
	p->dy = pair_new(draws, 2 * 4, 19, 1, 1, false);
	s.m = (struct nn_csr){ 4, 5, begin, col, s.value.f };
	s.ref = (struct nn_csr){ 4, 5, begin, col, s.value.d };
	ops->spmm(ops, &s.m, &p->x.x, &p->y.x);
	spmm_loss(&s);
	pair_check(&p->y, tolerance, "spmm");
	for (int add = 0; add < 2; add++) {
		ops->spmm_backward(ops, &s.m, &p->dy.x, &p->dx.x, add);
		p->naive->spmm_backward(p->naive, &s.ref, &p->dy.ref, &p->dx.ref, add);
		pair_check(&p->dx, tolerance, "spmm's dx");
	}
	p->naive->spmm_backward(p->naive, &s.ref, &p->dy.ref, &p->dx.ref, false);
	if (ops == nn_train_cpu_block(8))
		finite_differences(spmm_loss, &s, p->x.ref.data, p->dx.ref.data, naive_count(&p->x.ref), "spmm x");
	numbers_free(&s.value);
	problem_free(p);
}

static void meshes(void)
{
	gather();
	spmm_case(INTEGERS, 0);
	spmm_case(FRACTIONS, TOLERANCE);
}

static void test_meshes(void **unused)
{
	(void)unused;
	each_backend(meshes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elementwise),	cmocka_unit_test(test_dropout),
		cmocka_unit_test(test_resize),		cmocka_unit_test(test_resize_published),
		cmocka_unit_test(test_concat),		cmocka_unit_test(test_l2norm),
		cmocka_unit_test(test_softmax_ce),	cmocka_unit_test(test_loss),
		cmocka_unit_test(test_loss_masked_nan), cmocka_unit_test(test_meshes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
