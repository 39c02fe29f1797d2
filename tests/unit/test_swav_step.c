/* test_swav_step.c - micro-batches against a step at once, in double; numbers that are none; batches that cannot be cut */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/swav_step.h"
#include "common/rng.h"
#include "tests/support/naive.h"

enum { B = 4, HALF = B / 2, D = 16, K = 6, SIZE = 16, PICTURE = 3 * SIZE * SIZE };

static struct swav_step *start(const struct nn_train *ops, int accumulate)
{
	const struct swav_step_config c = {
		.net = {
			.arch = RESNET18,
			.width = 1,
			.hidden = 16,
			.features = D,
			.prototypes = K,
			.batch = B,
			.groups = 2,
			.group = { { 2, SIZE }, { 1, SIZE } },
			.slices = 2,
		},
		.accumulate = accumulate,
		.temperature = .1,
		.epsilon = .05,
		.iterations = 3,
		.optim = { .kind = OPTIM_SGD, .momentum = .9 },
	};
	struct err e = { 0 };
	struct swav_step *s = swav_step_new(ops, &c, &e);

	assert_non_null(s);
	train_params_start(swav_net_params(swav_step_net(s)), 2);
	swav_loss_queue(swav_step_loss(s), 2 * B);
	return s;
}

/* Samples 2 and 3 are samples 0 and 1 again: so batch norm sees the same in a half as in the whole. */
static void make_views(struct swav_step *s)
{
	for (int g = 0; g < 2; g++)
		for (int v = 0; v < (g ? 1 : 2); v++)
			for (int i = 0; i < B; i++) {
				double *to = (double *)swav_step_view(s, g) + (size_t)(v * B + i) * PICTURE;
				struct rng r;

				rng_init(&r, 3, 0, (uint64_t)(i % HALF), (uint32_t)(2 * g + v));
				for (int k = 0; k < PICTURE; k++)
					to[k] = rng_normal(&r);
			}
}

static void parts_are_the_whole(void **unused)
{
	struct swav_step *whole = start(nn_train_naive(), 1), *parts = start(nn_train_naive(), 2);
	const struct train_params *p = swav_net_params(swav_step_net(whole)),
				  *q = swav_net_params(swav_step_net(parts));
	struct swav_step_report a, b;
	int rows;

	(void)unused;
	make_views(whole);
	make_views(parts);
	swav_step_take(whole, .001, true, 2, &a);
	swav_step_take(parts, .001, true, 2, &b);
	/* Where a map is one pixel, batch norm sees two values a channel, and makes much of rounding when they are near. */
	assert_true(fabs(a.swav.loss - b.swav.loss) < 1e-8);
	assert_true(fabs(a.swav.spread - b.swav.spread) < 1e-8);
	assert_true(fabs(a.gradient_norm - b.gradient_norm) < 1e-5 * a.gradient_norm);
	for (size_t i = 0; i < p->n; i++) {
		const double *x = train_params_grad(p, i), *y = train_params_grad(q, i);
		double norm = 0, off = 0;

		for (size_t k = 0; k < p->item[i].count; k++) {
			norm += x[k] * x[k];
			off += (x[k] - y[k]) * (x[k] - y[k]);
		}
		/* What comes before a batch norm as a bias has no gradient. */
		if (!(sqrt(off) <= 1e-4 * sqrt(norm) + 1e-11))
			fail_msg("%s: %g away, norm %g", p->item[i].name, sqrt(off), sqrt(norm));
	}
	const double *x = swav_loss_queue_data(swav_step_loss(whole), &rows);
	const double *y = swav_loss_queue_data(swav_step_loss(parts), &rows);
	for (int i = 0; i < SWAV_ASSIGNED * rows * D; i++)
		assert_true(fabs(x[i] - y[i]) < 1e-8);
	/* Each sample has its own place: rows of a view are not alike but for those that are the same picture. */
	for (int i = 0; i < HALF; i++)
		for (int k = 0; k < D; k++)
			assert_true(fabs(y[i * D + k] - y[(i + HALF) * D + k]) < 1e-8);
	assert_true(fabs(y[0] - y[D]) > 1e-6);
	/* The head's running statistics moved once a micro-batch: .1, then .1 of the rest. */
	double once = p->running[p->n_running - 1].mean[0], twice = q->running[p->n_running - 1].mean[0];
	assert_true(fabs(twice - 1.9 * once) < 1e-5 * fabs(once));
	swav_step_free(whole);
	swav_step_free(parts);
}

static void no_number_moves_nothing(void **unused)
{
	struct swav_step *s = start(nn_train_cpu(), 1);
	struct train_params *p = swav_net_params(swav_step_net(s));
	struct swav_step_report report;
	float before;

	(void)unused;
	((float *)swav_step_view(s, 0))[0] = NAN;
	before = ((float *)p->value)[5];
	swav_step_take(s, .1, false, 1, &report);
	assert_true(isnan(report.swav.loss) || isnan(report.gradient_norm));
	assert_true(((float *)p->value)[5] == before);
	assert_true(swav_step_optim(s)->steps[0] == 0);
	swav_step_free(s);
}

static void what_cannot_be_cut(void **unused)
{
	const struct swav_step_config c = { .net = { .batch = 6 }, .accumulate = 4 };
	struct err e = { 0 };

	(void)unused;
	assert_null(swav_step_new(nn_train_naive(), &c, &e));
	assert_int_equal(e.code, EXIT_CODE_USAGE);
	assert_non_null(strstr(e.msg, "6 is not divided by 1 x 4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_the_whole),
		cmocka_unit_test(no_number_moves_nothing),
		cmocka_unit_test(what_cannot_be_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
