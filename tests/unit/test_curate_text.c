/* test_curate_text.c - other people's lists and CSV as frl-curate reads them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/curate/text.h"

static void test_csv(void **state)
{
	char line[] = "\"a, \"\"b\"\"\" , 2 ,,http://x/1,2";
	char *f[4];

	(void)state;
	assert_int_equal(text_csv(line, f, 4), 4);
	assert_string_equal(f[0], "a, \"b\"");
	assert_string_equal(f[1], "2");
	assert_string_equal(f[2], "");
	assert_string_equal(f[3], "http://x/1,2");
	char open[] = "\"no end, x";
	assert_int_equal(text_csv(open, f, 4), 1);
	char more[] = "a,\"b\",c";
	assert_int_equal(text_csv(more, f, 2), 3);
}

static void test_lines(void **state)
{
	static const char content[] = "\xef\xbb\xbf"
				      "a \r\n\r\n\nb\tc\nlast";
	char path[] = "/tmp/frl-curate-XXXXXX";
	int fd = mkstemp(path);
	struct text t;
	struct err e = { 0 };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, sizeof content - 1), sizeof content - 1);
	assert_int_equal(text_open(&t, path, &e), 0);
	assert_int_equal(text_next(&t, &e), 1);
	assert_string_equal(t.line, "a");
	assert_int_equal(text_next(&t, &e), 1);
	assert_string_equal(t.line, "b\tc");
	assert_int_equal(t.number, 4);
	assert_int_equal(text_next(&t, &e), 1);
	assert_string_equal(t.line, "last");
	assert_int_equal(text_next(&t, &e), 0);
	text_close(&t);
	/* A NUL is no text. */
	assert_int_equal(pwrite(fd, "", 1, 3), 1);
	assert_int_equal(text_open(&t, path, &e), 0);
	assert_int_equal(text_next(&t, &e), -1);
	assert_non_null(strstr(e.msg, "line 1: a NUL byte"));
	text_close(&t);
	close(fd);
	unlink(path);
}

static void test_long_line(void **state)
{
	char path[] = "/tmp/frl-curate-XXXXXX";
	int fd = mkstemp(path);
	struct text t;
	struct err e = { 0 };
	char *block = malloc(3 << 20);

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(block);
	memset(block, 'x', 3 << 20);
	assert_int_equal(write(fd, block, 3 << 20), 3 << 20);
	free(block);
	assert_int_equal(text_open(&t, path, &e), 0);
	assert_int_equal(text_next(&t, &e), -1);
	assert_non_null(strstr(e.msg, "line 1: longer than a megabyte"));
	text_close(&t);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
