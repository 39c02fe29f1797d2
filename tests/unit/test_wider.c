/* WIDER FACE files and average precision: other people's texts, the official .mat form, cases done by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/metrics/sum.h"
#include "common/metrics/wider_ap.h"
#include "common/wider.h"
#include "tests/unit/support_golden.h"

/* ---- texts */

static int parse(struct wider_result *r, const char *text, struct err *e)
{
	return wider_result_parse(r, "r.txt", text, strlen(text), e);
}

static void test_result(void **state)
{
	struct wider_result r;
	struct err e = { 0 };

	(void)state;
	/* Unsorted, a trailing blank, CRLF, no newline at the end. */
	assert_int_equal(parse(&r, "name\r\n3\r\n1 2 3 4 0.5 \r\n5 6 7 8 0.9\r\n-1.5 0 0 1e1 .5", &e), 0);
	assert_int_equal(r.n, 3);
	assert_true(r.face[0][4] == .9 && r.face[0][0] == 5);
	assert_true(r.face[1][0] == 1 && r.face[2][0] == -1.5 && r.face[2][3] == 10);
	wider_result_release(&r);
	assert_int_equal(parse(&r, "name\n0\n", &e), 0);
	assert_int_equal(r.n, 0);
	wider_result_release(&r);
}

static void refuse(const char *text, const char *why)
{
	struct wider_result r;
	struct err e = { 0 };

	assert_int_equal(parse(&r, text, &e), -1);
	if (!strstr(e.msg, why))
		fail_msg("'%s' does not say '%s'", e.msg, why);
	wider_result_release(&r);
}

static void test_result_bad(void **state)
{
	(void)state;
	refuse("", "no line with the number of faces");
	refuse("name\n", "no line with the number of faces");
	refuse("name\n-1\n", "line 2: no number of faces");
	refuse("name\n99999999999\n", "line 2: no number of faces");
	refuse("name\n2\n1 2 3 4 .5\n", "1 faces where line 2 says 2");
	refuse("name\n1\n1 2 3 4 .5\n1 2 3 4 .5\n", "line 4: more faces than the 1");
	refuse("name\n1\n1 2 3 4\n", "line 3: no score");
	refuse("name\n1\n1 2 3 4 nan\n", "line 3: score is no number: 'nan'");
	refuse("name\n1\n1 2 x 4 1\n", "line 3: w is no number: 'x'");
	refuse("name\n1\n1 2 -3 4 1\n", "line 3: a negative size");
	refuse("name\n1\n1 2 3 4 1 7\n", "line 3: more than five numbers");
}

static void test_key(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(wider_key("0--Parade/0_Parade_a_1", &b), "0--Parade/0_Parade_a_1");
	assert_string_equal(wider_key("/x/images/0--Parade/0_Parade_a_1.jpg", &b), "0--Parade/0_Parade_a_1");
	assert_string_equal(wider_key("e/n.v2.PNG", &b), "e/n.v2");
	assert_null(wider_key("n.jpg", &b));
	assert_null(wider_key("", &b));
	assert_null(wider_key("/", &b));
	assert_null(wider_key("a/", &b));
	assert_null(wider_key("//x", &b));
	buf_release(&b);
}

static void test_list(void **state)
{
	static const char text[] = "e/a\r\n\nx/e/b.jpg\n";
	struct wider_list l;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(wider_list_parse(&l, "l", text, strlen(text), &e), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.key[0], "e/a");
	assert_string_equal(l.key[1], "e/b");
	wider_list_release(&l);
	assert_int_equal(wider_list_parse(&l, "l", "e/a\nb\n", 6, &e), -1);
	assert_string_equal(e.msg, "'l' line 2: not EVENT/NAME: 'b'");
	wider_list_release(&l);
}

/* ---- truth */

static void test_truth(void **state)
{
	char *dir = golden_path("mat/wider");
	struct wider_truth t;
	struct err e = { 0 };
	const struct wider_picture *p;

	(void)state;
	assert_int_equal(wider_truth_read(&t, dir, &e), 0);
	assert_int_equal(t.n, 3);
	assert_int_equal(wider_truth_find(&t, "no/such"), -1);
	p = &t.picture[wider_truth_find(&t, "0--Parade/0_Parade_a_1")];
	assert_int_equal(p->n, 2);
	assert_true(p->box[1][0] == 50 && p->box[1][3] == 9);
	assert_int_equal(p->keep[WIDER_EASY][0], 1);
	assert_int_equal(p->keep[WIDER_EASY][1], 0);
	assert_int_equal(p->keep[WIDER_HARD][0], 0);
	assert_int_equal(p->keep[WIDER_HARD][1], 1);
	assert_int_equal(p->faces[WIDER_MEDIUM], 2);
	p = &t.picture[wider_truth_find(&t, "1--Handshaking/1_Handshaking_c_3")];
	assert_int_equal(p->n, 0);
	wider_truth_release(&t);
	assert_int_equal(wider_truth_read(&t, "/nonexistent", &e), -1);
	assert_non_null(strstr(e.msg, "/nonexistent/wider_face_val.mat"));
	wider_truth_release(&t);
	free(dir);
}

/* The numbers that the benchmark's own documents give. */
static void test_official_truth(void **state)
{
	char *dir = shared_path("wider-eval/ground_truth");
	int64_t faces[WIDER_SUBSETS] = { 0 }, all = 0;
	struct wider_truth t;
	struct err e = { 0 };

	(void)state;
	if (!dir)
		skip();
	assert_int_equal(wider_truth_read(&t, dir, &e), 0);
	for (size_t i = 0; i < t.n; i++) {
		all += (int64_t)t.picture[i].n;
		for (int s = 0; s < WIDER_SUBSETS; s++)
			faces[s] += t.picture[i].faces[s];
	}
	assert_int_equal(t.n, 3226);
	assert_int_equal(all, 39708);
	assert_int_equal(faces[WIDER_EASY], 7211);
	assert_int_equal(faces[WIDER_MEDIUM], 13319);
	assert_int_equal(faces[WIDER_HARD], 31958);
	wider_truth_release(&t);
	free(dir);
}

/* ---- average precision */

static void test_match(void **state)
{
	static const double truth[][4] = { { 0, 0, 9, 9 }, { 0, 0, 9, 9 }, { 100, 0, 9, 9 } };
	/* The same; half of it (IoU 50/100 with pixels counted: 5x10 of 10x10); a little less; nothing; touching. */
	static const double pred[][5] = {
		{ 0, 0, 9, 9, 1 }, { 0, 0, 4, 9, .9 }, { 0, 0, 3.9, 9, .8 }, { 50, 50, 9, 9, .7 }, { 110, 0, 9, 9, .6 },
	};
	int32_t best[5];

	(void)state;
	wider_match(truth, 3, pred, 5, best);
	assert_int_equal(best[0], 0); /* the first of equals */
	assert_int_equal(best[1], 0);
	assert_int_equal(best[2], -1);
	assert_int_equal(best[3], -1);
	assert_int_equal(best[4], -1);
}

/* Two counted faces and an ignored one; hit, duplicate, ignored hit, miss, hit. */
static void test_ap_by_hand(void **state)
{
	static const double pred[][5] = {
		{ 0, 0, 0, 0, 1 }, { 0, 0, 0, 0, .8 }, { 0, 0, 0, 0, .8 }, { 0, 0, 0, 0, .25 }, { 0, 0, 0, 0, 0 }
	};
	static const int32_t best[] = { 0, 0, 2, -1, 1 };
	static const uint8_t keep[] = { 1, 1, 0 };
	uint8_t used[3];
	struct wider_step step[5];
	struct wider_counts counts = { 0 };
	struct wider_curve curve;
	size_t n;

	(void)state;
	n = wider_steps(pred, 5, best, keep, 3, used, step);
	assert_int_equal(n, 4);
	/* s >= 1 - (t + 1) / 1000: 1 from t = 0, .8 from t = 199, .25 from 749, 0 from 999. */
	assert_int_equal(step[0].threshold, 0);
	assert_int_equal(step[1].threshold, 199);
	assert_int_equal(step[2].threshold, 749);
	assert_int_equal(step[3].threshold, 999);
	assert_int_equal(step[1].proposals, 1);
	assert_int_equal(step[1].matched, 0);
	wider_add(&counts, step, n, 2, 1);
	wider_curve(&counts, &curve);
	assert_true(curve.precision[0] == 1 && curve.recall[0] == .5);
	assert_true(curve.precision[998] == 1. / 3 && curve.precision[999] == .5);
	assert_true(curve.recall[999] == 1);
	/* .5 at precision 1, .5 at precision 2/4. */
	assert_true(wider_ap(&curve) == .75);
	/* Twice the same picture changes nothing; a picture of missed faces lowers recall. */
	wider_add(&counts, step, n, 2, 1);
	wider_curve(&counts, &curve);
	assert_true(wider_ap(&curve) == .75);
	wider_add(&counts, NULL, 0, 4, 1);
	wider_curve(&counts, &curve);
	assert_true(wider_ap(&curve) == .375);
}

static void test_ap_empty(void **state)
{
	struct wider_counts counts = { 0 };
	struct wider_curve curve;

	(void)state;
	wider_curve(&counts, &curve);
	assert_true(isnan(wider_ap(&curve)));
	counts.faces = 3;
	wider_curve(&counts, &curve);
	assert_true(isnan(curve.precision[999]));
	assert_true(wider_ap(&curve) == 0);
}

/* Every threshold is reached by itself and by no smaller number: the formula is exact at the edges. */
static void test_threshold_edges(void **state)
{
	static const int32_t best[] = { -1 };
	static const uint8_t keep[] = { 1 };
	uint8_t used[1];

	(void)state;
	for (int t = 0; t < WIDER_THRESHOLDS; t++) {
		double at = 1 - (t + 1) / 1000.0;
		double pred[1][5] = { { 0, 0, 0, 0, at } };
		struct wider_step step[1];

		wider_steps((const double(*)[5])pred, 1, best, keep, 1, used, step);
		assert_int_equal(step[0].threshold, t);
		if (at > 0) {
			pred[0][4] = nextafter(at, 0);
			wider_steps((const double(*)[5])pred, 1, best, keep, 1, used, step);
			assert_int_equal(step[0].threshold, t + 1);
		}
	}
}

/* NumPy 2.4: (np.arange(1, 1001) / 7.0).sum(), and 1/k for k = 1..333. */
static void test_sum_like_numpy(void **state)
{
	double v[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		v[i] = (i + 1) / 7.0;
	assert_true(sum_pairwise(v, 1000) == 71500.0);
	for (int i = 0; i < 333; i++)
		v[i] = 1.0 / (i + 1);
	assert_true(sum_pairwise(v, 333) == 6.386858904881903);
	assert_true(sum_pairwise(v, 0) == 0 && isnan(sum_mean(v, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_result_bad),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_official_truth),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_ap_by_hand),
		cmocka_unit_test(test_ap_empty),
		cmocka_unit_test(test_threshold_edges),
		cmocka_unit_test(test_sum_like_numpy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
