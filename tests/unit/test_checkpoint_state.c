/* test_checkpoint_state.c - what a run remembers comes back to the bit; other texts are refused */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/nn/checkpoint_state.h"

static void values(void **unused)
{
	static const double f64[] = { 0,	-0.0,	   1,	   -3,	      .1,   1e300, 5e-324,
				      INFINITY, -INFINITY, 0x1p63, 0x1p-1074, 1e16, 4.8,   9007199254740993.0 };
	static const uint64_t u64[] = { 0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX, (1ULL << 53) + 1 };
	static const char *const str[] = { "",
					   "plain",
					   "a\tb\n\\x",
					   "\"quoted\" #1",
					   "na\xc3\xafve",
					   "\xff\xfe path",
					   "nan",
					   "18446744073709551615" };
	struct checkpoint_state s = { 0 }, t = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };
	char key[20];
	double nan;

	(void)unused;
	checkpoint_state_put_u64(&s, "f0", 5); /* replaced */
	for (size_t i = 0; i < 14; i++)
		checkpoint_state_put_f64(&s, (snprintf(key, sizeof key, "f%zu", i), key), f64[i]);
	for (size_t i = 0; i < 6; i++)
		checkpoint_state_put_u64(&s, (snprintf(key, sizeof key, "u%zu", i), key), u64[i]);
	for (size_t i = 0; i < 8; i++)
		checkpoint_state_put_str(&s, (snprintf(key, sizeof key, "s%zu", i), key), str[i]);
	checkpoint_state_put_f64(&s, "nan", NAN);
	checkpoint_state_write(&s, &b);
	if (checkpoint_state_parse(&t, b.data, b.len, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t.n, 29);
	for (size_t i = 0; i < 14; i++) {
		double v;
		assert_int_equal(checkpoint_state_f64(&t, (snprintf(key, sizeof key, "f%zu", i), key), &v, &e), 0);
		assert_memory_equal(&v, &f64[i], sizeof v);
	}
	for (size_t i = 0; i < 6; i++) {
		uint64_t v;
		assert_int_equal(checkpoint_state_u64(&t, (snprintf(key, sizeof key, "u%zu", i), key), &v, &e), 0);
		assert_true(v == u64[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		const char *v;
		assert_int_equal(checkpoint_state_str(&t, (snprintf(key, sizeof key, "s%zu", i), key), &v, &e), 0);
		assert_string_equal(v, str[i]);
	}
	assert_true(checkpoint_state_f64(&t, "nan", &nan, &e) == 0 && isnan(nan));

	/* every shorter text is refused */
	for (size_t len = 0; len < b.len; len++) {
		checkpoint_state_release(&t);
		e.msg[0] = '\0';
		if (!checkpoint_state_parse(&t, b.data, len, &e))
			fail_msg("%zu of %zu bytes are taken for a state", len, b.len);
		assert_true(t.n == 0 && !t.item && e.msg[0]);
	}
	checkpoint_state_release(&s);
	buf_release(&b);
}

static void hostile(void **unused)
{
	static const char *const bad[] = { "",
					   "[]",
					   "[1]",
					   "7",
					   "{\"a\":null}",
					   "{\"a\":true}",
					   "{\"a\":{}}",
					   "{\"a\":[1]}",
					   "{\"a\":1,\"a\":2}",
					   "{\"a\":1e999}",
					   "{\"a\":99999999999999999999}",
					   "{\"a\":\"\\\\q\"}",
					   "{\"a\":\"\\u0000\"}",
					   "{\"a\":1}x",
					   "{\"a\":\"\xff\"}" };
	struct checkpoint_state s = { 0 };
	struct buf b = { 0 };
	struct err e;
	uint64_t u;
	double f;
	const char *t;

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!checkpoint_state_parse(&s, bad[i], strlen(bad[i]), &e))
			fail_msg("'%s' is a state", bad[i]);
	buf_add_str(&b, "{\"k\":0");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, ",\"%d\":0", i);
	buf_add_str(&b, "}");
	assert_int_equal(checkpoint_state_parse(&s, b.data, b.len, &e), -1);
	buf_reset(&b);
	for (int i = 0; i < 100000; i++)
		buf_add_str(&b, "[");
	assert_int_equal(checkpoint_state_parse(&s, b.data, b.len, &e), -1);
	buf_release(&b);

	/* of another kind, or absent */
	t = "{\"u\":-1,\"f\":1.5,\"s\":\"12\",\"n\":\"nan\"}";
	assert_int_equal(checkpoint_state_parse(&s, t, strlen(t), &e), 0);
	assert_int_equal(checkpoint_state_u64(&s, "u", &u, &e), -1);
	assert_int_equal(checkpoint_state_u64(&s, "f", &u, &e), -1);
	assert_int_equal(checkpoint_state_u64(&s, "s", &u, &e), -1);
	assert_int_equal(checkpoint_state_f64(&s, "s", &f, &e), -1);
	assert_int_equal(checkpoint_state_u64(&s, "n", &u, &e), -1);
	assert_int_equal(checkpoint_state_str(&s, "f", &t, &e), -1);
	assert_int_equal(checkpoint_state_str(&s, "x", &t, &e), -1);
	assert_non_null(strstr(e.msg, "'x'"));
	checkpoint_state_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values), cmocka_unit_test(hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
