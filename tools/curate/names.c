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

static uint64_t mix(uint64_t h, uint64_t v)
{
	unsigned __int128 product = (unsigned __int128)(h ^ v) * 0x9e3779b97f4a7c15;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Never 0. */
static uint64_t hash(const char *s)
{
	size_t len = strlen(s), left = len;
	uint64_t h = 0x243f6a8885a308d3, v;

	for (; left >= sizeof v; left -= sizeof v, s += sizeof v) {
		memcpy(&v, s, sizeof v);
		h = mix(h, v) + len;
	}
	v = 0;
	memcpy(&v, s, left);
	h = mix(mix(h, v) + len, 0xa4093822299f31d0);
	return h ? h : 1;
}

static size_t place(const struct seen *s, uint64_t key)
{
	size_t i = key & (s->cap - 1);

	while (s->key[i] && s->key[i] != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct seen *s)
{
	struct seen old = *s;

	s->cap = old.cap ? 2 * old.cap : 1024;
	s->key = xcalloc(s->cap, sizeof *s->key);
	s->count = xcalloc(s->cap, sizeof *s->count);
	for (size_t i = 0; i < old.cap; i++)
		if (old.key[i]) {
			size_t to = place(s, old.key[i]);

			s->key[to] = old.key[i];
			s->count[to] = old.count[i];
		}
	free(old.key);
	free(old.count);
}

int64_t seen_count(struct seen *s, const char *name)
{
	uint64_t key = hash(name);
	size_t i;

	if (4 * s->n >= 3 * s->cap)
		grow(s);
	i = place(s, key);
	s->n += !s->key[i];
	s->key[i] = key;
	return s->count[i]++;
}

void seen_release(struct seen *s)
{
	free(s->key);
	free(s->count);
	*s = (struct seen){ 0 };
}
