/*
 * import_npy.c - NumPy arrays: item i of the first dimension becomes a record whose id is the number i
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/le.h"
#include "tools/shard/import.h"
#include "tools/shard/npy.h"

enum { STEP = 1 << 20 };

/* Bytes first from head, then from fd. */
struct source {
	int fd;
	const uint8_t *head;
	size_t len;
};

static ssize_t take(struct source *s, void *data, size_t len)
{
	size_t first = len < s->len ? len : s->len;

	if (first)
		memcpy(data, s->head, first);
	s->head += first;
	s->len -= first;
	if (first == len)
		return (ssize_t)len;
	ssize_t n = io_read_full(s->fd, (char *)data + first, len - first);
	return n < 0 ? -1 : n + (ssize_t)first;
}

static int read_header(struct source *s, uint64_t *n, struct record *r, struct err *e)
{
	uint8_t start[NPY_START + 2];
	size_t len, extra;

	if (take(s, start, NPY_START) < NPY_START)
		return err_set(e, "cut short");
	if (start[6] < 1 || start[6] > 3)
		return err_set(e, "version %d of the npy format", start[6]);
	extra = start[6] > 1 ? 2 : 0;
	if (take(s, start + NPY_START, extra) < (ssize_t)extra)
		return err_set(e, "cut short");
	len = extra ? le_get32(start + 8) : le_get16(start + 8);
	if (len > NPY_MAX_HEADER)
		return err_set(e, "a header of %zu bytes", len);
	char *text = xcalloc(len + 1, 1);
	struct npy header;
	int rc = take(s, text, len) < (ssize_t)len ? err_set(e, "cut short") : npy_dictionary(&header, text, e);
	rc = rc || npy_record(&header, n, r, e) ? -1 : 0;
	free(text);
	return rc;
}

/* One item; in steps, so that a lying shape costs nothing. Its length, less at the end of the input. */
static int64_t read_item(struct source *s, struct buf *b, uint64_t bytes)
{
	buf_reset(b);
	while (b->len < bytes) {
		size_t step = bytes - b->len < STEP ? (size_t)(bytes - b->len) : STEP;
		ssize_t n = take(s, buf_reserve(b, step), step);
		if (n < 0)
			return -1;
		b->len += (size_t)n;
		if ((size_t)n < step)
			break;
	}
	return (int64_t)b->len;
}

int import_npy(struct import *m, int fd, const char *path, const void *head, size_t len, struct err *e)
{
	struct source s = { fd, head, len };
	struct item it = { .id = path, .path = path, .label = -1 };
	struct record r;
	struct buf b = { 0 };
	struct err why = { 0 };
	uint64_t n = 0;
	int rc = 0;

	if (read_header(&s, &n, &r, &why))
		return import_failed(m, &it, why.msg, e);
	for (uint64_t i = 0; i < n && !rc; i++) {
		char id[24];
		if (read_item(&s, &b, r.bytes) < (int64_t)r.bytes) {
			rc = import_failed(m, &it, "the array is cut short", e);
			break;
		}
		snprintf(id, sizeof id, "%llu", (unsigned long long)i);
		it.id = id;
		it.key = hash_key(id);
		rc = import_tensor(m, &it, &r, b.data, e);
		it.id = path;
	}
	buf_release(&b);
	return rc;
}
