/* input.c - see input.h */
#include "detect/input.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/err.h"

enum { MAX_LIST_BYTES = 1 << 30, MAX_DEPTH = 64 };

struct input {
	struct tsv tsv; /* a manifest, when is_manifest */
	bool is_manifest;
	char **path; /* otherwise */
	size_t n, cap, next;
	struct tsv_row head;
	struct buf no_comments;
};

/* ---- rows from paths */

static void add_path(struct input *in, const char *path, size_t len)
{
	if (in->n == in->cap) {
		in->cap = in->cap ? 2 * in->cap : 256;
		in->path = xrealloc_array(in->path, in->cap, sizeof *in->path);
	}
	in->path[in->n++] = xstrndup(path, len);
}

static bool is_picture_name(const char *name)
{
	static const char *const ext[] = { ".jpg", ".jpeg", ".jpe", ".png" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof ext / sizeof *ext; i++)
		if (strcasecmp(dot, ext[i]) == 0)
			return true;
	return false;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add_folder(struct input *in, const char *dir, int depth)
{
	struct dirent **entry = NULL;
	int n = depth < MAX_DEPTH ? scandir(dir, &entry, NULL, alphasort) : -1;
	size_t len = strlen(dir);

	if (n < 0) {
		add_path(in, dir, len); /* it becomes a row that says why */
		return;
	}
	while (len > 1 && dir[len - 1] == '/')
		len--;
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		char *path = xasprintf("%.*s/%s", (int)len, dir, name);
		struct stat st;

		/* Folders behind symbolic links are not entered: they may lead back. */
		if (name[0] != '.' && lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				add_folder(in, path, depth + 1);
			else if (is_picture_name(name))
				add_path(in, path, strlen(path));
		}
		free(path);
		free(entry[i]);
	}
	free(entry);
}

/* ---- lists */

static bool is_numbers(const char *s, size_t n)
{
	return strspn(s, "0123456789 .-+\t") >= n;
}

/* A path a line; in WIDER's lists the lines of counts and boxes are numbers, and label.txt marks paths with "# ". */
static int read_list(struct input *in, const char *file, struct err *e)
{
	struct buf b = { 0 };

	if (io_slurp_given(file, MAX_LIST_BYTES, &b, e) < 0)
		return -1;
	for (char *s = b.data, *end = s + b.len; s && s < end;) {
		char *nl = memchr(s, '\n', (size_t)(end - s)), *next = nl ? nl + 1 : end;
		size_t len = (size_t)((nl ? nl : end) - s);

		s[len] = 0;
		if (len && s[len - 1] == '\r')
			s[--len] = 0;
		if (len > 2 && s[0] == '#' && s[1] == ' ') {
			s += 2;
			len -= 2;
		}
		if (len && strlen(s) == len && (is_picture_name(s) || !is_numbers(s, len)))
			add_path(in, s, len);
		s = next;
	}
	buf_release(&b);
	return 0;
}

/* ---- opening */

static void fixed_head(struct input *in)
{
	char text[] = "id\0path", *field[] = { text, text + 3 };
	struct tsv_row made = { .text = text, .field = field, .n = 2 };

	tsv_row_copy(&in->head, &made);
}

struct input *input_open(char *const *args, int n, const char *list, bool recursive, struct err *e)
{
	struct input *in = xcalloc(1, sizeof *in);

	in->is_manifest = !list && (n == 0 || (n == 1 && strcmp(args[0], "-") == 0));
	if (in->is_manifest) {
		if (tsv_open(&in->tsv, "-", e) < 0 || tsv_need(&in->tsv, "path", e) < 0) {
			input_close(in);
			return NULL;
		}
		return in;
	}
	fixed_head(in);
	if (list && read_list(in, list, e) < 0) {
		input_close(in);
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		if (recursive && is_folder(args[i]))
			add_folder(in, args[i], 0);
		else
			add_path(in, args[i], strlen(args[i]));
	}
	return in;
}

void input_close(struct input *in)
{
	if (in->is_manifest)
		tsv_close(&in->tsv);
	for (size_t i = 0; i < in->n; i++)
		free(in->path[i]);
	free(in->path);
	tsv_row_release(&in->head);
	free(in);
}

const struct tsv_row *input_head(const struct input *in)
{
	return in->is_manifest ? &in->tsv.head : &in->head;
}

const struct buf *input_comments(const struct input *in)
{
	return in->is_manifest ? &in->tsv.comments : &in->no_comments;
}

int input_col(const struct input *in, const char *name)
{
	const struct tsv_row *head = input_head(in);

	for (int i = 0; i < head->n; i++)
		if (strcmp(head->field[i], name) == 0)
			return i;
	return -1;
}

size_t input_total(const struct input *in)
{
	return in->n;
}

/* ---- rows */

static void path_row(struct tsv_row *row, const char *path, uint64_t line)
{
	struct buf text = { 0 };
	size_t half;

	tsv_escape(&text, path, strlen(path));
	buf_add_char(&text, 0);
	half = text.len;
	tsv_escape(&text, path, strlen(path));
	buf_add_char(&text, 0);
	char *field[] = { text.data, text.data + half };
	struct tsv_row made = { .text = text.data, .field = field, .n = 2, .line = line };
	tsv_row_copy(row, &made);
	buf_release(&text);
}

int input_next(struct input *in, struct tsv_row *row, struct err *e)
{
	int more;

	if (!in->is_manifest) {
		if (in->next == in->n)
			return 0;
		path_row(row, in->path[in->next], in->next + 1);
		in->next++;
		return 1;
	}
	more = tsv_next(&in->tsv, e);
	if (more > 0)
		tsv_row_copy(row, &in->tsv.row);
	return more;
}
