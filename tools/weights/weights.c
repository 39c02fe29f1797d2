/* weights.c - the named tensors of a file in memory, whatever its format */
#include "tools/weights/weights.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void free_weight(struct weight *t)
{
	free(t->name);
	free(t->data);
}

void weights_init(struct weights *w, size_t file_size)
{
	*w = (struct weights){ .room = (UINT64_C(256) << 20) + 4 * (uint64_t)file_size };
}

void weights_release(struct weights *w)
{
	for (size_t i = 0; i < w->n; i++)
		free_weight(&w->item[i]);
	for (size_t i = 0; i < w->n_meta; i++) {
		free(w->meta[i].key);
		free(w->meta[i].value);
	}
	free(w->item);
	free(w->meta);
	*w = (struct weights){ 0 };
}

int weights_take(struct weights *w, uint64_t bytes, struct err *e)
{
	if (bytes > w->room)
		return err_set(e, "asks for far more memory than its size explains");
	w->room -= bytes;
	return 0;
}

struct weight *weights_add(struct weights *w, const char *name, enum dtype dtype, const struct shape *shape,
			   struct err *e)
{
	int64_t bytes = shape_bytes(shape, dtype);
	struct weight *t;

	if (bytes < 0) {
		err_set(e, "too many elements");
		return NULL;
	}
	/* The entry itself counts, so that a million empty tensors are bounded too. */
	if (weights_take(w, (uint64_t)bytes + sizeof *t + strlen(name), e))
		return NULL;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		w->item = xrealloc_array(w->item, w->cap, sizeof *w->item);
	}
	t = &w->item[w->n++];
	*t = (struct weight){ .name = xstrdup(name), .dtype = dtype, .shape = *shape, .bytes = (size_t)bytes };
	t->data = xcalloc(t->bytes + 1, 1);
	return t;
}

void weights_remove(struct weights *w, size_t i)
{
	free_weight(&w->item[i]);
	memmove(w->item + i, w->item + i + 1, (--w->n - i) * sizeof *w->item);
}

void weights_keep(struct weights *w, size_t keep)
{
	for (size_t i = 0; i < w->n; i++)
		if (i != keep)
			free_weight(&w->item[i]);
	w->item[0] = w->item[keep];
	w->n = 1;
}

void weights_add_meta(struct weights *w, const char *key, const char *value)
{
	if (w->n_meta == w->meta_cap) {
		w->meta_cap = w->meta_cap ? 2 * w->meta_cap : 16;
		w->meta = xrealloc_array(w->meta, w->meta_cap, sizeof *w->meta);
	}
	w->meta[w->n_meta++] = (struct weights_meta){ xstrdup(key), xstrdup(value) };
}

void weights_set_meta(struct weights *w, const char *key, const char *value)
{
	for (size_t i = 0; i < w->n_meta; i++) {
		if (strcmp(w->meta[i].key, key) == 0) {
			free(w->meta[i].value);
			w->meta[i].value = xstrdup(value);
			return;
		}
	}
	weights_add_meta(w, key, value);
}

const char *weights_get_meta(const struct weights *w, const char *key)
{
	for (size_t i = 0; i < w->n_meta; i++)
		if (strcmp(w->meta[i].key, key) == 0)
			return w->meta[i].value;
	return NULL;
}

struct weight *weights_find(const struct weights *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->item[i].name, name) == 0)
			return &w->item[i];
	return NULL;
}

void weight_rename(struct weight *t, const char *name)
{
	char *copy = xstrdup(name);

	free(t->name);
	t->name = copy;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

int weights_check_names(const struct weights *w, struct err *e)
{
	const char **name = xcalloc(w->n + 1, sizeof(*name));
	int rc = 0;

	for (size_t i = 0; i < w->n; i++)
		name[i] = w->item[i].name;
	qsort(name, w->n, sizeof(*name), by_name);
	for (size_t i = 1; i < w->n && rc == 0; i++)
		if (strcmp(name[i - 1], name[i]) == 0)
			rc = err_set(e, "two tensors are called '%.200s'", name[i]);
	free(name);
	return rc;
}

size_t weights_strip(struct weights *w, const char *prefix)
{
	size_t len = strlen(prefix), count = 0;

	for (size_t i = 0; i < w->n; i++) {
		char *name = w->item[i].name;

		if (strncmp(name, prefix, len) == 0 && name[len] != '\0') {
			memmove(name, name + len, strlen(name + len) + 1);
			count++;
		}
	}
	return count;
}

bool weights_all_have(const struct weights *w, const char *prefix)
{
	for (size_t i = 0; i < w->n; i++)
		if (strncmp(w->item[i].name, prefix, strlen(prefix)) != 0)
			return false;
	return w->n > 0;
}

int weights_write(const struct weights *w, struct out *o, struct err *e)
{
	struct safetensor *item = xcalloc(w->n + 1, sizeof *item);
	struct safetensors_meta *meta = xcalloc(w->n_meta + 1, sizeof *meta);
	int rc;

	for (size_t i = 0; i < w->n; i++)
		item[i] = (struct safetensor){ w->item[i].name, w->item[i].dtype, w->item[i].shape, w->item[i].data,
					       w->item[i].bytes };
	for (size_t i = 0; i < w->n_meta; i++)
		meta[i] = (struct safetensors_meta){ w->meta[i].key, w->meta[i].value };
	rc = safetensors_write(o, item, w->n, meta, w->n_meta, e);
	free(meta);
	free(item);
	return rc;
}
