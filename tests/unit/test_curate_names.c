/* test_curate_names.c - the face numbers of lists with a line for each face */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tools/curate/names.h"

enum { NAMES = 20000 };

/* Names that differ in one byte at every place of a word, and in length only; asked for three times in another order. */
static void test_counts(void **state)
{
	struct seen s = { 0 };
	char name[64];

	(void)state;
	for (int64_t round = 0; round < 3; round++)
		for (int i = 0; i < NAMES; i++) {
			int k = round == 1 ? NAMES - 1 - i : i;

			snprintf(name, sizeof name, "%.*sn%07d/%d.jpg", k % 9, "aaaaaaaaa", k / 9, k % 9);
			assert_int_equal(seen_count(&s, name), round);
		}
	assert_int_equal(s.n, NAMES);
	assert_int_equal(seen_count(&s, ""), 0);
	assert_int_equal(seen_count(&s, "a"), 0);
	assert_int_equal(seen_count(&s, ""), 1);
	seen_release(&s);
	assert_int_equal(seen_count(&s, "a"), 0);
	seen_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
