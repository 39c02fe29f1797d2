/*
 * tar.c - tar archives as streams (POSIX.1-2017, pax: ustar interchange format)
 */
#include "tools/shard/tar.h"

#include <stdio.h>
#include <string.h>

#include "common/num.h"

enum {
	/* offsets and lengths of a header's fields */
	NAME_LEN = 100,
	SIZE_AT = 124,
	SIZE_LEN = 12,
	SUM_AT = 148,
	SUM_LEN = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
	PREFIX_AT = 345,
	PREFIX_LEN = 155,
	MAX_EXTENSION = 1 << 20, /* bytes of a pax header or a long name */
	STEP = 1 << 20,		 /* contents are taken in such steps, so that a lying size costs nothing */
};

/* ---- writing */

static unsigned checksum(const uint8_t *block)
{
	unsigned sum = 0;

	for (int i = 0; i < TAR_BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_LEN ? ' ' : block[i];
	return sum;
}

int tar_add(struct out *o, const char *name, const void *data, size_t len, struct err *e)
{
	static const uint8_t zeros[TAR_BLOCK];
	uint8_t h[TAR_BLOCK] = { 0 };

	if (strlen(name) > NAME_LEN || len > 077777777777)
		BUG("no member for a plain tar header: '%s', %zu bytes", name, len);
	memcpy(h, name, strlen(name));
	memcpy(h + 100, "0000644\0000000000\0000000000", 24);
	snprintf((char *)h + SIZE_AT, SIZE_LEN, "%011llo", (unsigned long long)len);
	memcpy(h + 136, "00000000000", 11);
	h[TYPE_AT] = '0';
	memcpy(h + MAGIC_AT, "ustar\00000", 8);
	snprintf((char *)h + SUM_AT, SUM_LEN, "%06o", checksum(h));
	h[SUM_AT + 7] = ' ';
	if (out_write(o, h, sizeof h, e) || (len && out_write(o, data, len, e)))
		return -1;
	return len % TAR_BLOCK ? out_write(o, zeros, TAR_BLOCK - len % TAR_BLOCK, e) : 0;
}

int tar_end(struct out *o, struct err *e)
{
	static const uint8_t zeros[2 * TAR_BLOCK];

	return out_write(o, zeros, sizeof zeros, e);
}

/* ---- numbers */

/* An octal field, blanks around it; or, with the top bit set, big-endian base 256. */
static int field(const uint8_t *p, int len, uint64_t *v)
{
	int i = 0;

	*v = 0;
	if (p[0] & 0x80) {
		*v = p[0] & 0x7f;
		for (i = 1; i < len; i++) {
			if (*v >> 54)
				return -1;
			*v = *v << 8 | p[i];
		}
		return 0;
	}
	while (i < len && p[i] == ' ')
		i++;
	if (i == len || p[i] < '0' || p[i] > '7')
		return -1;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
		*v = *v << 3 | (uint64_t)(p[i] - '0');
	while (i < len && (p[i] == ' ' || p[i] == 0))
		i++;
	return i == len ? 0 : -1;
}

bool tar_sniff(const uint8_t block[TAR_BLOCK])
{
	uint64_t sum;

	return block[0] && !field(block + SUM_AT, SUM_LEN, &sum) && sum == checksum(block);
}

/* ---- reading */

void tar_init(struct tar *t, int fd, const char *path, const void *head, size_t len)
{
	*t = (struct tar){ .fd = fd, .path = path };
	buf_add(&t->head, head, len);
}

void tar_release(struct tar *t)
{
	buf_release(&t->head);
	buf_release(&t->name);
}

/* Bytes read, fewer than len at the end only; -1. */
static ssize_t take(struct tar *t, void *data, size_t len, struct err *e)
{
	size_t have = t->head.len - t->head_pos, first = len < have ? len : have;

	if (first)
		memcpy(data, t->head.data + t->head_pos, first);
	t->head_pos += first;
	if (first == len)
		return (ssize_t)len;
	ssize_t n = io_read_full(t->fd, (char *)data + first, len - first);
	if (n < 0)
		return err_sys(e, "cannot read '%s'", t->path);
	return n + (ssize_t)first;
}

static int cut_short(const struct tar *t, struct err *e)
{
	return err_set(e, "'%s' is cut short", t->path);
}

static int skip(struct tar *t, uint64_t n, struct err *e)
{
	uint8_t waste[8192];

	while (n) {
		size_t step = n < sizeof waste ? (size_t)n : sizeof waste;
		ssize_t got = take(t, waste, step, e);
		if (got < 0)
			return -1;
		if ((size_t)got < step)
			return cut_short(t, e);
		n -= step;
	}
	return 0;
}

static int finish_member(struct tar *t, struct err *e)
{
	uint64_t n = t->left + t->pad;

	t->left = t->pad = 0;
	return skip(t, n, e);
}

int tar_read(struct tar *t, struct buf *b, struct err *e)
{
	buf_reset(b);
	if (b->max && t->left > b->max) {
		unsigned long long size = t->left;
		if (finish_member(t, e))
			return -1;
		return err_set(e, "%llu bytes are over the limit", size);
	}
	while (t->left) {
		size_t step = t->left < STEP ? (size_t)t->left : STEP;
		void *p = buf_reserve(b, step);
		if (!p)
			return err_set(e, "over the limit");
		ssize_t got = take(t, p, step, e);
		if (got < 0)
			return -1;
		if ((size_t)got < step)
			return cut_short(t, e);
		b->len += step;
		t->left -= step;
	}
	return finish_member(t, e);
}

/*
 * The records of a pax header: "LENGTH KEY=VALUE\n", LENGTH counting all of it. path and size matter here. -1 when they
 * do not fit together.
 */
static int parse_pax(const struct buf *b, struct buf *path, bool *has_size, uint64_t *size)
{
	for (size_t at = 0; at < b->len;) {
		size_t len = 0, i = at;
		while (i < b->len && i - at < 8 && b->data[i] >= '0' && b->data[i] <= '9')
			len = 10 * len + (size_t)(b->data[i++] - '0');
		if (i == at || i == b->len || b->data[i] != ' ' || len > b->len - at || at + len <= i + 1 ||
		    b->data[at + len - 1] != '\n')
			return -1;
		const char *key = b->data + i + 1, *end = b->data + at + len - 1;
		const char *value = memchr(key, '=', (size_t)(end - key));
		if (!value)
			return -1;
		value++;
		size_t n = (size_t)(end - value);
		if ((size_t)(value - key) == 5 && !memcmp(key, "path=", 5)) {
			buf_reset(path);
			buf_add(path, value, n);
		} else if ((size_t)(value - key) == 5 && !memcmp(key, "size=", 5)) {
			char text[NUM_SIZE];
			if (n >= sizeof text)
				return -1;
			memcpy(text, value, n);
			text[n] = 0;
			if (num_parse_u64(text, size))
				return -1;
			*has_size = true;
		}
		at += len;
	}
	return 0;
}

static void plain_name(struct buf *name, const uint8_t *h)
{
	buf_reset(name);
	if (!memcmp(h + MAGIC_AT, "ustar", 6) && h[PREFIX_AT]) {
		buf_add(name, h + PREFIX_AT, strnlen((const char *)h + PREFIX_AT, PREFIX_LEN));
		buf_add_char(name, '/');
	}
	buf_add(name, h, strnlen((const char *)h, NAME_LEN));
}

static int set_size(struct tar *t, uint64_t size, struct err *e)
{
	if (size > INT64_MAX - TAR_BLOCK)
		return err_set(e, "'%s': a member's size is out of range", t->path);
	t->size = t->left = size;
	t->pad = (unsigned)(-size % TAR_BLOCK);
	return 0;
}

/* A header block: 1, 0 at the end of the archive, -1. */
static int header(struct tar *t, uint8_t *h, struct err *e)
{
	uint64_t sum;
	ssize_t n = take(t, h, TAR_BLOCK, e);

	if (n < 0)
		return -1;
	/* Also when it ends right after a member: the zero blocks are how a whole archive ends. */
	if (n < TAR_BLOCK)
		return cut_short(t, e);
	if (h[0] == 0 && checksum(h) == SUM_LEN * ' ')
		return 0;
	if (field(h + SUM_AT, SUM_LEN, &sum) || sum != checksum(h))
		return err_set(e, "'%s': a tar header's checksum does not match", t->path);
	return 1;
}

int tar_next(struct tar *t, struct err *e)
{
	uint8_t h[TAR_BLOCK];
	struct buf extension = { .max = MAX_EXTENSION }, path = { .max = MAX_EXTENSION };
	bool has_size = false;
	uint64_t size, real = 0;
	int rc = finish_member(t, e);

	while (!rc && (rc = header(t, h, e)) == 1) {
		rc = field(h + SIZE_AT, SIZE_LEN, &size) ? err_set(e, "'%s': a bad size in a tar header", t->path)
							 : set_size(t, size, e);
		if (rc)
			break;
		char type = (char)h[TYPE_AT];
		if (type == 'x' || type == 'L') {
			rc = tar_read(t, &extension, e);
			if (!rc && type == 'x' && parse_pax(&extension, &path, &has_size, &real))
				rc = err_set(e, "'%s': a bad pax header", t->path);
			if (!rc && type == 'L' && extension.len) {
				buf_reset(&path);
				buf_add_str(&path, extension.data); /* as far as its first NUL */
			}
			continue;
		}
		if (type == 'g') {
			rc = finish_member(t, e);
			continue;
		}
		plain_name(&t->name, h);
		if (path.len) {
			buf_reset(&t->name);
			buf_add(&t->name, path.data, path.len);
		}
		t->file = type == '0' || type == 0 || type == '7';
		rc = has_size && set_size(t, real, e) ? -1 : 1;
		break;
	}
	buf_release(&extension);
	buf_release(&path);
	return rc;
}
