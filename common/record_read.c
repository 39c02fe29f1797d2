/*
 * record_read.c - reading a record stream that may be damaged, cut short, or not a stream at all
 *
 * All reading goes through a window: the bytes of the stream from where the reader stands. A record is delivered where
 * it lies in the window; looking for the next good header after damage is moving on in the window. The window grows
 * with what arrives, never with what a header promises.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record.h"

enum {
	CHUNK = 128 << 10, /* what is read ahead where little is wanted */
	PAGE = 4096,	   /* the same when hopping over payloads */
	MAX_WARNINGS = 20,
};

/* How much may be looked at twice while searching the payloads of damaged records: bounds a stream made to be slow. */
static const uint64_t RESCAN_SLACK = 64 << 20;
static const unsigned RESCAN_FACTOR = 8;

/* ---- the window */

/* Room for n bytes from pos on, without promising more memory than a doubling of what is there. */
static void window_room(struct record_reader *r, size_t n)
{
	if (r->pos && (r->pos == r->len || r->cap - r->pos < n)) {
		memmove(r->window, r->window + r->pos, r->len - r->pos);
		r->len -= r->pos;
		r->pos = 0;
	}
	if (r->cap - r->pos < n) {
		r->cap = r->pos + n;
		r->window = xrealloc_array(r->window, r->cap, 1);
	}
}

static int read_error(const struct record_reader *r, struct err *e)
{
	return err_sys(e, "cannot read '%s'", r->name);
}

/* Reads until n bytes from pos on are there, or the input ends; reads ahead up to `ahead` bytes in all. */
static int window_fill(struct record_reader *r, size_t n, size_t ahead, struct err *e)
{
	while (r->len - r->pos < n) {
		size_t have = r->len - r->pos, want = n > ahead ? n : ahead;
		size_t step = 2 * have > CHUNK ? 2 * have : CHUNK;

		window_room(r, want < step ? want : step);
		size_t room = (want < step ? want : step) - have;
		ssize_t got = read(r->fd, r->window + r->len, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return read_error(r, e);
		if (got == 0)
			break;
		r->len += (size_t)got;
	}
	return 0;
}

/*
 * Moves the window to `offset` of the stream and has it hold n bytes, fewer only at the end of the input. Backwards only
 * where the input can seek. Returns how many there are (at most n), or -1.
 */
static int64_t window_at(struct record_reader *r, uint64_t offset, uint64_t n, size_t ahead, struct err *e)
{
	if (offset < r->base && !r->seekable)
		BUG("a pipe cannot go back");
	while (offset != r->base) {
		uint64_t have = r->len - r->pos;
		if (offset > r->base && offset - r->base <= have) {
			r->pos += (size_t)(offset - r->base);
			r->base = offset;
		} else if (r->seekable) {
			if (offset > INT64_MAX - r->start || lseek(r->fd, (off_t)(r->start + offset), SEEK_SET) < 0)
				return read_error(r, e);
			r->pos = r->len = 0;
			r->base = offset;
		} else { /* a pipe: read and forget */
			r->base += have;
			r->pos = r->len = 0;
			if (window_fill(r, 1, CHUNK, e))
				return -1;
			if (r->len == 0)
				return 0;
		}
	}
	if (window_fill(r, n, ahead, e))
		return -1;
	uint64_t have = r->len - r->pos;
	return (int64_t)(have < n ? have : n);
}

/* ---- damage */

static void damaged(struct record_reader *r, uint64_t offset, uint64_t bytes, const char *what)
{
	r->damage++;
	r->lost_bytes += bytes;
	r->segment_damaged = true;
	if (r->silent || r->warned > MAX_WARNINGS)
		return;
	if (r->warned++ == MAX_WARNINGS)
		warn("'%s': more damage follows, and is counted only", r->name);
	else if (bytes)
		warn("'%s': at byte %llu: %s; %llu bytes lost", r->name, (unsigned long long)offset, what,
		     (unsigned long long)bytes);
	else
		warn("'%s': at byte %llu: %s", r->name, (unsigned long long)offset, what);
}

static const uint8_t *find_magic(const uint8_t *p, size_t n)
{
	return memmem(p, n, "FRLR", 4);
}

/*
 * The first good header at `from` or after it: 1 with its offset in *at, 0 with the end of the input in *at, -1. Another
 * version counts as good, for record_next to say so.
 */
static int find_header(struct record_reader *r, uint64_t from, uint64_t *at, struct err *e)
{
	struct record head;

	for (;;) {
		int64_t n = window_at(r, from, CHUNK, CHUNK, e);
		if (n < 0)
			return -1;
		const uint8_t *p = r->window + r->pos;
		const uint8_t *end = p + n;
		for (const uint8_t *q = p; (q = find_magic(q, (size_t)(end - q))) && end - q >= RECORD_HEADER; q++) {
			int rc = record_decode(&head, q, NULL);
			if ((rc == 0 && head.bytes <= r->max_payload) || rc == -2) {
				*at = from + (uint64_t)(q - p);
				return 1;
			}
		}
		if (n < CHUNK) {
			*at = from + (uint64_t)n;
			return 0;
		}
		from += CHUNK - RECORD_HEADER + 1;
	}
}

/* Skips what is damaged at `offset`, looking for a good header from `from` on. 0, or -1. */
static int resync(struct record_reader *r, uint64_t offset, uint64_t from, const char *what, struct err *e)
{
	int rc = find_header(r, from, &r->next, e);

	if (rc < 0)
		return -1;
	/* Less than one header may still be the beginning of one. */
	if (rc == 0 && !r->seen && !(r->next < RECORD_HEADER && r->magic))
		return err_set(e, "'%s' is not a record stream: no good record header in it", r->name);
	damaged(r, offset, r->next - offset, what);
	r->closed = false;
	r->torn = rc == 0;
	return 0;
}

/* Is there a good header at `offset`, or the end of the input? 1, 0, or -1. */
static int good_boundary(struct record_reader *r, uint64_t offset, struct err *e)
{
	struct record head;
	int64_t n = window_at(r, r->base, offset - r->base + RECORD_HEADER, 0, e);

	if (n < 0)
		return -1;
	uint64_t there = (uint64_t)n - (offset - r->base);
	if (there < RECORD_HEADER)
		return there == 0;
	return record_decode(&head, r->window + r->pos + (offset - r->base), NULL) == 0;
}

/* The record at r->offset has a good header and a payload that does not fit its CRC; the window holds all of it. */
static int bad_payload(struct record_reader *r, struct err *e)
{
	uint64_t end = r->offset + record_size(&r->head);
	int good = good_boundary(r, end, e);

	if (good < 0)
		return -1;
	if (!good && r->rescanned <= RESCAN_SLACK + RESCAN_FACTOR * r->offset) {
		/* Perhaps torn, and another stream appended to what was left: look inside. */
		r->rescanned += record_size(&r->head);
		return resync(r, r->offset, r->offset + RECORD_HEADER, "a record whose payload does not fit its CRC",
			      e);
	}
	r->next = end;
	r->closed = false;
	damaged(r, r->offset, end - r->offset, "the payload's CRC does not match");
	return 0;
}

/* ---- one record */

/* The header at r->next: 1 when good, 0 when the stream ends there, 2 when it was damaged and skipped, -1. */
static int header_at_next(struct record_reader *r, size_t ahead, struct err *e)
{
	struct err why = { 0 };

	r->offset = r->next;
	int64_t n = window_at(r, r->offset, RECORD_HEADER, ahead, e);
	if (n <= 0)
		return (int)n;
	if (r->offset == 0)
		r->magic = !memcmp(r->window + r->pos, "FRLR", n < 4 ? (size_t)n : 4);
	if (n < RECORD_HEADER)
		return resync(r, r->offset, r->offset + 1, "the stream ends within a record header", e) ? -1 : 2;
	int rc = record_decode(&r->head, r->window + r->pos, &why);
	if (rc == -2) {
		err_set(e, "'%s': at byte %llu: %s", r->name, (unsigned long long)r->offset, why.msg);
		return -1;
	}
	if (rc == 0 && r->head.bytes > r->max_payload)
		rc = err_set(&why, "a payload of %llu bytes is over the limit of %llu",
			     (unsigned long long)r->head.bytes, (unsigned long long)r->max_payload);
	if (rc)
		return resync(r, r->offset, r->offset + 1, why.msg, e) ? -1 : 2;
	r->seen = true;
	return 1;
}

/* Counts the record that is about to be delivered. `whole`: its padding is all there. */
static void account(struct record_reader *r, bool whole)
{
	if (r->head.kind != RECORD_END) {
		r->records++;
		r->count++;
		r->closed = false;
		return;
	}
	if (r->head.key > r->count)
		r->lost_records += r->head.key - r->count;
	if (r->head.key != r->count && !r->segment_damaged) {
		char what[160];
		snprintf(what, sizeof what, "the end record counts %llu records where %llu are%s",
			 (unsigned long long)r->head.key, (unsigned long long)r->count,
			 r->head.key < r->count ? " (what came before was cut short)" : "");
		damaged(r, r->offset, 0, what);
	}
	r->segments++;
	r->count = 0;
	r->segment_damaged = false;
	r->closed = whole;
}

/*
 * Checks the payload and padding of r->head, all of it in the window from r->offset on. 1: deliver; 2: skipped; -1.
 * `have`: bytes of the record that are there.
 */
static int check_payload(struct record_reader *r, uint64_t have, struct err *e)
{
	const uint8_t *payload = r->window + r->pos + RECORD_HEADER;
	uint64_t end = RECORD_HEADER + r->head.bytes;
	bool whole = true;

	if (have < end)
		return resync(r, r->offset, r->offset + RECORD_HEADER, "the stream ends within a record", e) ? -1 : 2;
	if (crc32_add(0, payload, r->head.bytes) != r->head.crc)
		return bad_payload(r, e) ? -1 : 2;
	r->next = r->offset + record_size(&r->head);
	for (uint64_t i = end; i < record_size(&r->head) && whole; i++)
		whole = i < have && !r->window[r->pos + i];
	/* Bad or missing padding costs nothing but itself: go on right after the payload, where a header may stand. */
	if (!whole)
		r->next = r->offset + end;
	r->payload = payload;
	account(r, whole);
	return 1;
}

int record_next(struct record_reader *r, struct err *e)
{
	int rc;

	r->payload = NULL;
	do {
		rc = header_at_next(r, CHUNK, e);
		if (rc != 1)
			continue;
		int64_t n = window_at(r, r->offset, record_size(&r->head), CHUNK, e);
		rc = n < 0 ? -1 : check_payload(r, (uint64_t)n, e);
	} while (rc == 2);
	return rc;
}

/*
 * Is the record at r->offset to be believed without reading its payload: does a good header follow it, or does the file
 * end right there? 1, 0 or -1.
 */
static int good_hop(struct record_reader *r, struct err *e)
{
	struct stat st;
	struct record after;
	uint64_t end = r->offset + record_size(&r->head);

	/* The size first: without it lseek and read would go past the end and see nothing. */
	if (fstat(r->fd, &st))
		return read_error(r, e);
	if (r->start + end >= (uint64_t)st.st_size)
		return r->start + end == (uint64_t)st.st_size;
	int64_t n = window_at(r, end, RECORD_HEADER, PAGE, e);
	if (n < 0)
		return -1;
	return n == RECORD_HEADER && record_decode(&after, r->window + r->pos, NULL) == 0;
}

int record_next_header(struct record_reader *r, struct err *e)
{
	int rc;

	if (!r->seekable)
		return record_next(r, e);
	r->payload = NULL;
	do {
		rc = header_at_next(r, PAGE, e);
		if (rc != 1)
			continue;
		rc = good_hop(r, e);
		if (rc == 1) {
			r->next = r->offset + record_size(&r->head);
			account(r, true);
		} else if (rc == 0) {
			int64_t n = window_at(r, r->offset, record_size(&r->head), 0, e);
			rc = n < 0 ? -1 : check_payload(r, (uint64_t)n, e);
		}
	} while (rc == 2);
	r->payload = NULL;
	return rc;
}

/* ---- opening and closing */

void record_open_fd(struct record_reader *r, int fd, const char *name)
{
	struct stat st;
	off_t here = lseek(fd, 0, SEEK_CUR);

	*r = (struct record_reader){ .fd = fd, .name = xstrdup(name), .max_payload = 1ull << 30 };
	r->seekable = here >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (r->seekable)
		r->start = (uint64_t)here;
}

int record_open(struct record_reader *r, const char *path, struct err *e)
{
	*r = (struct record_reader){ .fd = -1 };
	if (!path || !strcmp(path, "-")) {
		record_open_fd(r, STDIN_FILENO, "<stdin>");
		return 0;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_set(e, "'%s' is a directory", path);
	}
	record_open_fd(r, fd, path);
	return 0;
}

void record_close(struct record_reader *r)
{
	if (r->name && r->fd != STDIN_FILENO)
		close(r->fd);
	free(r->name);
	free(r->window);
	*r = (struct record_reader){ .fd = -1 };
}
