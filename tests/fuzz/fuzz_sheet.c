/*
 * fuzz_sheet.c - rows of frl-eval's long TSV, several files in one, into a table of the paper; the table, written, is a TSV of as
 * many rows as it has cells
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/tsv.h"
#include "eval/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(int truth)
{
	if (!truth)
		abort();
}

static size_t rows_of(const struct buf *b)
{
	struct tsv t;
	struct err e = { 0 };
	size_t n = 0;

	check(tsv_open_memory(&t, "table", b->data, b->len, &e) == 0);
	while (tsv_next(&t, &e) > 0)
		n++;
	check(!e.msg[0]);
	tsv_close(&t);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const fraction = "100%";
	struct opt_list fractions = { .item = (const char **)&fraction, .n = 1 }, inits = { 0 };
	const struct sheet_spec *spec = sheet_specs;
	struct sheet s;
	struct err e = { 0 };
	struct buf tsv = { 0 }, markdown = { 0 };
	size_t cells = 0;

	while (strcmp(spec->name, "mesh") != 0)
		spec++;
	check(sheet_build(&s, spec, NULL, &fractions, &inits, &e) == 0);
	if (sheet_read_memory(&s, "fuzz", data, len, true, &e))
		check(e.msg[0]);
	for (size_t i = 0; i < s.parts; i++)
		cells += s.part[i].lines * s.part[i].columns;
	sheet_finish(&s);
	sheet_tsv(&s, true, 0, NULL, &tsv);
	sheet_markdown(&s, &markdown);
	check(rows_of(&tsv) == cells && s.cells == cells && markdown.len);
	buf_release(&tsv);
	buf_release(&markdown);
	sheet_release(&s);
	return 0;
}
