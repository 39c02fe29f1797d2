/*
 * fuzz_source.c - pictures of a record stream by number, on any bytes
 *
 * Beyond not crashing: a picture is within its record's bounds (all of it is read), has the size that was promised, and
 * is read again from its stream alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/data/source.h"
#include "common/hash.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Is there damage? record_index_load would warn about it. */
static bool damaged(int fd)
{
	struct record_reader r;
	int rc;

	record_open_fd(&r, dup(fd), "source");
	r.silent = true;
	while ((rc = record_next_header(&r, NULL)) == 1)
		;
	bool bad = rc < 0 || r.damage;
	record_close(&r);
	return bad || lseek(fd, 0, SEEK_SET) < 0;
}

static uint32_t sum(const struct image *m)
{
	uint32_t crc = 0;

	for (int y = 0; y < m->h; y++)
		crc = crc32_add(crc, image_at(m, 0, y), 3 * (size_t)m->w);
	return crc;
}

static void read_all(struct source *s)
{
	struct source_room room = { 0 };
	struct source_picture p;
	struct err e = { 0 };

	for (uint64_t i = 0; i < s->n; i++) {
		if (source_read(s, i, &room, &p, &e)) {
			must(e.msg[0]);
			continue;
		}
		must(p.image.w >= 1 && p.image.h >= 1 && p.image.w <= SOURCE_LONGEST && p.image.h <= SOURCE_LONGEST);
		must(!s->w || (p.image.w == s->w && p.image.h == s->h));
		uint32_t crc = sum(&p.image);
		must(source_read(s, i, &room, &p, &e) == 0 && sum(&p.image) == crc);
	}
	source_room_release(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[64];
	const char *paths[] = { path, path };
	struct source s = { 0 };
	struct err e = { 0 };

	if (fd < 0 || io_write_full(fd, data, len) || lseek(fd, 0, SEEK_SET) < 0)
		die_sys("cannot make a file");
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	for (int files = 1; files <= 2 && !damaged(fd); files++)
		for (int any = 0; any < 2; any++)
			if (source_open(&s, paths, files, any, &e) == 0) {
				read_all(&s);
				source_close(&s);
			}
	close(fd);
	return 0;
}
