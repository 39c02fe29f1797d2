/*
 * keys.c - which records a manifest speaks of: keys and faces as text, from rows, and in tables
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/num.h"
#include "common/tsv.h"
#include "tools/shard/shard.h"

/* ---- a hash table with linear probing, at most half full */

struct key_slot {
	uint64_t key, value;
	uint32_t face;
	bool used;
};

/* Keys are halves of SHA-256 sums mostly, but a stream may hold any (splitmix64's finaliser). */
static uint64_t mix(uint64_t key, uint32_t face)
{
	uint64_t h = key + face * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 27) * 0x94d049bb133111ebu;
	return h ^ h >> 31;
}

static struct key_slot *slot_of(const struct key_table *t, uint64_t key, uint32_t face)
{
	for (size_t i = mix(key, face) & (t->cap - 1);; i = (i + 1) & (t->cap - 1))
		if (!t->slot[i].used || (t->slot[i].key == key && t->slot[i].face == face))
			return &t->slot[i];
}

static void grow(struct key_table *t)
{
	struct key_table old = *t;

	t->cap = old.cap ? 2 * old.cap : 1024;
	t->slot = xcalloc(t->cap, sizeof *t->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].used)
			*slot_of(t, old.slot[i].key, old.slot[i].face) = old.slot[i];
	free(old.slot);
}

bool key_table_add(struct key_table *t, uint64_t key, uint32_t face, uint64_t value)
{
	if (2 * t->n >= t->cap)
		grow(t);
	if (!t->by_face)
		face = 0;
	struct key_slot *s = slot_of(t, key, face);
	if (s->used)
		return false;
	*s = (struct key_slot){ key, value, face, true };
	t->n++;
	return true;
}

int64_t key_table_find(const struct key_table *t, uint64_t key, uint32_t face)
{
	if (!t->cap)
		return -1;
	const struct key_slot *s = slot_of(t, key, t->by_face ? face : 0);
	return s->used ? (int64_t)s->value : -1;
}

void key_table_release(struct key_table *t)
{
	free(t->slot);
	*t = (struct key_table){ 0 };
}

/* ---- text */

void key_format(char text[KEY_TEXT], uint64_t key)
{
	snprintf(text, KEY_TEXT, "%016llx", (unsigned long long)key);
}

int key_parse(const char *text, uint64_t *key)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t v = 0;
	int n = 0;

	for (; text[n]; n++) {
		const char *d = strchr(digits, text[n]);
		if (n == 16 || !d)
			return -1;
		v = v << 4 | (uint64_t)(d - digits);
	}
	*key = v;
	return n == 16 ? 0 : -1;
}

/* ---- rows */

int row_key_columns(struct row_key *c, const struct tsv *t, struct err *e)
{
	*c = (struct row_key){ tsv_col(t, "id"), tsv_col(t, "key"), tsv_col(t, "face") };
	if (c->id < 0 && c->key < 0)
		return err_set(e, "'%s' has neither a column id nor a column key", t->name);
	return 0;
}

int row_key_get(const struct row_key *c, const struct tsv *t, struct buf *b, uint64_t *key, uint32_t *face,
		struct err *e)
{
	unsigned long long line = t->row.line;
	int64_t v = 0;

	*face = 0;
	if (c->id >= 0)
		*key = hash_key(tsv_get(&t->row, c->id, b));
	else if (key_parse(tsv_raw(&t->row, c->key), key))
		return err_set(e, "'%s', line %llu: the key is not 16 hexadecimal digits", t->name, line);
	if (c->face >= 0 && *tsv_raw(&t->row, c->face)) {
		if (tsv_i64(t, &t->row, c->face, &v, e))
			return -1;
		if (v < 0 || v > UINT32_MAX)
			return err_set(e, "'%s', line %llu: face is out of range", t->name, line);
		*face = (uint32_t)v;
	}
	return 0;
}
