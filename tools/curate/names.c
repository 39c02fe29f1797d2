/* names.c - see names.h */
#include "tools/curate/names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

void names_add(struct names *l, const char *name)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 256;
		l->name = xrealloc_array(l->name, l->cap, sizeof *l->name);
	}
	l->name[l->n++] = xstrdup(name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *l)
{
	size_t n = 0;

	if (!l->n)
		return;
	qsort(l->name, l->n, sizeof *l->name, compare);
	for (size_t i = 1; i < l->n; i++) {
		if (strcmp(l->name[n], l->name[i]) == 0)
			free(l->name[i]);
		else
			l->name[++n] = l->name[i];
	}
	l->n = n + 1;
}

size_t names_find(const struct names *l, const char *name)
{
	char **p = l->n ? bsearch(&name, l->name, l->n, sizeof *l->name, compare) : NULL;

	return p ? (size_t)(p - l->name) : SIZE_MAX;
}

void names_release(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l->name);
	*l = (struct names){ 0 };
}

bool names_picture(const char *name)
{
	static const char *const ext[] = { ".jpg", ".jpeg", ".jpe", ".png" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof ext / sizeof *ext; i++)
		if (strcasecmp(dot, ext[i]) == 0)
			return true;
	return false;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t a = strlen(name), b = strlen(suffix);

	return a > b && strcmp(name + a - b, suffix) == 0;
}

static int entry(struct names *l, const char *root, const char *rel, const char *suffix, int depth, const char *name,
		 struct err *e)
{
	char *path = xasprintf("%s%s%s", rel, *rel ? "/" : "", name);
	char *full = xasprintf("%s/%s", root, path);
	struct stat st;
	int rc = 0;

	if ((depth == 1 ? stat(full, &st) : lstat(full, &st)) == 0 && S_ISDIR(st.st_mode)) {
		if (depth)
			rc = names_folder(l, root, path, suffix, depth - 1, e);
	} else if (suffix ? ends_in(name, suffix) : names_picture(name)) {
		names_add(l, path);
	}
	free(path);
	free(full);
	return rc;
}

int names_folder(struct names *l, const char *root, const char *rel, const char *suffix, int depth, struct err *e)
{
	char *full = xasprintf("%s%s%s", root, *rel ? "/" : "", rel);
	DIR *dir = opendir(full);
	struct dirent *d;
	int rc = 0;

	if (!dir)
		rc = err_sys(e, "cannot open '%s'", full);
	while (!rc && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			rc = entry(l, root, rel, suffix, depth, d->d_name, e);
	if (dir)
		closedir(dir);
	free(full);
	return rc;
}

/* ---- seen */

static size_t hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 1099511628211u;
	return (size_t)(h ^ h >> 29);
}

static size_t place(const struct seen *s, const char *name)
{
	size_t i = hash(name) & (s->cap - 1);

	while (s->slot[i].name && strcmp(s->slot[i].name, name))
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct seen *s)
{
	struct seen old = *s;

	s->cap = old.cap ? 2 * old.cap : 1024;
	s->slot = xcalloc(s->cap, sizeof *s->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].name)
			s->slot[place(s, old.slot[i].name)] = old.slot[i];
	free(old.slot);
}

int64_t seen_count(struct seen *s, const char *name)
{
	size_t i;

	if (2 * s->n >= s->cap)
		grow(s);
	i = place(s, name);
	if (!s->slot[i].name) {
		s->slot[i].name = xstrdup(name);
		s->n++;
	}
	return s->slot[i].n++;
}

void seen_release(struct seen *s)
{
	for (size_t i = 0; i < s->cap; i++)
		free(s->slot[i].name);
	free(s->slot);
	*s = (struct seen){ 0 };
}
