/* tensorboard.c - see tensorboard.h */
#include "pretrain/tensorboard.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/le.h"

/* ---- CRC-32C (Castagnoli, reflected), bit by bit: some hundred bytes a step */

static uint32_t crc32c(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
	}
	return ~crc;
}

/* TFRecord's: rotated and shifted, so that a CRC of data that holds CRCs is no trouble. */
static uint32_t masked_crc(const void *data, size_t len)
{
	uint32_t crc = crc32c(data, len);

	return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

/* ---- protocol buffers */

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static void put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		buf_add_char(b, (char)(v | 128));
	buf_add_char(b, (char)v);
}

static void put_key(struct buf *b, unsigned field, unsigned type)
{
	put_varint(b, field << 3 | type);
}

static void put_double(struct buf *b, unsigned field, double v)
{
	uint64_t bits;
	uint8_t bytes[8];

	memcpy(&bits, &v, sizeof bits);
	le_put64(bytes, bits);
	put_key(b, field, FIXED64);
	buf_add(b, bytes, sizeof bytes);
}

static void put_float(struct buf *b, unsigned field, float v)
{
	uint32_t bits;
	uint8_t bytes[4];

	memcpy(&bits, &v, sizeof bits);
	le_put32(bytes, bits);
	put_key(b, field, FIXED32);
	buf_add(b, bytes, sizeof bytes);
}

static void put_bytes(struct buf *b, unsigned field, const void *data, size_t len)
{
	put_key(b, field, BYTES);
	put_varint(b, len);
	buf_add(b, data, len);
}

/* ---- events */

static void begin_event(struct buf *b, uint64_t step)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put_double(b, 1, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
	put_key(b, 2, VARINT);
	put_varint(b, step);
}

/* As one TFRecord. Empties b. */
static int write_event(struct tensorboard *t, struct buf *b, struct err *e)
{
	uint8_t head[12], tail[4];
	int rc;

	le_put64(head, b->len);
	le_put32(head + 8, masked_crc(head, 8));
	le_put32(tail, masked_crc(b->data, b->len));
	rc = out_write(&t->file, head, sizeof head, e) || out_write(&t->file, b->data, b->len, e) ||
	     out_write(&t->file, tail, sizeof tail, e) || out_flush(&t->file, e);
	buf_release(b);
	return rc ? -1 : 0;
}

static int write_start(struct tensorboard *t, uint64_t step, struct err *e)
{
	static const char version[] = "brain.Event:2",
			  start[] = { 1 << 3 | VARINT, 1 }; /* SessionLog { status: START } */
	struct buf b = { 0 };

	begin_event(&b, 0);
	put_bytes(&b, 3, version, sizeof version - 1);
	if (write_event(t, &b, e) || !step)
		return t->file.failed ? -1 : 0;
	begin_event(&b, step);
	put_bytes(&b, 7, start, sizeof start);
	return write_event(t, &b, e);
}

int tensorboard_open(struct tensorboard *t, const char *dir, uint64_t step, struct err *e)
{
	char host[64] = "";

	gethostname(host, sizeof host - 1);
	if (io_make_dirs(dir, e))
		return -1;
	char *path = xasprintf("%s/events.out.tfevents.%" PRId64 ".%s.%d", dir, (int64_t)time(NULL), host,
			       (int)getpid());
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), rc = -1;
	if (fd < 0) {
		err_sys(e, "cannot create '%s'", path);
	} else {
		out_attach(&t->file, fd, path);
		rc = write_start(t, step, e);
	}
	free(path);
	return rc;
}

int tensorboard_add(struct tensorboard *t, uint64_t step, const struct tensorboard_value *v, int n, struct err *e)
{
	struct buf b = { 0 }, summary = { 0 };

	for (int i = 0; i < n; i++) {
		struct buf value = { 0 };

		put_bytes(&value, 1, v[i].tag, strlen(v[i].tag));
		put_float(&value, 2, (float)v[i].value);
		put_bytes(&summary, 1, value.data, value.len);
		buf_release(&value);
	}
	begin_event(&b, step);
	put_bytes(&b, 5, summary.data, summary.len);
	buf_release(&summary);
	return write_event(t, &b, e);
}

int tensorboard_close(struct tensorboard *t, struct err *e)
{
	return t->file.path ? out_commit(&t->file, e) : 0;
}
