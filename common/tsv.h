/*
 * tsv.h - manifests: tab-separated text with named columns (frl-manifest(5))
 *
 * Comment lines "#..." may come first, then one header line, then rows. Columns are found by name once; columns a
 * program does not know pass through unchanged. In a field \t \n \r \\ and \xHH stand for what a reader with default
 * settings would trip over (tab, newline, return, backslash, '#', '"', bytes that are not UTF-8). CRLF and a byte-order
 * mark are refused with a hint, and so is a last line without its newline: it may be cut short. Rows and fields have
 * caps (16 MiB and 4,096 columns), so that any input is bounded.
 */
#ifndef FRL_TSV_H
#define FRL_TSV_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/io.h"

/* ---- a row: fields as they stand in the file (escaped), so that passing on is copying */

struct tsv_row {
	char *text;   /* the fields, each ended by NUL, one after the other */
	char **field; /* n pointers into text */
	int n;
	uint64_t line; /* line number in the file, for messages */
};

/*
 * A deep copy that outlives the reader's next row, in one block of memory. The only way to a row that tsv_row_release
 * may be given: a row made by hand is copied too.
 */
void tsv_row_copy(struct tsv_row *dst, const struct tsv_row *src);
void tsv_row_release(struct tsv_row *row);

/* ---- reading */

struct tsv {
	const char *name;	   /* file name for messages, "<stdin>" */
	struct tsv_row head;	   /* the column names, unescaped */
	struct buf comments;	   /* the '#' lines before the header, each with its newline */
	struct tsv_row row;	   /* the current row */
	struct tsv_source *source; /* descriptor and read-ahead */
};

/*
 * Opens path (NULL or "-": standard input) and reads up to the header. An empty input is an error that says so.
 * Names appearing twice are an error. Release with tsv_close.
 */
int tsv_open(struct tsv *t, const char *path, struct err *e);
/* From a descriptor, which stays the caller's. name is kept by pointer. */
int tsv_open_fd(struct tsv *t, int fd, const char *name, struct err *e);
/* From memory (tests, fuzzing); data must live as long as t. */
int tsv_open_memory(struct tsv *t, const char *name, const void *data, size_t len, struct err *e);
/* The next row into t->row: 1, 0 at the end, -1 (wrong number of fields, over a cap: names file and line). */
int tsv_next(struct tsv *t, struct err *e);
/* Would tsv_next have to wait for a slow pipe? */
bool tsv_would_block(const struct tsv *t);
void tsv_close(struct tsv *t);

/* The column's number, or -1. */
int tsv_col(const struct tsv *t, const char *name);
/* The same, but absence is an error that names the file and the column. */
int tsv_need(const struct tsv *t, const char *name, struct err *e);

/* The field unescaped into b (emptied first); returns b->data. col -1 gives "". */
const char *tsv_get(const struct tsv_row *row, int col, struct buf *b);
/* The field as it stands, "" for col -1. Enough for numbers and status words. */
const char *tsv_raw(const struct tsv_row *row, int col);
/* Typed: 0, or -1 with file, line and column in e. An empty field is an error. */
int tsv_f32(const struct tsv *t, const struct tsv_row *row, int col, float *v, struct err *e);
int tsv_f64(const struct tsv *t, const struct tsv_row *row, int col, double *v, struct err *e);
int tsv_i64(const struct tsv *t, const struct tsv_row *row, int col, int64_t *v, struct err *e);
/* Is the row's status absent or "ok"? Rows that are not pass through untouched. status_col may be -1. */
bool tsv_ok(const struct tsv_row *row, int status_col);

/* ---- writing: fields are added one after the other, a row is ended by tsv_end */

struct tsv_out {
	struct buf line; /* the row in the making; a row is written whole */
	int n;		 /* fields in it */
	int columns;	 /* fields a row must have, set by the header */
};

/* "#pg\tfrl-detect\tVERSION\targuments" with arguments quoted as a shell would need them; nothing when no_pg. */
void tsv_out_pg(struct tsv_out *w, bool no_pg, int argc, char *const *argv);
/* Copies comment lines (of an input) before it. */
void tsv_out_comments(struct tsv_out *w, const struct buf *comments);
void tsv_out_raw(struct tsv_out *w, const char *field); /* already escaped, or needing none */
void tsv_out_str(struct tsv_out *w, const char *text);	/* escapes */
void tsv_out_f32(struct tsv_out *w, float v);
void tsv_out_f64(struct tsv_out *w, double v);
void tsv_out_i64(struct tsv_out *w, int64_t v);
/* All fields of a row as they stand. */
void tsv_out_row(struct tsv_out *w, const struct tsv_row *row);
/* Ends the row (the first is the header and fixes the number of columns; another number later is a BUG) in w->line. */
void tsv_out_end(struct tsv_out *w);
/* Writes what is complete to o and empties w->line. */
int tsv_out_write(struct tsv_out *w, struct out *o, struct err *e);
void tsv_out_release(struct tsv_out *w);

/* Escaping alone: appends to b. tsv_unescape returns -1 on a bad escape. */
void tsv_escape(struct buf *b, const char *text, size_t len);
int tsv_unescape(struct buf *b, const char *text);

#endif
