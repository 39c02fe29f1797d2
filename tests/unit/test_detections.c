/* test_detections.c - non-maximum suppression against the rule written out plainly */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/detections.h"
#include "common/rng.h"

static struct detection box(float x1, float y1, float x2, float y2, float score)
{
	return (struct detection){ .x1 = x1, .y1 = y1, .x2 = x2, .y2 = y2, .score = score };
}

static void add(struct detections *d, struct detection x)
{
	detections_add(d, &x);
}

static void test_empty(void **state)
{
	struct detections d = { 0 };

	(void)state;
	detections_nms(&d, .4f);
	assert_int_equal(d.n, 0);
	detections_release(&d);
}

/* Two 10-pixel boxes (sides count +1: 11) that share 8 columns: IoU = 88 / (121 + 121 - 88) = .571. */
static void test_plus_one(void **state)
{
	struct detections d = { 0 };

	(void)state;
	add(&d, box(0, 0, 10, 10, .8f));
	add(&d, box(3, 0, 13, 10, .9f));
	detections_nms(&d, .5715f);
	assert_int_equal(d.n, 2);
	assert_float_equal(d.item[0].score, .9f, 0);
	detections_nms(&d, .5714f);
	assert_int_equal(d.n, 1);
	assert_float_equal(d.item[0].score, .9f, 0);
	detections_release(&d);
}

/* A suppressed box suppresses nobody. */
static void test_chain(void **state)
{
	struct detections d = { 0 };

	(void)state;
	add(&d, box(0, 0, 10, 10, .9f));
	add(&d, box(4, 0, 14, 10, .8f));
	add(&d, box(8, 0, 18, 10, .7f));
	detections_nms(&d, .4f);
	assert_int_equal(d.n, 2);
	assert_float_equal(d.item[1].score, .7f, 0);
	detections_release(&d);
}

static void test_equal_scores(void **state)
{
	struct detections d = { 0 };

	(void)state;
	add(&d, box(0, 0, 10, 10, .5f));
	add(&d, box(1, 0, 11, 10, .5f));
	detections_nms(&d, .4f);
	assert_int_equal(d.n, 1);
	assert_float_equal(d.item[0].x1, 1, 0);
	detections_release(&d);
}

static double plain_iou(const struct detection *a, const struct detection *b)
{
	double x1 = a->x1 > b->x1 ? a->x1 : b->x1, y1 = a->y1 > b->y1 ? a->y1 : b->y1;
	double x2 = a->x2 < b->x2 ? a->x2 : b->x2, y2 = a->y2 < b->y2 ? a->y2 : b->y2;
	double w = x2 - x1 + 1, h = y2 - y1 + 1, in = w > 0 && h > 0 ? w * h : 0;

	return in / ((a->x2 - a->x1 + 1.) * (a->y2 - a->y1 + 1.) + (b->x2 - b->x1 + 1.) * (b->y2 - b->y1 + 1.) - in);
}

/* Integer boxes and distinct scores: the kept set is the one the definition gives, whatever the order they came in. */
static void test_random(void **state)
{
	struct rng r;

	(void)state;
	rng_init(&r, 5, 0, 0, 0);
	for (int round = 0; round < 50; round++) {
		struct detections d = { 0 };
		struct detection all[200];
		int kept[200], n = 0, count = 1 + (int)rng_below(&r, 200);

		for (int i = 0; i < count; i++) {
			float x = (float)rng_below(&r, 60), y = (float)rng_below(&r, 60);

			all[i] = box(x, y, x + 1 + (float)rng_below(&r, 40), y + 1 + (float)rng_below(&r, 40),
				     1 - (float)i / 256);
		}
		for (int i = 0; i < count; i++) {
			int ok = 1;

			for (int j = 0; j < n; j++)
				ok &= !(plain_iou(&all[kept[j]], &all[i]) > .4);
			if (ok)
				kept[n++] = i;
		}
		for (int i = 0; i < count; i++) /* a fixed shuffle: 7919 is prime */
			add(&d, all[(i * 7919 + round) % count]);
		detections_nms(&d, .4f);
		assert_int_equal(d.n, n);
		for (int i = 0; i < n; i++)
			assert_memory_equal(&d.item[i], &all[kept[i]], sizeof *all);
		detections_release(&d);
	}
}

static void test_filter(void **state)
{
	struct detections d = { 0 };

	(void)state;
	add(&d, box(0, 0, 9, 30, .9f));
	add(&d, box(0, 0, 10, 10, .8f));
	add(&d, box(0, 0, 20, 20, .7f));
	detections_filter(&d, 10, 1);
	assert_int_equal(d.n, 1);
	assert_float_equal(d.item[0].score, .8f, 0);
	detections_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	     cmocka_unit_test(test_plus_one), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_equal_scores), cmocka_unit_test(test_random),   cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
