/*
 * test_err.c - error values, messages, death, memory; the growable buffer; the summary
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/progress.h"
#include "tests/unit/support_child.h"

static void error_values(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_int_equal(err_set(&e, "row %d", 7), -1);
	assert_string_equal(e.msg, "row 7");
	assert_int_equal(e.code, EXIT_CODE_BAD_INPUT);
	assert_int_equal(err_prefix(&e, "'%s'", "x.tsv"), -1);
	assert_string_equal(e.msg, "'x.tsv': row 7");
	assert_int_equal(e.code, EXIT_CODE_BAD_INPUT);
	errno = EACCES;
	assert_int_equal(err_sys(&e, "cannot open '%s'", "x"), -1);
	assert_string_equal(e.msg, "cannot open 'x': Permission denied");
	assert_int_equal(e.code, EXIT_CODE_FAILED);
	assert_int_equal(errno, EACCES);
	errno = ENOENT;
	err_sys(&e, "cannot open '%s'", "x");
	assert_int_equal(e.code, EXIT_CODE_BAD_INPUT);
	err_code(&e, EXIT_CODE_TEMPORARY, "later");
	assert_int_equal(e.code, EXIT_CODE_TEMPORARY);
	/* nobody is interested */
	assert_int_equal(err_set(NULL, "x"), -1);
	assert_int_equal(err_sys(NULL, "x"), -1);
	assert_int_equal(err_code(NULL, 1, "x"), -1);
	assert_int_equal(err_prefix(NULL, "x"), -1);
}

static void long_messages_are_cut(void **state)
{
	(void)state;
	struct err e = { 0 };
	char text[3000];
	memset(text, 'y', sizeof text);
	text[sizeof text - 1] = '\0';
	errno = ENOENT;
	err_sys(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	err_set(&e, "short");
	err_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	for (size_t len = sizeof e.msg - 4; len < sizeof e.msg + 2; len++) {
		errno = ENOENT;
		err_sys(&e, "%.*s", (int)len, text);
		assert_true(strlen(e.msg) < sizeof e.msg);
		err_set(&e, "short");
		err_prefix(&e, "%.*s", (int)len, text);
		assert_true(strlen(e.msg) < sizeof e.msg);
	}
}

enum way {
	WAY_DIE,
	WAY_DIE_SYS,
	WAY_DIE_ERR,
	WAY_BUG,
	WAY_WARN,
	WAY_CONTROL,
	WAY_LONG,
	WAY_MEMORY,
	WAY_PRODUCT,
	WAY_AGAIN,
	WAY_THREADS
};

static void last_words(void)
{
	static const char text[] = "last words\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
	(void)n;
}

static void die_again(void)
{
	die(7, "again");
}

static void *die_in_thread(void *unused)
{
	(void)unused;
	die(EXIT_CODE_SOME_FAILED, "in a thread");
	return NULL;
}

static int end(void *data)
{
	struct err e = { 0 };
	char text[9000];
	pthread_t t[8];
	err_program("prog");
	err_at_die(last_words);
	err_at_die(last_words); /* once is enough */
	printf("output\n");
	switch (*(enum way *)data) {
	case WAY_DIE:
		die(EXIT_CODE_TEMPORARY, "it is %s", "late");
	case WAY_DIE_SYS:
		errno = ENOSPC;
		die_sys("cannot write");
	case WAY_DIE_ERR:
		err_set(&e, "bad\nhint: better");
		die_err(&e);
	case WAY_BUG:
		BUG("number %d", 3);
	case WAY_WARN:
		errno = EDOM;
		warn("careful with %d", 1);
		hint("do %d", 2);
		return errno == EDOM ? 0 : 9;
	case WAY_CONTROL:
		warn("name '%s'", "\033[31mred\a\r\x7f\ttab");
		return 0;
	case WAY_LONG:
		memset(text, 'z', sizeof text);
		text[sizeof text - 1] = '\0';
		warn("%s", text);
		return 0;
	case WAY_MEMORY:
		free(xmalloc(SIZE_MAX / 2));
		return 0;
	case WAY_PRODUCT:
		free(xrealloc_array(NULL, SIZE_MAX / 2, 3));
		return 0;
	case WAY_AGAIN:
		err_at_die(die_again);
		die(5, "once");
	case WAY_THREADS:
		for (int i = 0; i < 8; i++)
			pthread_create(&t[i], NULL, die_in_thread, NULL);
		pause();
	}
	return 9;
}

static void ways_to_end(void **state)
{
	(void)state;
	static const struct {
		enum way way;
		int code;
		const char *err;
	} t[] = {
		{ WAY_DIE, 75, "prog: it is late\nlast words\n" },
		{ WAY_DIE_SYS, 1, "prog: cannot write: No space left on device\nlast words\n" },
		{ WAY_DIE_ERR, 3, "prog: bad\nhint: better\nlast words\n" },
		{ WAY_WARN, 0, "prog: careful with 1\nhint: do 2\n" },
		{ WAY_CONTROL, 0, "prog: name '?[31mred???\ttab'\n" },
		{ WAY_AGAIN, 7, "prog: once\n" },
		{ WAY_THREADS, 4, "prog: in a thread\nlast words\n" }, /* one speaks for all */
	};
	struct child c;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		enum way way = t[i].way;
		child_run(&c, end, &way);
		assert_string_equal(c.err, t[i].err);
		assert_int_equal(c.exit_code, t[i].code);
		assert_string_equal(c.out, "output\n"); /* flushed before */
	}
	enum way way = WAY_BUG;
	child_run(&c, end, &way);
	assert_int_equal(c.exit_code, 1);
	assert_memory_equal(c.err, "prog: bug at tests/unit/test_err.c:", 35);
	assert_non_null(strstr(c.err, ": number 3\n"));
	way = WAY_LONG;
	child_run(&c, end, &way);
	assert_true(strlen(c.err) > 4000 && strlen(c.err) <= 4096);
	assert_int_equal(c.err[strlen(c.err) - 1], '\n');
}

static void no_memory_is_death(void **state)
{
	(void)state;
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
	print_message("SKIP no_memory_is_death: the sanitizer's malloc ends the process itself\n");
	skip();
#endif
	struct child c;
	enum way way = WAY_MEMORY;
	child_run(&c, end, &way);
	assert_int_equal(c.exit_code, 1);
	assert_memory_equal(c.err, "prog: out of memory (", 21);
	way = WAY_PRODUCT;
	child_run(&c, end, &way);
	assert_int_equal(c.exit_code, 1);
	assert_memory_equal(c.err, "prog: out of memory (", 21);
}

static void memory(void **state)
{
	(void)state;
	char *p = xaligned(65);
	assert_int_equal((uintptr_t)p % 64, 0);
	memset(p, 1, 65);
	free(p);
	free(xaligned(0));
	free(xmalloc(0));
	free(xcalloc(0, 8));
	p = xrealloc_array(NULL, 4, 2);
	p = xrealloc_array(p, 0, 2);
	free(p);
	p = xstrndup("hello", 3);
	assert_string_equal(p, "hel");
	free(p);
	p = xasprintf("%d-%s", 5, "x");
	assert_string_equal(p, "5-x");
	free(p);
}

static void buffer(void **state)
{
	(void)state;
	struct buf b = { .max = 10 };
	buf_reset(&b);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_string_equal(b.data, "");
	assert_int_equal(buf_add_str(&b, "0123"), 0);
	assert_int_equal(buf_printf(&b, "%d", 4567), 0);
	assert_int_equal(buf_add_char(&b, '8'), 0);
	assert_string_equal(b.data, "012345678");
	assert_int_equal(buf_printf(&b, "%d", 99), -1);
	assert_int_equal(buf_add_str(&b, "99"), -1);
	assert_null(buf_reserve(&b, 2));
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_string_equal(b.data, "012345678"); /* unchanged */
	assert_int_equal(buf_add_char(&b, '9'), 0);
	assert_int_equal(buf_add_char(&b, 'x'), -1);
	assert_int_equal(b.len, 10);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	char *room = buf_reserve(&b, 3);
	memcpy(room, "abc", 3);
	b.len += 3;
	assert_string_equal(b.data, "abc");
	buf_release(&b);
	assert_null(b.data);
	assert_int_equal(b.max, 10);

	struct buf big = { 0 };
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_printf(&big, "%d,", i % 10), 0);
	assert_int_equal(big.len, 200000);
	assert_int_equal(strlen(big.data), 200000);
	buf_release(&big);
}

/* ---- the summary, on standard error, not a terminal here */

static int summarise(void *data)
{
	struct summary s = { .in = 295, .out = 1012, .failed = 2 };
	err_program("prog");
	summary_start();
	progress_start("pictures", 10, false); /* no terminal: silent */
	progress_add(3);
	progress_stop();
	summary_extra(&s, "empty", 3);
	summary_extra(&s, "share", 0.5);
	usleep(60000);
	summary_print(&s, *(int *)data == 2, *(int *)data == 1);
	return 0;
}

static void summary(void **state)
{
	(void)state;
	struct child c;
	int how = 0, mib;
	double wall, cpu;
	char unit[8];
	child_run(&c, summarise, &how);
	assert_int_equal(sscanf(c.err,
				"prog: 295 in, 1012 out, 2 failed, 3 empty, 0.5 share; %lf s, %lf s CPU, %d MiB %7s",
				&wall, &cpu, &mib, unit),
			 4);
	assert_string_equal(unit, "peak");
	assert_true(wall >= 0.05 && wall < 30 && cpu >= 0 && mib >= 1);
	how = 1;
	child_run(&c, summarise, &how);
	json_error_t error;
	json_t *j = json_loads(c.err, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "program")), "prog");
	assert_int_equal(json_integer_value(json_object_get(j, "in")), 295);
	assert_int_equal(json_integer_value(json_object_get(j, "failed")), 2);
	assert_int_equal(json_integer_value(json_object_get(j, "empty")), 3);
	assert_true(json_number_value(json_object_get(j, "wall_s")) >= 0.05);
	assert_true(json_integer_value(json_object_get(j, "peak_bytes")) > 1 << 20);
	json_decref(j);
	how = 2;
	child_run(&c, summarise, &how);
	assert_string_equal(c.err, "");
}

static void peak_memory_grows(void **state)
{
	(void)state;
	uint64_t before = peak_memory();
	size_t size = (size_t)64 << 20;
	char *p = xmalloc(size);
	memset(p, 1, size);
	__asm__ volatile("" : : "r"(p) : "memory");
	uint64_t after = peak_memory();
	free(p);
	assert_true(after >= before + size / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_values), cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(ways_to_end),	cmocka_unit_test(no_memory_is_death),
		cmocka_unit_test(memory),	cmocka_unit_test(buffer),
		cmocka_unit_test(summary),	cmocka_unit_test(peak_memory_grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
