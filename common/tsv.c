/*
 * tsv.c - reading and writing manifests
 *
 * A line is copied once out of the read-ahead and split in place; fields stay escaped, so that passing on is copying.
 */
#include "common/tsv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"

#define MAX_LINE ((size_t)16 << 20)
#define MAX_COMMENTS ((size_t)16 << 20)
#define MAX_COLUMNS 4096
#define READ_SIZE ((size_t)256 << 10)
#define MAX_PG_ARGS 4096 /* a shell's glob of a million photos is no provenance */

struct tsv_source {
	int fd; /* -1: memory */
	bool close_fd;
	bool end;	  /* nothing more will be added to data */
	const char *data; /* what was read and not yet taken: data[at .. len) */
	size_t at, len;
	size_t scanned; /* data[at .. scanned) holds no newline */
	char *own;	/* data's memory, where it is ours */
	size_t cap;
	uint64_t line;
	size_t text_cap; /* of the row */
};

/* ---- escapes */

/* Bytes of the UTF-8 sequence at s, 0 where there is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first_lo, first_hi, second_lo, second_hi, len;
	} form[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
		if (s[0] < form[i].first_lo || s[0] > form[i].first_hi)
			continue;
		if (len < form[i].len || s[1] < form[i].second_lo || s[1] > form[i].second_hi)
			return 0;
		for (size_t j = 2; j < form[i].len; j++)
			if ((s[j] & 0xc0) != 0x80)
				return 0;
		return form[i].len;
	}
	return 0;
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '\\' && c != '#' && c != '"';
}

void tsv_escape(struct buf *b, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)text;
	size_t begin = 0, i = 0; /* text[begin .. i) can be copied as it is */
	while (i < len) {
		if (plain(s[i])) {
			i++;
			continue;
		}
		size_t n = s[i] >= 0x80 ? utf8_len(s + i, len - i) : 0;
		if (n) {
			i += n;
			continue;
		}
		char code[4] = { '\\' };
		n = 2;
		switch (s[i]) {
		case '\t':
			code[1] = 't';
			break;
		case '\n':
			code[1] = 'n';
			break;
		case '\r':
			code[1] = 'r';
			break;
		case '\\':
			code[1] = '\\';
			break;
		default:
			code[1] = 'x';
			code[2] = hex[s[i] >> 4];
			code[3] = hex[s[i] & 15];
			n = 4;
		}
		buf_add(b, text + begin, i - begin);
		buf_add(b, code, n);
		begin = ++i;
	}
	buf_add(b, text + begin, len - begin);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that the escape at s (a backslash) stands for; -1 if it is none. *n is its length. */
static int unescape_one(const char *s, size_t *n)
{
	int high, low;
	*n = 2;
	switch (s[1]) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case '\\':
		return '\\';
	case 'x':
		*n = 4;
		if ((high = hex_digit(s[2])) < 0 || (low = hex_digit(s[3])) < 0 || (!high && !low))
			return -1; /* a C string cannot hold \x00 */
		return high << 4 | low;
	default:
		return -1;
	}
}

int tsv_unescape(struct buf *b, const char *text)
{
	const char *s;
	while ((s = strchr(text, '\\'))) {
		size_t n;
		int c = unescape_one(s, &n);
		if (c < 0)
			return -1;
		buf_add(b, text, (size_t)(s - text));
		buf_add_char(b, (char)c);
		text = s + n;
	}
	buf_add_str(b, text);
	return 0;
}

/* ---- rows */

void tsv_row_copy(struct tsv_row *dst, const struct tsv_row *src)
{
	const char *last = src->n ? src->field[src->n - 1] : src->text;
	size_t len = src->n ? (size_t)(last - src->text) + strlen(last) + 1 : 0;
	size_t pointers = (size_t)src->n * sizeof *src->field;
	/* One block: the pointers, then the text. */
	dst->field = xmalloc(pointers + len);
	dst->text = (char *)dst->field + pointers;
	dst->n = src->n;
	dst->line = src->line;
	if (len)
		memcpy(dst->text, src->text, len);
	for (int i = 0; i < src->n; i++)
		dst->field[i] = dst->text + (src->field[i] - src->text);
}

void tsv_row_release(struct tsv_row *row)
{
	free(row->field);
	*row = (struct tsv_row){ 0 };
}

/* ---- lines */

/* Reads once, whatever there is; sets end. */
static int fill(struct tsv *t, struct err *e)
{
	struct tsv_source *s = t->source;
	if (s->at) {
		memmove(s->own, s->own + s->at, s->len - s->at);
		s->len -= s->at;
		s->scanned -= s->at;
		s->at = 0;
	}
	if (s->cap - s->len < READ_SIZE / 2) {
		s->cap = s->cap ? s->cap * 2 : READ_SIZE;
		s->own = xrealloc_array(s->own, s->cap, 1);
	}
	s->data = s->own;
	for (;;) {
		ssize_t n = read(s->fd, s->own + s->len, s->cap - s->len);
		if (n >= 0) {
			s->len += (size_t)n;
			s->end = n == 0;
			return 0;
		}
		if (errno == EAGAIN) {
			struct pollfd p = { .fd = s->fd, .events = POLLIN };
			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return err_sys(e, "cannot read '%s'", t->name);
		}
	}
}

/* The next line without its newline, valid until the next call: 1, 0 at the end, -1. */
static int next_line(struct tsv *t, const char **line, size_t *len, struct err *e)
{
	struct tsv_source *s = t->source;
	const char *newline;
	for (;;) {
		newline = s->scanned < s->len ? memchr(s->data + s->scanned, '\n', s->len - s->scanned) : NULL;
		if (newline)
			break;
		s->scanned = s->len;
		if (s->len - s->at > MAX_LINE)
			return err_set(e, "'%s' line %llu is longer than %zu bytes", t->name,
				       (unsigned long long)s->line + 1, MAX_LINE);
		if (s->end) {
			if (s->at == s->len)
				return 0;
			return err_set(e, "'%s' line %llu is cut short\nhint: if it is whole, end it with a newline",
				       t->name, (unsigned long long)s->line + 1);
		}
		if (fill(t, e) < 0)
			return -1;
	}
	s->line++;
	*line = s->data + s->at;
	*len = (size_t)(newline - *line);
	s->at += *len + 1;
	s->scanned = s->at;
	if (*len > MAX_LINE)
		return err_set(e, "'%s' line %llu is longer than %zu bytes", t->name, (unsigned long long)s->line,
			       MAX_LINE);
	if (*len && (*line)[*len - 1] == '\r')
		return err_set(e,
			       "'%s' line %llu ends in a carriage return\nhint: turn CRLF line ends into LF: "
			       "sed 's/\\r$//'",
			       t->name, (unsigned long long)s->line);
	if (memchr(*line, '\0', *len))
		return err_set(e, "'%s' line %llu holds a NUL byte: it is not text", t->name,
			       (unsigned long long)s->line);
	return 1;
}

/* Copies a line into row->text and finds its fields, at most max; the number of fields, or -1 for more. */
static int split(struct tsv_row *row, size_t *text_cap, const char *line, size_t len, int max)
{
	if (len + 1 > *text_cap) {
		*text_cap = len + 1 + len / 2;
		free(row->text);
		row->text = xmalloc(*text_cap);
	}
	memcpy(row->text, line, len);
	row->text[len] = '\0';
	char *s = row->text, *end = s + len;
	int n = 0;
	for (;;) {
		if (n == max)
			return -1;
		row->field[n++] = s;
		char *tab = memchr(s, '\t', (size_t)(end - s));
		if (!tab)
			return n;
		*tab = '\0';
		s = tab + 1;
	}
}

static int check_escapes(const struct tsv *t, const char *line, size_t len, struct err *e)
{
	const char *end = line + len, *s = line;
	while (s < end && (s = memchr(s, '\\', (size_t)(end - s)))) {
		/* The line is followed by its newline, which is part of no escape, so this stays inside. */
		size_t n;
		if (unescape_one(s, &n) < 0)
			return err_set(
				e,
				"'%s' line %llu: '%.*s' is not an escape\nhint: a backslash is written \\\\, see "
				"frl-manifest(5)",
				t->name, (unsigned long long)t->source->line, end - s < 4 ? (int)(end - s) : 4, s);
		s += n;
	}
	return 0;
}

/* ---- opening */

static int check_header(const struct tsv *t, struct err *e)
{
	for (int i = 0; i < t->head.n; i++) {
		if (!*t->head.field[i])
			return err_set(e, "'%s' line %llu: column %d has no name", t->name,
				       (unsigned long long)t->head.line, i + 1);
		if (tsv_col(t, t->head.field[i]) != i)
			return err_set(e, "'%s' line %llu: two columns are named '%s'", t->name,
				       (unsigned long long)t->head.line, t->head.field[i]);
	}
	return 0;
}

static int read_header(struct tsv *t, struct err *e)
{
	const char *line;
	size_t len, at = 0;
	int rc;
	for (;;) {
		rc = next_line(t, &line, &len, e);
		if (rc < 0)
			return -1;
		if (!rc)
			break;
		if (t->source->line == 1 && len >= 3 && !memcmp(line, "\xef\xbb\xbf", 3))
			return err_set(
				e, "'%s' begins with a byte-order mark\nhint: remove its first three bytes: tail -c +4",
				t->name);
		if (*line != '#')
			break;
		if (buf_add(&t->comments, line, len) < 0 || buf_add_char(&t->comments, '\n') < 0)
			return err_set(e, "'%s' has more than %zu bytes of comments", t->name, MAX_COMMENTS);
	}
	if (!rc && t->source->line == 0)
		return err_set(e, "'%s' is empty: not even a header\nhint: did the program that should write it fail?",
			       t->name);
	if (!rc)
		return err_set(e, "'%s' has comments but no header", t->name);
	if (check_escapes(t, line, len, e) < 0)
		return -1;
	t->head.field = xcalloc(MAX_COLUMNS, sizeof *t->head.field);
	t->head.n = split(&t->head, &at, line, len, MAX_COLUMNS);
	t->head.line = t->source->line;
	if (t->head.n < 0) {
		t->head.n = 0;
		return err_set(e, "'%s' has more than %d columns", t->name, MAX_COLUMNS);
	}
	for (int i = 0; i < t->head.n; i++) {
		struct buf b = { 0 };
		tsv_unescape(&b, t->head.field[i]);
		memcpy(t->head.field[i], b.data, b.len + 1); /* never longer than it was */
		buf_release(&b);
	}
	t->row.field = xcalloc((size_t)t->head.n, sizeof *t->row.field);
	return check_header(t, e);
}

static int open_source(struct tsv *t, const char *name, const struct tsv_source *source, struct err *e)
{
	*t = (struct tsv){ .name = name, .comments.max = MAX_COMMENTS };
	t->source = xmalloc(sizeof *t->source);
	*t->source = *source;
	if (read_header(t, e) < 0) {
		tsv_close(t);
		return -1;
	}
	return 0;
}

int tsv_open(struct tsv *t, const char *path, struct err *e)
{
	struct tsv_source s = { .fd = STDIN_FILENO };
	*t = (struct tsv){ 0 };
	if (!path || !strcmp(path, "-"))
		return open_source(t, "<stdin>", &s, e);
	s.fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (s.fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	s.close_fd = true;
	return open_source(t, path, &s, e);
}

int tsv_open_fd(struct tsv *t, int fd, const char *name, struct err *e)
{
	struct tsv_source s = { .fd = fd };
	return open_source(t, name, &s, e);
}

int tsv_open_memory(struct tsv *t, const char *name, const void *data, size_t len, struct err *e)
{
	struct tsv_source s = { .fd = -1, .end = true, .data = data, .len = len };
	return open_source(t, name, &s, e);
}

int tsv_next(struct tsv *t, struct err *e)
{
	const char *line;
	size_t len;
	int rc = next_line(t, &line, &len, e);
	if (rc <= 0)
		return rc;
	unsigned long long number = t->source->line;
	if (*line == '#')
		return err_set(e, "'%s' line %llu: a comment after the header\nhint: in a field '#' is written \\x23",
			       t->name, number);
	if (check_escapes(t, line, len, e) < 0)
		return -1;
	int n = split(&t->row, &t->source->text_cap, line, len, t->head.n);
	if (n < 0)
		return err_set(e, "'%s' line %llu has more than the header's %d fields", t->name, number, t->head.n);
	if (n < t->head.n)
		return err_set(e, "'%s' line %llu has %d fields where the header has %d", t->name, number, n,
			       t->head.n);
	t->row.n = n;
	t->row.line = number;
	return 1;
}

bool tsv_would_block(const struct tsv *t)
{
	const struct tsv_source *s = t->source;
	if (s->end || (s->at < s->len && memchr(s->data + s->at, '\n', s->len - s->at)))
		return false;
	return !io_readable(s->fd);
}

void tsv_close(struct tsv *t)
{
	if (t->source) {
		if (t->source->close_fd)
			close(t->source->fd);
		free(t->source->own);
		free(t->source);
	}
	free(t->head.text);
	free(t->head.field);
	free(t->row.text);
	free(t->row.field);
	buf_release(&t->comments);
	*t = (struct tsv){ 0 };
}

/* ---- columns and fields */

int tsv_col(const struct tsv *t, const char *name)
{
	for (int i = 0; i < t->head.n; i++)
		if (!strcmp(t->head.field[i], name))
			return i;
	return -1;
}

int tsv_need(const struct tsv *t, const char *name, struct err *e)
{
	int col = tsv_col(t, name);
	if (col < 0)
		return err_set(e, "'%s' has no column '%s'", t->name, name);
	return col;
}

const char *tsv_raw(const struct tsv_row *row, int col)
{
	return col < 0 ? "" : row->field[col];
}

const char *tsv_get(const struct tsv_row *row, int col, struct buf *b)
{
	buf_reset(b);
	if (tsv_unescape(b, tsv_raw(row, col)) < 0)
		BUG("row with a bad escape"); /* tsv_next refuses them */
	return b->data;
}

static int bad_field(const struct tsv *t, const struct tsv_row *row, int col, const char *what, struct err *e)
{
	const char *field = tsv_raw(row, col);
	if (!*field)
		return err_set(e, "'%s' line %llu: column '%s' is empty", t->name, (unsigned long long)row->line,
			       col < 0 ? "" : t->head.field[col]);
	return err_set(e, "'%s' line %llu: column '%s': '%.100s' is not %s", t->name, (unsigned long long)row->line,
		       t->head.field[col], field, what);
}

int tsv_f32(const struct tsv *t, const struct tsv_row *row, int col, float *v, struct err *e)
{
	return num_parse_f32(tsv_raw(row, col), v) < 0 ? bad_field(t, row, col, "a number", e) : 0;
}

int tsv_f64(const struct tsv *t, const struct tsv_row *row, int col, double *v, struct err *e)
{
	return num_parse_f64(tsv_raw(row, col), v) < 0 ? bad_field(t, row, col, "a number", e) : 0;
}

int tsv_i64(const struct tsv *t, const struct tsv_row *row, int col, int64_t *v, struct err *e)
{
	return num_parse_i64(tsv_raw(row, col), v) < 0 ? bad_field(t, row, col, "a whole number", e) : 0;
}

bool tsv_ok(const struct tsv_row *row, int status_col)
{
	return status_col < 0 || !strcmp(row->field[status_col], "ok");
}

/* ---- writing */

/* One argument as a POSIX shell would need it. */
static void quote(struct buf *b, const char *arg)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%^";
	if (*arg && arg[strspn(arg, safe)] == '\0') {
		buf_add_str(b, arg);
		return;
	}
	buf_add_char(b, '\'');
	for (; *arg; arg++)
		if (*arg == '\'')
			buf_add_str(b, "'\\''");
		else
			buf_add_char(b, *arg);
	buf_add_char(b, '\'');
}

void tsv_out_pg(struct tsv_out *w, bool no_pg, int argc, char *const *argv)
{
	if (no_pg)
		return;
	struct buf args = { 0 };
	for (int i = 1; i < argc; i++) {
		if (i > 1)
			buf_add_char(&args, ' ');
		if (args.len > MAX_PG_ARGS) {
			buf_printf(&args, "... (%d more)", argc - i);
			break;
		}
		quote(&args, argv[i]);
	}
	buf_printf(&w->line, "#pg\t%s\t%s\t", err_program_name(), err_version());
	if (args.len)
		tsv_escape(&w->line, args.data, args.len);
	buf_add_char(&w->line, '\n');
	buf_release(&args);
}

void tsv_out_comments(struct tsv_out *w, const struct buf *comments)
{
	if (comments->len)
		buf_add(&w->line, comments->data, comments->len);
}

/* The tab before every field but the first. */
static void begin_field(struct tsv_out *w)
{
	if (w->n++)
		buf_add_char(&w->line, '\t');
}

void tsv_out_raw(struct tsv_out *w, const char *field)
{
	begin_field(w);
	buf_add_str(&w->line, field);
}

void tsv_out_str(struct tsv_out *w, const char *text)
{
	begin_field(w);
	tsv_escape(&w->line, text, strlen(text));
}

void tsv_out_f32(struct tsv_out *w, float v)
{
	char text[NUM_SIZE];
	tsv_out_raw(w, num_f32(text, v));
}

void tsv_out_f64(struct tsv_out *w, double v)
{
	char text[NUM_SIZE];
	tsv_out_raw(w, num_f64(text, v));
}

void tsv_out_i64(struct tsv_out *w, int64_t v)
{
	char text[NUM_SIZE], *s = text + sizeof text - 1;
	uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	*s = '\0';
	do
		*--s = (char)('0' + n % 10);
	while (n /= 10);
	if (v < 0)
		*--s = '-';
	tsv_out_raw(w, s);
}

void tsv_out_row(struct tsv_out *w, const struct tsv_row *row)
{
	if (row->n <= 0)
		return;
	begin_field(w);
	const char *last = row->field[row->n - 1];
	size_t len = (size_t)(last - row->text) + strlen(last), at = w->line.len;
	buf_add(&w->line, row->text, len);
	/* Between the fields stand zeros where the tabs were. */
	for (int i = 1; i < row->n; i++)
		w->line.data[at + (size_t)(row->field[i] - row->text) - 1] = '\t';
	w->n += row->n - 1;
}

void tsv_out_end(struct tsv_out *w)
{
	if (!w->columns)
		w->columns = w->n;
	if (w->n != w->columns || !w->n)
		BUG("a row of %d fields in a table of %d", w->n, w->columns);
	buf_add_char(&w->line, '\n');
	w->n = 0;
}

int tsv_out_write(struct tsv_out *w, struct out *o, struct err *e)
{
	if (w->n)
		BUG("a row is written before its end");
	int rc = w->line.len ? out_write(o, w->line.data, w->line.len, e) : 0;
	buf_reset(&w->line);
	return rc;
}

void tsv_out_release(struct tsv_out *w)
{
	buf_release(&w->line);
	*w = (struct tsv_out){ 0 };
}
