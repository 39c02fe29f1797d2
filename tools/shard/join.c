/*
 * join.c - frl-shard join: puts the rows of a manifest and the records of a stream side by side
 *
 * Both are matched on key (the hash of id) and face. Written are the records that have a row, in stream order, with the
 * label that a column of the row holds; and, if asked, the rows in the same order, and what has no partner.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/tsv.h"
#include "tools/shard/shard.h"

static const struct opt_program program = {
	.name = "frl-shard join",
	.synopsis = "frl-shard join -m MANIFEST [OPTION]... [FILE]... > OUT",
	.purpose =
		"Joins streams with a manifest on id and face: writes the records that have a row, in stream order, their "
		"labels taken from a column, and the rows in the same order.",
	.example = "frl-shard join -m labels.tsv --label identity --rows train.tsv faces.bin > train.bin",
};

struct row {
	uint64_t begin, end; /* of its text in rows.text.line */
	uint64_t key, line;
	int64_t label;
	uint32_t face;
	bool matched;
};

/* The manifest in memory: what is matched first comes out in another order than it went in. */
struct rows {
	struct tsv_out text; /* header and rows as they stand in the file */
	uint64_t header_end;
	struct buf comments;
	struct row *row;
	uint64_t n, cap, bad;
	struct key_table table;
};

/* Adds the current row of m. 0, or -1 for a row that cannot be used. */
static int add_row(struct rows *rows, const struct tsv *m, const struct row_key *c, int label, struct buf *b,
		   struct err *e)
{
	struct row r = { .label = -1, .line = m->row.line };

	if (row_key_get(c, m, b, &r.key, &r.face, e))
		return -1;
	if (label >= 0 && *tsv_raw(&m->row, label) && tsv_i64(m, &m->row, label, &r.label, e))
		return -1;
	if (!key_table_add(&rows->table, r.key, r.face, rows->n))
		return err_set(e, "'%s', line %llu: a second row of the same id and face (the first is line %llu)",
			       m->name, (unsigned long long)r.line,
			       (unsigned long long)rows->row[key_table_find(&rows->table, r.key, r.face)].line);
	r.begin = rows->text.line.len;
	for (int i = 0; i < m->row.n; i++)
		tsv_out_raw(&rows->text, m->row.field[i]);
	tsv_out_end(&rows->text);
	r.end = rows->text.line.len;
	if (rows->n == rows->cap)
		rows->row = xrealloc_array(rows->row, rows->cap = rows->cap ? 2 * rows->cap : 1024, sizeof *rows->row);
	rows->row[rows->n++] = r;
	return 0;
}

static int load_rows(struct rows *rows, const char *path, const char *label_name, struct err *e)
{
	struct tsv m;
	struct row_key c;
	struct buf b = { 0 };
	int label = -1, rc;

	if (tsv_open(&m, path, e))
		return -1;
	rows->table.by_face = true;
	rc = row_key_columns(&c, &m, e);
	if (!rc && label_name)
		rc = (label = tsv_need(&m, label_name, e)) < 0 ? -1 : 0;
	buf_add(&rows->comments, m.comments.data, m.comments.len);
	for (int i = 0; i < m.head.n; i++)
		tsv_out_str(&rows->text, m.head.field[i]);
	tsv_out_end(&rows->text);
	rows->header_end = rows->text.line.len;
	int status = tsv_col(&m, "status");
	while (!rc && (rc = tsv_next(&m, e)) == 1) {
		struct err why = { 0 };
		rc = 0;
		/* Rows that are not ok have no record, and are not expected to. */
		if (tsv_ok(&m.row, status) && add_row(rows, &m, &c, label, &b, &why)) {
			warn("%s", why.msg);
			rows->bad++;
		}
	}
	buf_release(&b);
	tsv_close(&m);
	return rc;
}

static void rows_release(struct rows *rows)
{
	tsv_out_release(&rows->text);
	buf_release(&rows->comments);
	key_table_release(&rows->table);
	free(rows->row);
}

/* ---- outputs */

struct join {
	const char *manifest, *label, *stream_path, *rows_path, *report_path;
	bool strict;
	struct out stream, rows, report;
	uint64_t lone_records, lone_rows;
};

static int open_outputs(struct join *j, const struct rows *rows, const struct opt_common *common, int argc, char **argv,
			struct err *e)
{
	struct tsv_out w = { 0 };
	int rc = 0;

	if (out_open(&j->stream, j->stream_path, true, e))
		return -1;
	tsv_out_comments(&w, &rows->comments);
	tsv_out_pg(&w, common->no_pg, argc + 1, argv - 1);
	if (j->rows_path)
		rc = out_open(&j->rows, j->rows_path, false, e) || tsv_out_write(&w, &j->rows, e) ||
				     out_write(&j->rows, rows->text.line.data, rows->header_end, e)
			     ? -1
			     : 0;
	buf_reset(&w.line);
	tsv_out_pg(&w, common->no_pg, argc + 1, argv - 1);
	if (!rc && j->report_path)
		rc = out_open(&j->report, j->report_path, false, e) || tsv_out_write(&w, &j->report, e) ||
				     out_printf(&j->report, e, "lone\tindex\tline\tkey\tface\n")
			     ? -1
			     : 0;
	tsv_out_release(&w);
	return rc;
}

static int report(struct join *j, const char *what, int64_t index, int64_t line, uint64_t key, uint32_t face,
		  struct err *e)
{
	char text[KEY_TEXT], number[24] = "";

	if (!j->report_path)
		return 0;
	key_format(text, key);
	snprintf(number, sizeof number, "%lld", (long long)(index >= 0 ? index : line));
	return out_printf(&j->report, e, "%s\t%s\t%s\t%s\t%u\n", what, index >= 0 ? number : "",
			  index >= 0 ? "" : number, text, face);
}

static int join(struct join *j, struct rows *rows, struct streams *in, struct record_writer *w, struct err *e)
{
	int rc;

	while ((rc = streams_next(in, e)) == 1) {
		struct record r = in->r.head;
		int64_t i = key_table_find(&rows->table, r.key, r.face);
		progress_add(1);
		if (i < 0) {
			j->lone_records++;
			if (report(j, "record", (int64_t)in->index, -1, r.key, r.face, e))
				return -1;
			continue;
		}
		struct row *row = &rows->row[i];
		row->matched = true;
		if (j->label)
			r.label = row->label;
		if (record_copy(w, &r, in->r.payload, e))
			return -1;
		if (j->rows_path && out_write(&j->rows, rows->text.line.data + row->begin, row->end - row->begin, e))
			return -1;
	}
	for (uint64_t i = 0; !rc && i < rows->n; i++) {
		const struct row *row = &rows->row[i];
		if (row->matched)
			continue;
		j->lone_rows++;
		rc = report(j, "row", -1, (int64_t)row->line, row->key, row->face, e);
	}
	return rc;
}

static int commit(struct join *j, struct err *e)
{
	if ((j->rows_path && out_commit(&j->rows, e)) || (j->report_path && out_commit(&j->report, e)))
		return -1;
	return out_commit(&j->stream, e);
}

int shard_join(int argc, char **argv)
{
	struct opt_common common = { 0 };
	struct join j = { 0 };
	const struct opt options[] = {
		OPT_STR('m', "manifest", "FILE", &j.manifest,
			"the rows: columns id (or key), face (0 without), and what else"),
		OPT_STR(0, "label", "COLUMN", &j.label, "set the records' labels from this column (empty: -1)"),
		OPT_STR(0, "rows", "FILE", &j.rows_path, "write the rows of the records written, in their order"),
		OPT_STR(0, "report", "FILE", &j.report_path,
			"write what has no partner: records by index, rows by line"),
		OPT_BOOL(0, "strict", &j.strict, "exit with 4 when anything has no partner"),
		OPT_STR('o', "output", "FILE", &j.stream_path, "write FILE (standard output without)"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_NO_PG(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct streams in;
	struct rows rows = { 0 };
	struct buf text = { 0 };
	struct summary sum = { 0 };
	struct err e = { 0 };

	if (!j.manifest)
		opt_usage(&program, "no manifest (-m)");
	streams_init(&in, &program, argc, argv, first, false);
	int rc = load_rows(&rows, j.manifest, j.label, &e);
	if (!rc)
		rc = open_outputs(&j, &rows, &common, argc, argv, &e);
	struct record_writer w = { .out = &j.stream };
	progress_start("records", 0, common.quiet);
	if (!rc)
		rc = join(&j, &rows, &in, &w, &e);
	progress_stop();
	sum.out = w.count;
	if (!rc)
		rc = record_end(&w, provenance(&text, &in.provenance, common.no_pg, argc, argv), &e);
	if (!rc)
		rc = commit(&j, &e);
	out_abort(&j.stream);
	out_abort(&j.rows);
	out_abort(&j.report);
	sum.in = in.records;
	sum.failed = in.damage + rows.bad;
	summary_extra(&sum, "records without row", (double)j.lone_records);
	summary_extra(&sum, "rows without record", (double)j.lone_rows);
	buf_release(&text);
	int status = streams_finish(&in);
	if (rows.bad || (j.strict && (j.lone_records || j.lone_rows)))
		status = EXIT_CODE_SOME_FAILED;
	rows_release(&rows);
	if (rc)
		die_err(&e);
	summary_print(&sum, common.quiet, common.json);
	return status;
}
