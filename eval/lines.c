/* lines.c - see lines.h */
#include "eval/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_LIMIT = 1 << 20 };

int lines_open(struct lines *l, const char *path, struct err *e)
{
	struct stat st;

	*l = (struct lines){ .name = path };
	l->file = fopen(path, "re");
	if (!l->file)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fileno(l->file), &st) || S_ISDIR(st.st_mode))
		return err_set(e, "'%s' is a directory", path);
	return 0;
}

int lines_bad(const struct lines *l, struct err *e, const char *what)
{
	return err_set(e, "'%s' line %llu: %s", l->name, (unsigned long long)l->number, what);
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int lines_next(struct lines *l, struct err *e)
{
	ssize_t n;

	while ((n = getline(&l->text, &l->cap, l->file)) >= 0) {
		char *s = l->text;
		size_t len = (size_t)n;

		l->number++;
		if (len > LINE_LIMIT)
			return lines_bad(l, e, "longer than a megabyte");
		if (strlen(s) != len)
			return lines_bad(l, e, "a NUL byte: it is not text");
		if (l->number == 1 && strncmp(s, "\xef\xbb\xbf", 3) == 0) {
			s += 3;
			len -= 3;
		}
		while (len && is_blank(s[len - 1]))
			len--;
		while (len && is_blank(*s)) {
			s++;
			len--;
		}
		memmove(l->text, s, len);
		l->text[len] = 0;
		if (len)
			return 1;
	}
	return ferror(l->file) ? err_sys(e, "cannot read '%s'", l->name) : 0;
}

void lines_close(struct lines *l)
{
	if (l->file)
		fclose(l->file);
	free(l->text);
	*l = (struct lines){ 0 };
}

int lines_split(struct lines *l, const char *at, char **field, int max)
{
	char *s = l->text;
	int n = 0;

	for (;;) {
		size_t len = strcspn(s, at);

		if (n == max)
			return max + 1;
		field[n++] = s;
		if (!s[len])
			return n;
		if (s[len] == ' ' || s[len] == '\t') {
			s[len] = 0;
			s += len + 1;
			s += strspn(s, " \t");
		} else {
			s[len] = 0;
			s += len + 1;
		}
	}
}
