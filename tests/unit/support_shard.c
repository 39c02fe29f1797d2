/* support_shard.c - see support_shard.h */
#include "tests/unit/support_shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support_image.h"

static char folder[] = "/tmp/frl-test-shard-XXXXXX";

int support_shard_begin(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

int support_shard_end(void **state)
{
	char *command = xasprintf("rm -r '%s'", folder);
	FILE *p = popen(command, "r");

	(void)state;
	free(command);
	return p && pclose(p) == 0 ? 0 : -1;
}

const char *support_shard_path(const char *name)
{
	static char path[8][128];
	static int turn;

	turn = (turn + 1) % 8;
	snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
	return path[turn];
}

void support_shard_open(struct shard *s, const char *name)
{
	struct err e = { 0 };

	if (out_open(&s->out, support_shard_path(name), true, &e))
		fail_msg("%s", e.msg);
	s->writer = (struct record_writer){ .out = &s->out };
}

void support_shard_add(struct shard *s, const struct image *m, enum record_kind kind, uint64_t key, int64_t label,
		       uint32_t face)
{
	struct record r = { .kind = kind, .dtype = RECORD_U8, .ndim = 3, .key = key, .label = label, .face = face };
	struct buf b = { 0 };
	struct err e = { 0 };
	int rc = 0;

	r.dims[0] = (uint32_t)m->h;
	r.dims[1] = (uint32_t)m->w;
	r.dims[2] = 3;
	if (kind == RECORD_JPEG)
		rc = image_encode_jpeg(m, 90, &b, &e);
	else if (kind == RECORD_PNG)
		rc = image_encode_png(m, &b, &e);
	else
		for (int y = 0; y < m->h; y++)
			buf_add(&b, image_at(m, 0, y), 3 * (size_t)m->w);
	r.bytes = b.len;
	if (rc || record_write(&s->writer, &r, b.data, &e))
		fail_msg("%s", e.msg);
	buf_release(&b);
}

void support_shard_close(struct shard *s, bool ended)
{
	struct err e = { 0 };

	if ((ended && record_end(&s->writer, "#pg\ttest", &e)) || out_commit(&s->out, &e))
		fail_msg("%s", e.msg);
}

void support_shard_picture(struct image *m, int i, int w, int h)
{
	support_pattern(m, w, h);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < 3 * w; x++)
			m->data[(size_t)y * m->stride + (size_t)x] ^= (uint8_t)(i * 37 + (x / 3 + y) * i);
}

void support_shard_write(const char *name, int n, int w, int h, enum record_kind kind)
{
	struct shard s;
	struct image m;

	support_shard_open(&s, name);
	for (int i = 0; i < n; i++) {
		support_shard_picture(&m, i, w, h);
		support_shard_add(&s, &m, kind, 100 + (uint64_t)i, i, (uint32_t)i % 3);
		image_release(&m);
	}
	support_shard_close(&s, true);
}

void support_shard_flip(const char *name, uint64_t offset, uint8_t with)
{
	int fd = open(support_shard_path(name), O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(io_pread_full(fd, &byte, 1, offset), 1);
	byte ^= with;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}
