/*
 * record_append.c - appending to a record stream in a file, also after a crash of whoever appended last
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record.h"

enum { TAIL = 64 << 10 }; /* where a closing end record is looked for first */

static const char interrupted[] = "#cut\tthe writer of this segment was interrupted\n";

/* Opens and locks; a file that was replaced by another between the two is opened anew. */
static int open_locked(const char *path, struct err *e)
{
	for (;;) {
		struct stat st, now;
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0)
			return err_sys(e, "cannot open '%s' for appending", path);
		if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
			close(fd);
			return err_set(e, "cannot append to '%s': not a regular file", path);
		}
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			int rc = errno == EWOULDBLOCK ? err_code(e, EXIT_CODE_TEMPORARY,
								 "'%s' is being written by another program", path)
						      : err_sys(e, "cannot lock '%s'", path);
			close(fd);
			return rc;
		}
		if (stat(path, &now) == 0 && now.st_ino == st.st_ino && now.st_dev == st.st_dev)
			return fd;
		close(fd);
	}
}

/* The common case in one read: the file ends with a whole end record. 1, 0 or -1. */
static int ends_well(int fd, uint64_t size)
{
	static const uint8_t magic[] = { 'F', 'R', 'L', 'R' };
	uint64_t n = size < TAIL ? size : TAIL;
	uint8_t *tail = xmalloc(TAIL);
	ssize_t got = io_pread_full(fd, tail, n, size - n);
	int found = got < 0 ? -1 : 0;

	for (uint64_t at = n; got == (ssize_t)n && !found && at-- > 0;) {
		struct record r;
		if (n - at < RECORD_HEADER || memcmp(tail + at, magic, sizeof magic) ||
		    record_decode(&r, tail + at, NULL) || r.kind != RECORD_END || record_size(&r) != n - at)
			continue;
		found = crc32_add(0, tail + at + RECORD_HEADER, r.bytes) == r.crc;
	}
	free(tail);
	return found;
}

struct tail {
	uint64_t end;	/* just after the last good record */
	uint64_t count; /* records of the segment that is open there */
	bool closed;	/* the last good record is an end record */
};

/* The end the slow way: over all headers to the last segment, which is then checked in full. */
static int find_tail(int fd, const char *path, struct tail *t, struct err *e)
{
	struct record_reader r;
	uint64_t segment = 0;
	int rc, copy = dup(fd);

	if (copy < 0 || lseek(copy, 0, SEEK_SET) < 0) {
		err_sys(e, "cannot read '%s'", path);
		if (copy >= 0)
			close(copy);
		return -1;
	}
	record_open_fd(&r, copy, path);
	r.silent = true;
	while ((rc = record_next_header(&r, e)) == 1)
		if (r.head.kind == RECORD_END)
			segment = r.offset;
	/* From the end record on, so that its segment is known to be closed. */
	r.next = segment;
	r.count = 0;
	*t = (struct tail){ 0 };
	while (rc == 0 && (rc = record_next(&r, e)) == 1) {
		t->end = r.offset + record_size(&r.head);
		t->closed = r.head.kind == RECORD_END;
		t->count = r.count;
		rc = 0;
	}
	record_close(&r);
	return rc;
}

/* Leaves the file at the end of its last good record, and says in *t what kind of end that is. */
static int cut_tail(struct record_append *a, int fd, const char *path, struct tail *t, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(e, "cannot read '%s'", path);
	uint64_t size = (uint64_t)st.st_size;
	*t = (struct tail){ .end = size, .closed = true };
	if (size == 0)
		return 0;
	int good = ends_well(fd, size);
	if (good < 0)
		return err_sys(e, "cannot read '%s'", path);
	if (good)
		return 0;
	if (find_tail(fd, path, t, e))
		return -1;
	a->cut = size > t->end ? size - t->end : 0;
	if (a->cut)
		warn("'%s': %llu bytes of a torn record at its end were cut off", path, (unsigned long long)a->cut);
	/* To the last good record without its padding first, so that the padding is zeros whatever it was. */
	if ((t->end > RECORD_HEADER && ftruncate(fd, (off_t)(t->end < size ? t->end : size))) ||
	    ftruncate(fd, (off_t)t->end))
		return err_sys(e, "cannot cut '%s'", path);
	return 0;
}

int record_append_open(struct record_append *a, const char *path, struct err *e)
{
	struct tail t = { 0 };
	off_t at;

	*a = (struct record_append){ 0 };
	int fd = open_locked(path, e);
	if (fd < 0)
		return -1;
	if (cut_tail(a, fd, path, &t, e) || (at = lseek(fd, 0, SEEK_END)) < 0) {
		if (e && !e->msg[0])
			err_sys(e, "cannot seek in '%s'", path);
		close(fd);
		return -1;
	}
	out_attach(&a->out, fd, path);
	a->writer.out = &a->out;
	if (!t.closed && t.end) {
		a->writer.count = t.count;
		if (record_end(&a->writer, interrupted, e) || out_flush(&a->out, e)) {
			out_abort(&a->out);
			return -1;
		}
	}
	a->start = (uint64_t)at + a->out.total;
	return 0;
}

static int sync_out(struct out *o, struct err *e)
{
	if (out_flush(o, e))
		return -1;
	return fsync(o->fd) ? err_sys(e, "cannot sync '%s'", o->path) : 0;
}

int record_append_commit(struct record_append *a, const char *text, struct err *e)
{
	/* The end record must not reach the disk before what it speaks for. */
	if ((a->writer.count || a->start == 0) && (sync_out(&a->out, e) || record_end(&a->writer, text, e)))
		goto fail;
	if (sync_out(&a->out, e))
		goto fail;
	if (out_commit(&a->out, e))
		return -1;
	*a = (struct record_append){ 0 };
	return 0;
fail:
	record_append_abort(a);
	return -1;
}

void record_append_abort(struct record_append *a)
{
	if (!a->writer.out)
		return;
	if (ftruncate(a->out.fd, (off_t)a->start))
		warn("cannot cut what was appended to '%s': %s", a->out.path, strerror(errno));
	out_abort(&a->out);
	*a = (struct record_append){ 0 };
}
