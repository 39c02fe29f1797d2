/* text.c - see text.h */
#include "tools/curate/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/num.h"

enum { LINE_LIMIT = 1 << 20, READ_SIZE = 1 << 18 };

int text_open(struct text *t, const char *path, struct err *e)
{
	struct stat st;

	*t = (struct text){ .fd = -1, .name = xstrdup(path) };
	if (stat(path, &st))
		return err_sys(e, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "'%s' is not a regular file", path);
	t->fd = open(path, O_RDONLY | O_CLOEXEC);
	return t->fd < 0 ? err_sys(e, "cannot open '%s'", path) : 0;
}

void text_close(struct text *t)
{
	if (t->fd >= 0)
		close(t->fd);
	buf_release(&t->data);
	free(t->name);
	*t = (struct text){ .fd = -1 };
}

int text_bad(const struct text *t, struct err *e, const char *what)
{
	return err_set(e, "'%s' line %llu: %s", t->name, (unsigned long long)t->number, what);
}

/* Moves what is left to the front and reads more behind it. */
static int fill(struct text *t, struct err *e)
{
	size_t left = t->data.len - t->at;
	ssize_t n;
	char *to;

	if (left)
		memmove(t->data.data, t->data.data + t->at, left);
	t->data.len = left;
	t->at = 0;
	to = buf_reserve(&t->data, READ_SIZE);
	n = io_read_full(t->fd, to, READ_SIZE);
	if (n < 0)
		return err_sys(e, "cannot read '%s'", t->name);
	t->data.len += (size_t)n;
	t->end = n < READ_SIZE;
	return 0;
}

/* The next line as it stands: its length, or -1; -2 at the end. */
static ssize_t take(struct text *t, struct err *e)
{
	for (;;) {
		size_t left = t->data.len - t->at;
		char *nl = left ? memchr(t->data.data + t->at, '\n', left) : NULL;
		size_t len = nl ? (size_t)(nl - (t->data.data + t->at)) : left;

		if (nl || (t->end && left)) {
			t->number++;
			t->line = t->data.data + t->at;
			t->at += len + (nl != NULL);
			if (len > LINE_LIMIT)
				return text_bad(t, e, "longer than a megabyte");
			t->line[len] = 0;
			return (ssize_t)len;
		}
		if (t->end)
			return -2;
		if (left > LINE_LIMIT) {
			t->number++;
			return text_bad(t, e, "longer than a megabyte");
		}
		if (fill(t, e))
			return -1;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int text_next(struct text *t, struct err *e)
{
	for (;;) {
		ssize_t n = take(t, e);
		size_t len = (size_t)n;

		if (n < 0)
			return n == -2 ? 0 : -1;
		if (memchr(t->line, 0, len))
			return text_bad(t, e, "a NUL byte: it is not text");
		if (t->number == 1 && strncmp(t->line, "\xef\xbb\xbf", 3) == 0) {
			t->line += 3;
			len -= 3;
		}
		while (len && (is_blank(t->line[len - 1]) || t->line[len - 1] == '\r'))
			t->line[--len] = 0;
		if (len)
			return 1;
	}
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

int text_words(char *line, char **field, int max)
{
	int n = 0;

	for (;;) {
		line = skip_blanks(line);
		if (!*line)
			return n;
		if (n == max)
			return max + 1;
		field[n++] = line;
		while (*line && !is_blank(*line))
			line++;
		if (*line)
			*line++ = 0;
	}
}

/* Takes quotes and doubled quotes out of a field in place; returns what follows it. */
static char *unquote(char *s)
{
	char *to = s, *from = s + 1;

	while (*from && (*from != '"' || from[1] == '"')) {
		from += *from == '"';
		*to++ = *from++;
	}
	from += *from == '"';
	*to = 0;
	/* The caller looks at the comma, which is behind the NUL. */
	return skip_blanks(from);
}

static char *to_comma(char *s)
{
	while (*s && *s != ',')
		s++;
	return s;
}

int text_csv(char *line, char **field, int max)
{
	int n = 0;

	for (;;) {
		char *end;

		line = skip_blanks(line);
		field[n++] = line;
		end = *line == '"' ? unquote(line) : n == max ? line + strlen(line) : to_comma(line);
		if (!*end)
			return n;
		if (n == max)
			return max + 1;
		*end = 0;
		for (char *s = end; s > line && is_blank(s[-1]); s--)
			s[-1] = 0;
		line = end + 1;
	}
}

int text_numbers(char *const *field, int n, double *v)
{
	for (int i = 0; i < n; i++)
		if (num_parse_f64(field[i], &v[i]) || !isfinite(v[i]))
			return -1;
	return 0;
}
