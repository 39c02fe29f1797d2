/*
 * fuzz_record.c - the record stream's readers on any bytes
 *
 * Beyond not crashing: a file and a pipe give the same records; what was delivered, written anew, is a whole stream with
 * the same records; hopping over headers ends; the index builds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record.h"

static int file_of(const void *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || io_write_full(fd, data, len) || lseek(fd, 0, SEEK_SET) < 0)
		die_sys("cannot make a file");
	return fd;
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Hash of all records delivered; copies them to w if there is one. */
static uint32_t read_all(struct record_reader *r, size_t len, struct record_writer *w)
{
	uint32_t crc = 0;
	uint64_t data = 0;
	struct err e = { 0 };
	int rc;

	r->silent = true;
	while ((rc = record_next(r, &e)) == 1) {
		uint8_t header[RECORD_HEADER];
		must(r->offset + RECORD_HEADER + r->head.bytes <= len);
		must(crc32_add(0, r->payload, r->head.bytes) == r->head.crc);
		if (r->head.kind == RECORD_END)
			continue;
		record_encode(&r->head, header);
		crc = crc32_add(crc, header, sizeof header);
		data++;
		if (w)
			must(record_copy(w, &r->head, r->payload, &e) == 0);
	}
	must(data == r->records);
	must(r->cap < 4 * len + (1 << 20));
	return crc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record_reader file, pipe, again, hop;
	struct record_index x;
	struct err e = { 0 };
	struct out o;
	int copy = memfd_create("copy", MFD_CLOEXEC), rc;

	record_open_fd(&file, file_of(data, len), "file");
	record_open_fd(&pipe, file_of(data, len), "pipe");
	pipe.seekable = false;
	out_attach(&o, dup(copy), "copy");
	struct record_writer w = { .out = &o };
	uint32_t crc = read_all(&file, len, &w);
	must(crc == read_all(&pipe, len, NULL));
	must(file.damage == pipe.damage && file.lost_bytes == pipe.lost_bytes && file.closed == pipe.closed);
	must(record_end(&w, NULL, &e) == 0 && out_commit(&o, &e) == 0);

	must(lseek(copy, 0, SEEK_SET) == 0);
	record_open_fd(&again, copy, "copy");
	must(crc == read_all(&again, SIZE_MAX / 8, NULL));
	must(again.closed && !again.damage && again.records == file.records);

	record_open_fd(&hop, file_of(data, len), "hop");
	hop.silent = true;
	while ((rc = record_next_header(&hop, &e)) == 1)
		must(hop.offset + RECORD_HEADER + hop.head.bytes <= len);
	if (rc == 0 && !file.damage)
		must(hop.records == file.records && hop.closed == file.closed);

	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", hop.fd);
	if (!hop.damage) { /* it would be warned about */
		if (record_index_load(&x, path, &e) == 0)
			must(x.n == hop.records);
		record_index_release(&x);
	}
	record_close(&file);
	record_close(&pipe);
	record_close(&again);
	record_close(&hop);
	return 0;
}
