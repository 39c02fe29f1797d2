/*
 * pth_legacy.c - the stream that torch < 1.6 wrote (and torch.save(_use_new_zipfile_serialization=False) still does)
 *
 * Pickles one after the other: a magic number, the protocol version 1001, a dict about the machine, the object, the list
 * of storage keys; then for every key its number of elements (int64) and its elements.
 */
#include <stdlib.h>
#include <string.h>

#include "common/le.h"
#include "tools/weights/pth.h"

/* PROTO 2, LONG1 of 10 bytes: 0x1950a86a20f9469cfc6c. */
static const uint8_t MAGIC[] = {
	0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'
};

struct block {
	const char *key;
	size_t order;	   /* in the file */
	size_t size;	   /* bytes an element, 0 until known */
	const uint8_t *at; /* the elements */
	int64_t total;	   /* elements */
};

struct legacy {
	const uint8_t *data, *end;
	struct block *block; /* [n], by key once sorted */
	size_t n;
};

bool pth_legacy_is(const void *data, size_t len)
{
	return len >= sizeof MAGIC && memcmp(data, MAGIC, sizeof MAGIC) == 0;
}

static struct pickle *next_pickle(struct legacy *l, struct err *e)
{
	size_t used;
	struct pickle *p = pickle_load(l->data, (size_t)(l->end - l->data), &used, e);

	if (p)
		l->data += used;
	return p;
}

static int check_version(struct legacy *l, struct err *e)
{
	struct pickle *p = next_pickle(l, e);
	const struct pickle_value *v = p ? pickle_root(p) : NULL;
	int rc = -1;

	if (v && v->kind == PICKLE_INT && v->i == 1001)
		rc = 0;
	else if (v)
		err_set(e, "stream of another version than 1001");
	pickle_free(p);
	return rc;
}

static int check_machine(struct legacy *l, struct err *e)
{
	struct pickle *p = next_pickle(l, e);
	const struct pickle_value *little = p ? pickle_get(pickle_root(p), "little_endian") : NULL;
	int rc = -1;

	if (little && little->kind == PICKLE_BOOL && little->i)
		rc = 0;
	else if (p)
		err_set(e, "written by a big-endian machine");
	pickle_free(p);
	return rc;
}

static int by_key(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int by_order(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static int read_keys(struct legacy *l, const struct pickle_value *keys, struct err *e)
{
	if (keys->kind != PICKLE_LIST)
		return err_set(e, "has no list of storages");
	l->block = xcalloc(keys->seq.n + 1, sizeof *l->block);
	for (size_t i = 0; i < keys->seq.n; i++) {
		if (keys->seq.item[i]->kind != PICKLE_STR)
			return err_set(e, "has a storage key that is no string");
		l->block[l->n++] = (struct block){ .key = keys->seq.item[i]->str.s, .order = i };
	}
	return 0;
}

static struct block *find_block(struct legacy *l, const char *key)
{
	const struct block wanted = { .key = key };

	return l->n ? bsearch(&wanted, l->block, l->n, sizeof *l->block, by_key) : NULL;
}

/* The size of an element stands in the main pickle only, where it names the storage. */
static int note_sizes(struct legacy *l, const struct pickle_storage *s, struct err *e)
{
	qsort(l->block, l->n, sizeof *l->block, by_key);
	for (; s; s = s->next) {
		struct block *b = find_block(l, s->key);

		if (b && b->size && b->size != dtype_size(s->dtype))
			return err_set(e, "storage '%.40s' is used with two types", s->key);
		if (b)
			b->size = dtype_size(s->dtype);
	}
	return 0;
}

static int place_blocks(struct legacy *l, const struct pickle_storage *storages, struct err *e)
{
	if (note_sizes(l, storages, e))
		return -1;
	qsort(l->block, l->n, sizeof *l->block, by_order);
	for (size_t i = 0; i < l->n; i++) {
		struct block *b = &l->block[i];
		size_t left = (size_t)(l->end - l->data);

		if (b->size == 0)
			return err_set(e, "storage '%.40s' has elements of unknown type", b->key);
		if (left < 8 || le_get64(l->data) > (left - 8) / b->size)
			return err_set(e, "cut short: the elements of storage '%.40s' are not all there", b->key);
		b->at = l->data + 8;
		b->total = (int64_t)le_get64(l->data);
		l->data += 8 + (size_t)b->total * b->size;
	}
	qsort(l->block, l->n, sizeof *l->block, by_key);
	return 0;
}

static int find_storage(void *data, const struct pickle_storage *s, const uint8_t **elements, struct err *e)
{
	const struct block *b = find_block(data, s->key);

	if (!b || !b->at)
		return err_set(e, "storage '%.40s' is not in the file", s->key);
	if (s->total > b->total)
		return err_set(e, "storage '%.40s' has %lld elements instead of %lld", s->key, (long long)b->total,
			       (long long)s->total);
	*elements = b->at;
	return 0;
}

int pth_legacy_load(struct weights *w, const void *data, size_t len, const char *key, struct err *e)
{
	struct legacy l = { .data = data };
	struct pth_source source = { find_storage, &l };
	struct pickle *main_pickle = NULL, *keys = NULL;
	int rc = -1;

	l.end = l.data + len;
	l.data += sizeof MAGIC;
	if (check_version(&l, e) || check_machine(&l, e))
		goto out;
	main_pickle = next_pickle(&l, e);
	keys = main_pickle ? next_pickle(&l, e) : NULL;
	if (!keys)
		goto out;
	if (read_keys(&l, pickle_root(keys), e) || place_blocks(&l, pickle_storages(main_pickle), e))
		goto out;
	rc = pth_collect(w, pickle_root(main_pickle), key, &source, e);
out:
	free(l.block);
	pickle_free(keys);
	pickle_free(main_pickle);
	return rc;
}
