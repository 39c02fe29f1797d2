/* Agreement of predictions and truth: published tables, constants, single samples, nothing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/metrics/agreement.h"

/* Shrout & Fleiss (1979), table 2: six targets, four judges; the values printed in table 4. */
static void test_shrout_fleiss(void **state)
{
	static const double x[6][4] = { { 9, 2, 5, 8 }, { 6, 1, 3, 2 },	 { 8, 4, 6, 8 },
					{ 7, 1, 2, 6 }, { 10, 5, 6, 9 }, { 6, 2, 4, 7 } };
	static const double printed[ICC_FORMS] = { .17, .29, .71, .44, .62, .91 };
	/* The same by NumPy from the definitions. */
	static const double exact[ICC_FORMS] = { 0.165741768405, 0.289763779528, 0.714840714841,
						 0.442797133679, 0.620050547599, 0.909315542377 };

	(void)state;
	for (int f = 0; f < ICC_FORMS; f++) {
		double v = icc(x[0], 6, 4, (enum icc_form)f);
		assert_true(fabs(v - printed[f]) < .005);
		assert_true(fabs(v - exact[f]) < 1e-8);
	}
}

/* ICC(3,1) of two raters is 2 cov / (var + var): no penalty for a shift of the mean. */
static void test_icc_identity(void **state)
{
	static const double y[] = { 0, 1, 2, 5, 3, 3, 0, 1 }, p[] = { .5, 1, 2.5, 4, 3, 2, 1, 0 };
	double both[16], shifted[8];
	struct agreement a, b;

	(void)state;
	for (int i = 0; i < 8; i++) {
		both[2 * i] = y[i];
		both[2 * i + 1] = p[i];
		shifted[i] = p[i] + 10;
	}
	agreement(y, p, 8, &a);
	agreement(y, shifted, 8, &b);
	assert_true(fabs(a.icc - icc(both, 8, 2, ICC_3_1)) < 1e-12);
	assert_true(fabs(a.icc - b.icc) < 1e-12);
	assert_true(a.ccc <= a.pcc && b.ccc < a.ccc);
}

static void test_constants(void **state)
{
	static const double c[] = { .1, .1, .1 }, d[] = { .3, .3, .3 }, y[] = { 1, 2, 4 };
	double same[6] = { .1, .1, .1, .1, .1, .1 };
	struct agreement a;

	(void)state;
	agreement(c, c, 3, &a);
	assert_true(a.mse == 0 && a.mae == 0 && a.sagr == 1 && a.icc == 0);
	assert_true(isnan(a.pcc) && isnan(a.ccc));
	agreement(c, d, 3, &a);
	assert_true(a.icc == 0 && a.ccc == 0 && isnan(a.pcc));
	agreement(y, d, 3, &a);
	assert_true(a.icc == 0 && a.ccc == 0 && isnan(a.pcc));
	for (int f = 0; f < ICC_FORMS; f++) {
		assert_true(icc(same, 3, 2, (enum icc_form)f) == 0);
		assert_true(isnan(icc(same, 1, 2, (enum icc_form)f)));
		assert_true(isnan(icc(same, 3, 1, (enum icc_form)f)));
	}
}

static void test_signs(void **state)
{
	static const double y[] = { 0, 0, 1, -1, -.5, 2 }, p[] = { 0, 1e-9, .1, -3, .5, 0 };
	struct agreement a;

	(void)state;
	agreement(y, p, 6, &a);
	assert_true(a.sagr == 3. / 6);
	assert_true(agreement_accuracy(y, p, 6) == 1. / 6);
}

static void test_empty_single_nan(void **state)
{
	static const double one[] = { 1 }, two[] = { 2 }, bad[] = { 1, NAN };
	struct agreement a;

	(void)state;
	agreement(one, one, 0, &a);
	assert_true(isnan(a.mse) && isnan(a.rmse) && isnan(a.mae) && isnan(a.pcc) && isnan(a.ccc) && isnan(a.sagr) &&
		    isnan(a.icc));
	assert_true(isnan(agreement_accuracy(one, one, 0)));
	agreement(one, two, 1, &a);
	assert_true(a.mse == 1 && a.rmse == 1 && isnan(a.pcc) && a.ccc == 0 && a.icc == 0 && a.sagr == 1);
	agreement(bad, bad, 2, &a);
	assert_true(isnan(a.mse) && isnan(a.mae) && isnan(a.sagr) && isnan(a.icc));
	assert_true(isnan(agreement_accuracy(bad, bad, 2)));
}

/* A million values far from zero lose no digits. */
static void test_large_mean(void **state)
{
	static double y[200000], p[200000];
	struct agreement a;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		y[i] = 1e6 + i % 2;
		p[i] = 1e6 + (i / 2) % 2;
	}
	agreement(y, p, 200000, &a);
	assert_true(fabs(a.mse - .5) < 1e-12 && fabs(a.pcc) < 1e-9 && fabs(a.icc) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shrout_fleiss),	 cmocka_unit_test(test_icc_identity),
		cmocka_unit_test(test_constants),	 cmocka_unit_test(test_signs),
		cmocka_unit_test(test_empty_single_nan), cmocka_unit_test(test_large_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
