/* test_schedule.c - learning rates against the reference's formula in NumPy and PyTorch's MultiStepLR; lengths of time */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/nn/schedule.h"
#include "common/num.h"
#include "common/tsv.h"
#include "tests/unit/support_golden.h"

/* A row of schedule.tsv. */
static void read_row(const struct tsv *t, struct schedule *s, uint64_t *step, double *lr)
{
	static const char *const numbers[] = { "start", "base", "final", "factor", "warmup", "total", "step", "lr" };
	double v[8];
	struct err e = { 0 };

	for (size_t i = 0; i < 8; i++)
		if (tsv_f64(t, &t->row, tsv_col(t, numbers[i]), v + i, &e))
			fail_msg("%s", e.msg);
	*s = (struct schedule){
		.start = v[0],
		.base = v[1],
		.final = v[2],
		.factor = v[3],
		.warmup = (uint64_t)v[4],
		.total = (uint64_t)v[5],
	};
	*step = (uint64_t)v[6];
	*lr = v[7];
	assert_int_equal(schedule_kind_parse(&s->kind, tsv_raw(&t->row, tsv_col(t, "kind")), &e), 0);
	const char *drops = tsv_raw(&t->row, tsv_col(t, "drops"));
	for (char *end; *drops != '-' && *drops; drops = *end ? end + 1 : end)
		s->drop[s->drops++] = strtoull(drops, &end, 10);
}

/*
 * Warm-up and drops to the bit. The cosine is within 2 units in the last place of base: another libm may round its cos the
 * other way.
 */
static void golden(void **unused)
{
	char *path = golden_path("schedule.tsv");
	struct tsv t;
	struct err e = { 0 };
	int rows = 0, drops = 0;

	(void)unused;
	if (tsv_open(&t, path, &e))
		fail_msg("%s", e.msg);
	while (tsv_next(&t, &e) == 1) {
		struct schedule s;
		uint64_t step;
		double want, have, may = 0;

		read_row(&t, &s, &step, &want);
		have = schedule_lr(&s, step);
		if (s.kind == SCHEDULE_COSINE && step >= s.warmup)
			may = 2 * 0x1p-52 * s.base;
		if (!(fabs(have - want) <= may))
			fail_msg("line %d: %.17g, not %.17g", (int)t.row.line, have, want);
		rows++;
		drops += s.drops;
	}
	assert_string_equal(e.msg, "");
	assert_true(rows > 180 && drops > 100);
	tsv_close(&t);
	free(path);
}

/* The ends: base stands twice, what is past the end, and a warm-up that does not end. */
static void ends(void **unused)
{
	struct schedule s = {
		.kind = SCHEDULE_COSINE, .start = .3, .base = 4.8, .final = .0048, .warmup = 10, .total = 100
	};

	(void)unused;
	assert_true(schedule_lr(&s, 0) == .3);
	assert_true(schedule_lr(&s, 9) == 4.8 && schedule_lr(&s, 10) == 4.8 && schedule_lr(&s, 11) < 4.8);
	assert_true(schedule_lr(&s, 99) > .0048 && schedule_lr(&s, 100) == .0048 &&
		    schedule_lr(&s, UINT64_MAX) == .0048);
	s.warmup = 200;
	assert_true(schedule_lr(&s, 99) < 4.8 && schedule_lr(&s, 199) == 4.8 && schedule_lr(&s, 200) == .0048);
	s = (struct schedule){
		.kind = SCHEDULE_STEPS, .base = 1, .drops = 2, .drop = { 3, 5 }, .factor = .5, .total = 6
	};
	assert_true(schedule_lr(&s, 2) == 1 && schedule_lr(&s, 3) == .5 && schedule_lr(&s, UINT64_MAX) == .25);
}

static void lengths(void **unused)
{
	static const struct {
		const char *text;
		uint64_t steps; /* of an epoch of 830 */
	} good[] = {
		{ "10", 8300 }, { "10s", 10 },	  { "0.5", 415 }, { "0", 0 },  { "0s", 0 },
		{ ".3", 249 },	{ "1e3s", 1000 }, { ".0006", 0 }, { "-0", 0 }, { "9007199254740992", 1ULL << 53 }
	};
	static const char *const bad[] = { "",
					   "s",
					   "-1",
					   "-1s",
					   "x",
					   "1.5s",
					   "nan",
					   "inf",
					   "infs",
					   "10 s",
					   "1e300",
					   "10ss",
					   "9007199254740994s",
					   "000000000000000000000000000000000000000001" };
	struct schedule_length l;
	struct err e;

	(void)unused;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(schedule_length_parse(&l, good[i].text, &e), 0);
		if (schedule_length_steps(&l, 830) != good[i].steps)
			fail_msg("%s: %ju", good[i].text, (uintmax_t)schedule_length_steps(&l, 830));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		e = (struct err){ 0 };
		if (!schedule_length_parse(&l, bad[i], &e))
			fail_msg("'%s' is a length", bad[i]);
		assert_int_equal(e.code, EXIT_CODE_USAGE);
	}
	enum schedule_kind kind;
	for (int i = SCHEDULE_COSINE; i <= SCHEDULE_CONSTANT; i++) {
		assert_int_equal(schedule_kind_parse(&kind, schedule_kind_name((enum schedule_kind)i), &e), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(schedule_kind_parse(&kind, "cosin", &e), -1);
}

/* What is printed reads back to the same bits. */
static void print(void **unused)
{
	struct schedule s = {
		.kind = SCHEDULE_COSINE, .start = .3, .base = 4.8, .final = .0048, .warmup = 7, .total = 50
	};
	char path[] = "/tmp/frl-test-XXXXXX";
	struct err e = { 0 };
	struct out o;
	struct tsv t;
	int fd = mkstemp(path);
	uint64_t step = 0;

	(void)unused;
	assert_true(fd >= 0);
	close(fd);
	if (out_open(&o, path, false, &e) || schedule_print(&s, &o, &e) || out_commit(&o, &e) || tsv_open(&t, path, &e))
		fail_msg("%s", e.msg);
	for (; tsv_next(&t, &e) == 1; step++) {
		int64_t number;
		double lr;

		assert_int_equal(tsv_i64(&t, &t.row, tsv_need(&t, "step", &e), &number, &e), 0);
		assert_int_equal(tsv_f64(&t, &t.row, tsv_need(&t, "lr", &e), &lr, &e), 0);
		assert_true(number == (int64_t)step && lr == schedule_lr(&s, step));
	}
	assert_int_equal(step, 50);
	tsv_close(&t);
	unlink(path);
}

/* A full disk is an error. */
static void full(void **unused)
{
	struct schedule s = { .kind = SCHEDULE_CONSTANT, .base = 1, .total = 100000 };
	struct err e = { 0 };
	struct out o;

	(void)unused;
	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(out_open(&o, "/dev/full", false, &e), 0);
	assert_int_equal(schedule_print(&s, &o, &e), -1);
	assert_non_null(strstr(e.msg, "/dev/full"));
	out_abort(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden), cmocka_unit_test(ends), cmocka_unit_test(lengths),
		cmocka_unit_test(print),  cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
