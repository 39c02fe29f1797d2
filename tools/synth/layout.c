/* layout.c - see layout.h */
#include "tools/synth/layout.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"

/* ---- texts */

/* The last ones first: pictures of a person follow each other. */
static struct synth_layout_text *find(const struct synth_layout *l, const char *path)
{
	for (int i = l->texts; i-- > 0;)
		if (!strcmp(l->text[i].path, path))
			return &l->text[i];
	return NULL;
}

bool synth_layout_new(const struct synth_layout *l, const char *path)
{
	return !find(l, path);
}

void synth_layout_add(struct synth_layout *l, const char *path, const char *format, ...)
{
	struct synth_layout_text *t = find(l, path);
	char line[512];
	va_list args;
	int n;

	if (!t) {
		l->text = xrealloc_array(l->text, (size_t)l->texts + 1, sizeof *l->text);
		t = &l->text[l->texts++];
		*t = (struct synth_layout_text){ .path = xstrdup(path) };
	}
	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof line)
		BUG("a line of %d bytes for '%s'", n, path);
	buf_add(&t->b, line, (size_t)n);
}

uint64_t synth_layout_person(const struct synth_layout *l, const struct synth_job *j)
{
	return j->truth.picture.identity - (uint64_t)l->scene->options.first_identity;
}

void synth_layout_points(const struct synth_job *j, float point[5][2])
{
	static const int pair[5][2] = { { 36, 39 }, { 42, 45 }, { 30, 30 }, { 48, 48 }, { 54, 54 } };

	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 2; k++)
			point[i][k] = (j->truth.landmark[pair[i][0]][k] + j->truth.landmark[pair[i][1]][k]) / 2;
}

/* ---- files */

char *synth_layout_file(const struct synth_layout *l, const char *path, struct err *e)
{
	char *file = xasprintf("%s/%s", l->root, path);
	char *folder = xstrndup(file, (size_t)(strrchr(file, '/') - file));

	if (io_make_dirs(folder, e) < 0) {
		free(file);
		file = NULL;
	}
	free(folder);
	return file;
}

int synth_layout_write(const struct synth_layout *l, const char *path, const struct buf *b, struct err *e)
{
	char *file = synth_layout_file(l, path, e);
	int rc = !file || io_write_file(file, b->data, b->len, e) < 0 ? -1 : 0;

	free(file);
	return rc;
}

struct mat_out *synth_layout_mat(const struct synth_layout *l, const char *path, enum mat_out_form form, struct err *e)
{
	char *file = synth_layout_file(l, path, e);
	struct mat_out *m = file ? mat_out_open(file, form) : NULL;

	free(file);
	return m;
}

double *synth_layout_columns(const double *row, size_t rows, size_t n)
{
	double *out = xrealloc_array(NULL, rows * n, sizeof *out);

	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < n; k++)
			out[i + k * rows] = row[i * n + k];
	return out;
}

static int check_empty(const char *root, struct err *e)
{
	DIR *d = opendir(root);
	bool empty = true;

	if (!d)
		return errno == ENOENT ? 0 : err_sys(e, "cannot use '%s'", root);
	for (struct dirent *f; empty && (f = readdir(d));)
		empty = !strcmp(f->d_name, ".") || !strcmp(f->d_name, "..");
	closedir(d);
	return empty ? 0 : err_set(e, "'%s' is not empty", root);
}

int synth_layout_open(struct synth_layout *l, const struct synth_layout_set *set, const char *root,
		      const struct synth_scene *s, struct err *e)
{
	*l = (struct synth_layout){ .set = set, .scene = s, .root = root };
	if (set->start && set->start(l, e) < 0)
		return -1;
	if (check_empty(root, e) < 0 || io_make_dirs(root, e) < 0)
		return -1;
	for (const char *const *f = set->folder; f && *f; f++) {
		char *folder = xasprintf("%s/%s", root, *f);
		int rc = io_make_dirs(folder, e);

		free(folder);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int synth_layout_job(struct synth_layout *l, const struct synth_job *j, struct err *e)
{
	struct buf path = { 0 };
	int rc;

	l->set->add(l, j, &path);
	l->pictures++;
	rc = l->set->raw ? 0 : synth_layout_write(l, path.data, &j->payload, e);
	if (!rc && l->set->more)
		rc = l->set->more(l, j, path.data, e);
	buf_release(&path);
	return rc;
}

int synth_layout_commit(struct synth_layout *l, struct err *e)
{
	if (l->set->finish && l->set->finish(l, e) < 0)
		return -1;
	for (int i = 0; i < l->texts; i++)
		if (synth_layout_write(l, l->text[i].path, &l->text[i].b, e) < 0)
			return -1;
	return 0;
}

void synth_layout_release(struct synth_layout *l)
{
	if (l->set && l->set->release)
		l->set->release(l);
	for (int i = 0; i < l->texts; i++) {
		free(l->text[i].path);
		buf_release(&l->text[i].b);
	}
	free(l->text);
	*l = (struct synth_layout){ 0 };
}
