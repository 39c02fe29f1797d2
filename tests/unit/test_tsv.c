/*
 * test_tsv.c - manifests: escapes, damage of every kind named with file and line, caps, slow pipes
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/rng.h"
#include "common/tsv.h"
#include "tests/unit/support_child.h"

/* ---- escapes */

static void escapes(void **state)
{
	(void)state;
	static const struct {
		const char *text, *field;
	} t[] = {
		{ "", "" },
		{ "plain words, 1:2", "plain words, 1:2" },
		{ "a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e" },
		{ "#1 \"best\"", "\\x231 \\x22best\\x22" },
		{ "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80", "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "latin1 \xe9t\xe9", "latin1 \\xe9t\\xe9" },
		{ "\x01\x1b[31m\x7f", "\\x01\\x1b[31m\\x7f" },
		{ "\xc3", "\\xc3" }, /* cut short */
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xe2\x82x", "\\xe2\\x82x" },
		{ "\xc0\x80", "\\xc0\\x80" }, /* overlong */
		{ "\xe0\x80\x80", "\\xe0\\x80\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* beyond U+10FFFF */
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\x80", "\\x80" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf field = { 0 }, text = { 0 };
		tsv_escape(&field, t[i].text, strlen(t[i].text));
		assert_string_equal(field.data, t[i].field);
		assert_int_equal(tsv_unescape(&text, field.data), 0);
		assert_string_equal(text.data, t[i].text);
		buf_release(&field);
		buf_release(&text);
	}
}

/* Any bytes at all come back, and what stands in the file trips no reader. */
static void random_bytes_come_back(void **state)
{
	(void)state;
	struct rng r;
	struct buf field = { 0 }, text = { 0 };
	rng_init(&r, 1, 0, 0, 0);
	for (int i = 0; i < 20000; i++) {
		char raw[40];
		size_t len = rng_below(&r, sizeof raw);
		for (size_t k = 0; k < len; k++)
			raw[k] = (char)(1 + rng_below(&r, 255));
		buf_reset(&field);
		buf_reset(&text);
		tsv_escape(&field, raw, len);
		assert_int_equal(field.len, strlen(field.data));
		assert_int_equal(strcspn(field.data, "\t\n\r#\""), field.len);
		assert_int_equal(tsv_unescape(&text, field.data), 0);
		assert_int_equal(text.len, len);
		assert_memory_equal(text.data, raw, len);
	}
	buf_release(&field);
	buf_release(&text);
}

static void bad_escapes(void **state)
{
	(void)state;
	static const char *const bad[] = { "\\", "a\\", "\\q", "\\x", "\\x2", "\\x2g", "\\x00", "\\N", "C:\\dir" };
	struct buf b = { 0 };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(tsv_unescape(&b, bad[i]), -1);
	assert_int_equal(tsv_unescape(&b, "\\x2F\\x2f"), 0);
	buf_release(&b);
}

/* ---- reading */

static const char sample[] = "#pg\tprog\t1\targs\n"
			     "# second comment\n"
			     "id\tpath\tscore\tn\tstatus\n"
			     "a\tp/a b.jpg\t0.5\t7\tok\n"
			     "b\tp/\\x23b\\\\.jpg\t1e-3\t-8\tok\n"
			     "\t\t\t\tnone:no-face\n";

static void columns_and_values(void **state)
{
	(void)state;
	struct tsv t;
	struct err e = { 0 };
	struct buf b = { 0 };
	float f;
	double d;
	int64_t n;
	assert_int_equal(tsv_open_memory(&t, "mem", sample, sizeof sample - 1, &e), 0);
	assert_string_equal(t.comments.data, "#pg\tprog\t1\targs\n# second comment\n");
	assert_int_equal(t.head.n, 5);
	int path = tsv_need(&t, "path", &e), score = tsv_col(&t, "score"), count = tsv_col(&t, "n"),
	    status = tsv_col(&t, "status");
	assert_int_equal(path, 1);
	assert_int_equal(tsv_col(&t, "absent"), -1);
	assert_int_equal(tsv_need(&t, "absent", &e), -1);
	assert_string_equal(e.msg, "'mem' has no column 'absent'");

	assert_int_equal(tsv_next(&t, &e), 1);
	assert_int_equal(t.row.line, 4);
	assert_string_equal(tsv_get(&t.row, path, &b), "p/a b.jpg");
	assert_int_equal(tsv_f32(&t, &t.row, score, &f, &e), 0);
	assert_true(f == 0.5f);
	assert_int_equal(tsv_i64(&t, &t.row, count, &n, &e), 0);
	assert_int_equal(n, 7);
	assert_true(tsv_ok(&t.row, status));
	assert_string_equal(tsv_get(&t.row, -1, &b), "");

	assert_int_equal(tsv_next(&t, &e), 1);
	assert_string_equal(tsv_raw(&t.row, path), "p/\\x23b\\\\.jpg");
	assert_string_equal(tsv_get(&t.row, path, &b), "p/#b\\.jpg");
	assert_int_equal(tsv_f64(&t, &t.row, score, &d, &e), 0);
	assert_true(d == 1e-3);
	assert_int_equal(tsv_i64(&t, &t.row, path, &n, &e), -1);
	assert_string_equal(e.msg, "'mem' line 5: column 'path': 'p/\\x23b\\\\.jpg' is not a whole number");
	assert_int_equal(tsv_f32(&t, &t.row, path, &f, &e), -1);
	assert_string_equal(e.msg, "'mem' line 5: column 'path': 'p/\\x23b\\\\.jpg' is not a number");

	assert_int_equal(tsv_next(&t, &e), 1);
	assert_int_equal(tsv_f64(&t, &t.row, score, &d, &e), -1);
	assert_string_equal(e.msg, "'mem' line 6: column 'score' is empty");
	assert_false(tsv_ok(&t.row, status));
	assert_true(tsv_ok(&t.row, -1));
	assert_int_equal(tsv_next(&t, &e), 0);
	assert_int_equal(tsv_next(&t, &e), 0);
	tsv_close(&t);
	buf_release(&b);
}

static void copies_outlive(void **state)
{
	(void)state;
	struct tsv t;
	struct err e = { 0 };
	struct tsv_row copy;
	assert_int_equal(tsv_open_memory(&t, "mem", sample, sizeof sample - 1, &e), 0);
	assert_int_equal(tsv_next(&t, &e), 1);
	tsv_row_copy(&copy, &t.row);
	assert_int_equal(tsv_next(&t, &e), 1);
	tsv_close(&t);
	assert_int_equal(copy.n, 5);
	assert_int_equal(copy.line, 4);
	assert_string_equal(copy.field[0], "a");
	assert_string_equal(copy.field[4], "ok");
	tsv_row_release(&copy);
	tsv_row_release(&copy);
}

/* Reads to the end or to the first error; the number of rows, with e.msg filled on error. */
static int rows_of(const char *data, size_t len, struct err *e)
{
	struct tsv t;
	int rows = 0, rc;
	*e = (struct err){ 0 };
	if (tsv_open_memory(&t, "mem", data, len, e) < 0)
		return 0;
	while ((rc = tsv_next(&t, e)) > 0)
		rows++;
	tsv_close(&t);
	assert_true((rc < 0) == (e->msg[0] != 0));
	return rows;
}

/* Cut at any byte: fine at the end of the header or a row, an error that names the line elsewhere. */
static void every_truncation(void **state)
{
	(void)state;
	struct err e;
	for (size_t len = 0; len < sizeof sample; len++) {
		int lines = 0, rows;
		for (size_t i = 0; i < len; i++)
			lines += sample[i] == '\n';
		char *exact = xmalloc(len); /* so that a sanitizer sees one byte too far */
		memcpy(exact, sample, len);
		rows = rows_of(exact, len, &e);
		free(exact);
		int whole = len > 0 && sample[len - 1] == '\n';
		assert_int_equal(rows, lines > 3 ? lines - 3 : 0);
		char want[100] = "";
		if (len == 0)
			snprintf(want, sizeof want, "'mem' is empty");
		else if (!whole)
			snprintf(want, sizeof want, "'mem' line %d is cut short", lines + 1);
		else if (lines < 3)
			snprintf(want, sizeof want, "'mem' has comments but no header");
		assert_memory_equal(e.msg, want, strlen(want) + (*want == 0));
		if (*want)
			assert_int_equal(e.code, EXIT_CODE_BAD_INPUT);
	}
}

static void damage_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *data, *msg;
		int rows;
	} t[] = {
		{ "a\tb\n1\t2\n1\n", "'mem' line 3 has 1 fields where the header has 2", 1 },
		{ "a\tb\n1\t2\t3\n", "'mem' line 2 has more than the header's 2 fields", 0 },
		{ "a\tb\n\n", "'mem' line 2 has 1 fields where the header has 2", 0 },
		{ "a\tb\r\n1\t2\r\n", "'mem' line 1 ends in a carriage return\nhint: ", 0 },
		{ "a\tb\n1\t2\r\n", "'mem' line 2 ends in a carriage return\nhint: ", 0 },
		{ "\xef\xbb\xbfid\nx\n", "'mem' begins with a byte-order mark\nhint: ", 0 },
		{ "\xef\xbb\xbf#c\nid\nx\n", "'mem' begins with a byte-order mark\nhint: ", 0 },
		{ "a\tb\ta\n", "'mem' line 1: two columns are named 'a'", 0 },
		{ "a\t\n", "'mem' line 1: column 2 has no name", 0 },
		{ "\n", "'mem' line 1: column 1 has no name", 0 },
		{ "a\n1\n#c\n", "'mem' line 3: a comment after the header\nhint: ", 1 },
		{ "a\nC:\\dir\n", "'mem' line 2: '\\dir' is not an escape\nhint: ", 0 },
		{ "a\nx\\\n", "'mem' line 2: '\\' is not an escape\nhint: ", 0 },
		{ "a\nx\\x2\n", "'mem' line 2: '\\x2' is not an escape\nhint: ", 0 },
		{ "a\\q\n", "'mem' line 1: '\\q' is not an escape\nhint: ", 0 },
	};
	struct err e;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(rows_of(t[i].data, strlen(t[i].data), &e), t[i].rows);
		size_t len = strlen(t[i].msg);
		if (t[i].msg[len - 1] == ' ')
			assert_memory_equal(e.msg, t[i].msg, len);
		else
			assert_string_equal(e.msg, t[i].msg);
	}
	assert_int_equal(rows_of("a\nx\0y\n", 6, &e), 0);
	assert_string_equal(e.msg, "'mem' line 2 holds a NUL byte: it is not text");
	/* Escaped names of columns are unescaped before they are compared. */
	assert_int_equal(rows_of("\\x23\t\\x23\n", 10, &e), 0);
	assert_string_equal(e.msg, "'mem' line 1: two columns are named '#'");
}

static void one_column_may_be_empty(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(rows_of("a\n\n\nx\n", 6, &e), 3);
	assert_string_equal(e.msg, "");
}

static void caps(void **state)
{
	(void)state;
	struct err e;
	struct buf b = { 0 };
	for (int columns = 4096; columns <= 4097; columns++) {
		buf_reset(&b);
		for (int i = 0; i < columns; i++)
			buf_printf(&b, "%sc%d", i ? "\t" : "", i);
		buf_add_char(&b, '\n');
		assert_int_equal(rows_of(b.data, b.len, &e), 0);
		assert_string_equal(e.msg, columns == 4096 ? "" : "'mem' has more than 4096 columns");
	}
	for (int over = 0; over < 2; over++) {
		buf_reset(&b);
		buf_add_str(&b, "a\n");
		size_t len = ((size_t)16 << 20) + (size_t)over;
		memset(buf_reserve(&b, len), 'x', len);
		b.len += len;
		buf_add_char(&b, '\n');
		assert_int_equal(rows_of(b.data, b.len, &e), !over);
		assert_string_equal(e.msg, over ? "'mem' line 2 is longer than 16777216 bytes" : "");
	}
	buf_release(&b);
}

/* A stream without end and without a newline is refused before it fills the memory. */
static void endless_line(void **state)
{
	(void)state;
	struct tsv t;
	struct err e = { 0 };
	assert_int_equal(tsv_open(&t, "/dev/zero", &e), -1);
	assert_string_equal(e.msg, "'/dev/zero' line 1 is longer than 16777216 bytes");
}

static void cannot_open(void **state)
{
	(void)state;
	struct tsv t;
	struct err e = { 0 };
	assert_int_equal(tsv_open(&t, "/no/such.tsv", &e), -1);
	assert_string_equal(e.msg, "cannot open '/no/such.tsv': No such file or directory");
	assert_int_equal(tsv_open(&t, "/tmp", &e), -1);
	assert_string_equal(e.msg, "cannot read '/tmp': Is a directory");
	assert_int_equal(tsv_open(&t, "/dev/null", &e), -1);
	assert_memory_equal(e.msg, "'/dev/null' is empty: not even a header", 39);
	tsv_close(&t); /* harmless after a failure */
}

/* ---- files and pipes: the same rows as from memory, whatever the pieces they come in */

static void big_file(void **state)
{
	(void)state;
	char path[] = "/tmp/test_tsv.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	struct tsv t;
	struct err e = { 0 };
	struct out o;
	struct tsv_out w = { 0 };
	struct rng r;
	rng_init(&r, 2, 0, 0, 0);
	assert_int_equal(out_open(&o, path, false, &e), 0);
	tsv_out_str(&w, "i");
	tsv_out_str(&w, "text");
	tsv_out_end(&w);
	char text[70000];
	memset(text, 't', sizeof text);
	for (int i = 0; i < 3000; i++) {
		/* lines up to 70 kB, so that they lie across every border of the read-ahead */
		size_t len = rng_below(&r, i % 100 ? 400 : sizeof text);
		tsv_out_i64(&w, i);
		text[len] = '\0';
		tsv_out_str(&w, text);
		text[len] = 't';
		tsv_out_end(&w);
		assert_int_equal(tsv_out_write(&w, &o, &e), 0);
	}
	assert_int_equal(out_commit(&o, &e), 0);
	tsv_out_release(&w);

	rng_init(&r, 2, 0, 0, 0);
	assert_int_equal(tsv_open(&t, path, &e), 0);
	for (int i = 0; i < 3000; i++) {
		int64_t n;
		assert_int_equal(tsv_next(&t, &e), 1);
		assert_int_equal(tsv_i64(&t, &t.row, 0, &n, &e), 0);
		assert_int_equal(n, i);
		assert_int_equal(strlen(tsv_raw(&t.row, 1)), rng_below(&r, i % 100 ? 400 : sizeof text));
	}
	assert_int_equal(tsv_next(&t, &e), 0);
	tsv_close(&t);
	close(fd);
	unlink(path);
}

static void slow_pipe(void **state)
{
	(void)state;
	int p[2];
	char path[40];
	struct tsv t;
	struct err e = { 0 };
	assert_int_equal(pipe(p), 0);
	snprintf(path, sizeof path, "/dev/fd/%d", p[0]);
	assert_int_equal(write(p[1], "a\tb\n1\t2\n3\t", 10), 10);
	assert_int_equal(tsv_open(&t, path, &e), 0);
	assert_false(tsv_would_block(&t));
	assert_int_equal(tsv_next(&t, &e), 1);
	assert_true(tsv_would_block(&t)); /* half a line is no line */
	assert_int_equal(write(p[1], "4\n", 2), 2);
	assert_false(tsv_would_block(&t));
	assert_int_equal(tsv_next(&t, &e), 1);
	assert_string_equal(t.row.field[0], "3");
	assert_string_equal(t.row.field[1], "4");
	assert_true(tsv_would_block(&t));
	close(p[1]);
	assert_false(tsv_would_block(&t));
	assert_int_equal(tsv_next(&t, &e), 0);
	assert_false(tsv_would_block(&t));
	tsv_close(&t);
	close(p[0]);
}

/* ---- writing */

static void writing(void **state)
{
	(void)state;
	struct tsv_out w = { 0 };
	struct buf comments = { 0 };
	char *const argv[] = { (char *)"prog",	   (char *)"-t", (char *)"0.5",
			       (char *)"it's a b", (char *)"",	 (char *)"x\ny" };
	err_program("prog");
	buf_add_str(&comments, "#pg\tfirst\n");
	tsv_out_comments(&w, &comments);
	tsv_out_pg(&w, false, 6, argv);
	tsv_out_pg(&w, true, 6, argv);
	tsv_out_str(&w, "id");
	tsv_out_raw(&w, "v\\x23");
	tsv_out_str(&w, "f");
	tsv_out_str(&w, "d");
	tsv_out_str(&w, "n");
	tsv_out_end(&w);
	tsv_out_str(&w, "a\tb");
	tsv_out_raw(&w, "");
	tsv_out_f32(&w, 0.1f);
	tsv_out_f64(&w, 0.1 + 0.2);
	tsv_out_i64(&w, INT64_MIN);
	tsv_out_end(&w);
	char want[500];
	snprintf(want, sizeof want,
		 "#pg\tfirst\n"
		 "#pg\tprog\t%s\t-t 0.5 'it'\\\\''s a b' '' 'x\\ny'\n"
		 "id\tv\\x23\tf\td\tn\n"
		 "a\\tb\t\t0.1\t0.30000000000000004\t-9223372036854775808\n",
		 err_version());
	assert_string_equal(w.line.data, want);
	buf_release(&comments);
	tsv_out_release(&w);
}

static int wrong_number_of_fields(void *unused)
{
	(void)unused;
	struct tsv_out w = { 0 };
	tsv_out_str(&w, "a");
	tsv_out_end(&w);
	tsv_out_str(&w, "1");
	tsv_out_str(&w, "2");
	tsv_out_end(&w);
	return 0;
}

static void wrong_number_is_a_bug(void **state)
{
	(void)state;
	struct child c;
	child_run(&c, wrong_number_of_fields, NULL);
	assert_int_equal(c.exit_code, EXIT_CODE_FAILED);
	assert_non_null(strstr(c.err, "bug at common/tsv.c:"));
	assert_non_null(strstr(c.err, "a row of 2 fields in a table of 1"));
}

/* The glob of a large folder is not carried along for ever. */
static void long_provenance_is_cut(void **state)
{
	(void)state;
	struct tsv_out w = { 0 };
	char *argv[2000];
	for (int i = 0; i < 2000; i++)
		argv[i] = (char *)"photos/some-name.jpg";
	tsv_out_pg(&w, false, 2000, argv);
	assert_true(w.line.len < 5000);
	assert_non_null(strstr(w.line.data, " more)\n"));
	tsv_out_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(random_bytes_come_back),
		cmocka_unit_test(bad_escapes),
		cmocka_unit_test(columns_and_values),
		cmocka_unit_test(copies_outlive),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(one_column_may_be_empty),
		cmocka_unit_test(caps),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(cannot_open),
		cmocka_unit_test(big_file),
		cmocka_unit_test(slow_pipe),
		cmocka_unit_test(writing),
		cmocka_unit_test(wrong_number_is_a_bug),
		cmocka_unit_test(long_provenance_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
