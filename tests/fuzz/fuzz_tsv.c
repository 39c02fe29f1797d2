/*
 * fuzz_tsv.c - manifests: reading any bytes; what was read, written and read again is the same; numbers and escapes in the
 * fields likewise
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "common/tsv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(int truth)
{
	if (!truth)
		abort();
}

/* A number's shortest form reads back as the number. */
static void check_numbers(const struct tsv *t, int col)
{
	char text[NUM_SIZE];
	double d, d2;
	float f, f2;
	int64_t n;
	struct err e = { 0 };
	if (tsv_f64(t, &t->row, col, &d, &e) == 0)
		check(num_parse_f64(num_f64(text, d), &d2) == 0 && (d == d2 || (isnan(d) && isnan(d2))));
	if (tsv_f32(t, &t->row, col, &f, &e) == 0)
		check(num_parse_f32(num_f32(text, f), &f2) == 0 && (f == f2 || (isnan(f) && isnan(f2))));
	if (tsv_i64(t, &t->row, col, &n, &e) < 0)
		check(e.msg[0]);
}

/* Writes the row, escaping anew what it unescaped. */
static void write_row(struct tsv_out *w, const struct tsv_row *row)
{
	struct buf b = { 0 };
	for (int i = 0; i < row->n; i++)
		tsv_out_str(w, tsv_get(row, i, &b));
	tsv_out_end(w);
	buf_release(&b);
}

/* Reads all of it and writes it again. */
static int pass(const char *name, const void *data, size_t len, struct tsv_out *w, struct err *e)
{
	struct tsv t;
	int rc;
	if (tsv_open_memory(&t, name, data, len, e) < 0)
		return -1;
	tsv_out_comments(w, &t.comments);
	for (int i = 0; i < t.head.n; i++)
		tsv_out_str(w, t.head.field[i]);
	tsv_out_end(w);
	while ((rc = tsv_next(&t, e)) > 0) {
		struct tsv_row copy;
		check(t.row.n == t.head.n);
		for (int i = 0; i < t.row.n && i < 16; i++)
			check_numbers(&t, i);
		tsv_row_copy(&copy, &t.row);
		write_row(w, &copy);
		tsv_row_release(&copy);
	}
	check(rc == 0 || e->msg[0]);
	tsv_close(&t);
	return rc;
}

/* Any bytes as one field. */
static void check_escape(const uint8_t *data, size_t len)
{
	struct buf field = { 0 }, text = { 0 };
	tsv_escape(&field, (const char *)data, len);
	check(!memchr(field.data, '\t', field.len) && !memchr(field.data, '\n', field.len));
	if (!memchr(data, '\0', len)) {
		check(tsv_unescape(&text, field.data) == 0);
		check(text.len == len && !memcmp(text.data, data, len));
	}
	buf_release(&field);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsv_out first = { 0 }, second = { 0 };
	struct err e = { 0 };
	if (!len)
		return 0;
	check_escape(data, len);
	if (pass("fuzz", data, len, &first, &e) == 0) {
		check(pass("again", first.line.data, first.line.len, &second, &e) == 0);
		check(first.line.len == second.line.len && !memcmp(first.line.data, second.line.data, first.line.len));
	}
	tsv_out_release(&first);
	tsv_out_release(&second);
	return 0;
}
