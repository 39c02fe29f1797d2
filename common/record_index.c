/*
 * record_index.c - where each record of a file begins, kept beside it as FILE.idx
 *
 *	offset size  field (little-endian)
 *	     0    4  magic "FRLI"
 *	     4    4  version, 1
 *	     8    8  size of the file that is indexed
 *	    16    8  its modification time, nanoseconds since 1970
 *	    24    8  n
 *	    32    8  places of damage met
 *	    40    4  1 when the file ends with an end record, else 0
 *	    44    4  CRC-32 of the entries
 *	    48   12  zero
 *	    60    4  CRC-32 of bytes 0..59
 *	    64  28n  per record: offset u64, key u64, label i64, face u32
 *
 * An index is a cache: whatever is wrong with one, it is made again.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/le.h"
#include "common/record.h"

enum { INDEX_HEADER = 64, INDEX_ENTRY = 28, INDEX_VERSION = 1 };

static uint64_t mtime_of(const struct stat *st)
{
	return (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
}

static void reserve(struct record_index *x, uint64_t n)
{
	x->offset = xrealloc_array(x->offset, n + !n, sizeof *x->offset);
	x->key = xrealloc_array(x->key, n + !n, sizeof *x->key);
	x->label = xrealloc_array(x->label, n + !n, sizeof *x->label);
	x->face = xrealloc_array(x->face, n + !n, sizeof *x->face);
}

/* ---- one record */

static int pread_full(int fd, void *data, size_t len, uint64_t offset)
{
	return io_pread_full(fd, data, len, offset) == (ssize_t)len ? 0 : -1;
}

int record_read_at(int fd, uint64_t offset, struct record *r, struct buf *payload, struct err *e)
{
	uint8_t header[RECORD_HEADER];
	struct stat st;

	if (offset > INT64_MAX / 2 || pread_full(fd, header, sizeof header, offset))
		return err_set(e, "no record at byte %llu", (unsigned long long)offset);
	if (record_decode(r, header, e))
		return -1;
	/* Before any memory is asked for. */
	if (fstat(fd, &st) || (uint64_t)st.st_size < offset + RECORD_HEADER ||
	    (uint64_t)st.st_size - offset - RECORD_HEADER < r->bytes)
		return err_set(e, "the file ends within the record at byte %llu", (unsigned long long)offset);
	buf_reset(payload);
	void *p = buf_reserve(payload, r->bytes);
	if (!p)
		return err_set(e, "a payload of %llu bytes is over the limit", (unsigned long long)r->bytes);
	if (pread_full(fd, p, r->bytes, offset + RECORD_HEADER))
		return err_set(e, "cannot read the record at byte %llu", (unsigned long long)offset);
	if (crc32_add(0, p, r->bytes) != r->crc)
		return err_set(e, "the payload's CRC does not match at byte %llu", (unsigned long long)offset);
	payload->len = r->bytes;
	return 0;
}

int record_index_read(const struct record_index *x, int fd, uint64_t i, struct record *r, struct buf *payload,
		      struct err *e)
{
	if (i >= x->n)
		return err_set(e, "no record %llu among %llu", (unsigned long long)i, (unsigned long long)x->n);
	if (record_read_at(fd, x->offset[i], r, payload, e))
		return err_prefix(e, "record %llu", (unsigned long long)i);
	if (r->key != x->key[i] || r->label != x->label[i] || r->face != x->face[i] || r->kind == RECORD_END)
		return err_set(e, "record %llu is not the one the index speaks of", (unsigned long long)i);
	return 0;
}

/* ---- the index from the file itself */

static int build(struct record_index *x, int fd, const char *path, struct err *e)
{
	struct record_reader r;
	uint64_t cap = 0;
	int rc, copy = dup(fd);

	if (copy < 0)
		return err_sys(e, "cannot read '%s'", path);
	record_open_fd(&r, copy, path);
	while ((rc = record_next_header(&r, e)) == 1) {
		if (r.head.kind == RECORD_END)
			continue;
		if (x->n == cap)
			reserve(x, cap = cap ? 2 * cap : 1024);
		x->offset[x->n] = r.offset;
		x->key[x->n] = r.head.key;
		x->label[x->n] = r.head.label;
		x->face[x->n] = r.head.face;
		x->n++;
	}
	x->damage = r.damage;
	x->closed = r.closed;
	record_close(&r);
	return rc;
}

/* ---- the index from FILE.idx: 0 when it is there and fits, else -1 */

/* Does record i stand where the index says? A file replaced by another of the same size and time shows here. */
static bool stands(const struct record_index *x, int fd, uint64_t i)
{
	uint8_t header[RECORD_HEADER];
	struct record r;

	return !pread_full(fd, header, sizeof header, x->offset[i]) && !record_decode(&r, header, NULL) &&
	       r.kind != RECORD_END && r.key == x->key[i] && r.label == x->label[i] && r.face == x->face[i];
}

static int parse(struct record_index *x, const uint8_t *data, uint64_t len, const struct stat *st, int fd)
{
	if (len < INDEX_HEADER || memcmp(data, "FRLI", 4) || le_get32(data + 4) != INDEX_VERSION ||
	    le_get32(data + 60) != crc32_add(0, data, 60))
		return -1;
	if (le_get64(data + 8) != x->file_size || le_get64(data + 16) != mtime_of(st))
		return -1;
	uint64_t n = le_get64(data + 24);
	if (n != (len - INDEX_HEADER) / INDEX_ENTRY || (len - INDEX_HEADER) % INDEX_ENTRY ||
	    le_get32(data + 44) != crc32_add(0, data + INDEX_HEADER, len - INDEX_HEADER))
		return -1;
	reserve(x, n);
	uint64_t least = 0;
	for (uint64_t i = 0; i < n; i++) {
		const uint8_t *p = data + INDEX_HEADER + i * INDEX_ENTRY;
		x->offset[i] = le_get64(p);
		x->key[i] = le_get64(p + 8);
		x->label[i] = (int64_t)le_get64(p + 16);
		x->face[i] = le_get32(p + 24);
		if (x->offset[i] < least || x->offset[i] > x->file_size)
			return -1;
		least = x->offset[i] + RECORD_HEADER;
	}
	x->n = n;
	x->damage = le_get64(data + 32);
	x->closed = le_get32(data + 40) == 1;
	return n && !(stands(x, fd, 0) && stands(x, fd, n - 1)) ? -1 : 0;
}

static int load(struct record_index *x, const char *idx, const struct stat *st, int fd)
{
	struct buf b = { 0 };
	/* No index of this file is larger: a record takes 64 bytes of it at least. */
	uint64_t most = INDEX_HEADER + x->file_size / RECORD_HEADER * INDEX_ENTRY;
	int rc = access(idx, R_OK) ? -1 : io_slurp(idx, most, &b, NULL);

	if (!rc)
		rc = parse(x, (const uint8_t *)b.data, b.len, st, fd);
	buf_release(&b);
	return rc;
}

static void save(const struct record_index *x, const char *idx, const struct stat *st)
{
	size_t len = INDEX_HEADER + x->n * INDEX_ENTRY;
	uint8_t *data = xcalloc(len, 1);

	for (uint64_t i = 0; i < x->n; i++) {
		uint8_t *p = data + INDEX_HEADER + i * INDEX_ENTRY;
		le_put64(p, x->offset[i]);
		le_put64(p + 8, x->key[i]);
		le_put64(p + 16, (uint64_t)x->label[i]);
		le_put32(p + 24, x->face[i]);
	}
	memcpy(data, "FRLI", 4);
	le_put32(data + 4, INDEX_VERSION);
	le_put64(data + 8, x->file_size);
	le_put64(data + 16, mtime_of(st));
	le_put64(data + 24, x->n);
	le_put64(data + 32, x->damage);
	le_put32(data + 40, x->closed);
	le_put32(data + 44, crc32_add(0, data + INDEX_HEADER, len - INDEX_HEADER));
	le_put32(data + 60, crc32_add(0, data, 60));
	io_write_file(idx, data, len, NULL);
	free(data);
}

int record_index_load(struct record_index *x, const char *path, struct err *e)
{
	struct stat st;
	char *idx = NULL;
	int rc = -1;

	*x = (struct record_index){ 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		err_set(e, "'%s' is not a regular file, which random access needs", path);
		goto out;
	}
	idx = xasprintf("%s.idx", path);
	x->file_size = (uint64_t)st.st_size;
	rc = load(x, idx, &st, fd);
	if (rc) {
		record_index_release(x);
		x->file_size = (uint64_t)st.st_size;
		rc = build(x, fd, path, e);
		if (!rc)
			save(x, idx, &st);
	}
out:
	if (rc)
		record_index_release(x);
	free(idx);
	close(fd);
	return rc;
}

void record_index_release(struct record_index *x)
{
	free(x->offset);
	free(x->key);
	free(x->label);
	free(x->face);
	*x = (struct record_index){ 0 };
}
