/* test_record.c - the record stream: bytes, damage of every kind at every place, appending */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/hash.h"
#include "common/le.h"
#include "common/record.h"

static char dir[] = "/tmp/frl-test-record-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static int turn;
	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static void slurp(const char *path, struct buf *b)
{
	struct err e = { 0 };
	if (io_slurp(path, 1 << 26, b, &e))
		fail_msg("%s", e.msg);
}

static void spit(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, data, len), 0);
	close(fd);
}

/* ---- a stream to hurt: three records of different kinds and sizes (payloads of 100, 64 and 1 bytes), one segment */

enum { N = 3, BYTES = 64 + 128 + 64 + 64 + 64 + 64 + 64 };
static uint8_t content[N][100];
static const uint64_t size_of[N] = { 100, 64, 1 };
/* Where record i and its payload end; END is at BYTES - 64. */
static const uint64_t payload_end[N] = { 164, 320, 385 }, record_end_at[N] = { 192, 320, 448 };

static void write_three(struct record_writer *w)
{
	struct err e = { 0 };
	for (int i = 0; i < N; i++) {
		struct record r = { .kind = i == 1 ? RECORD_JPEG : RECORD_TENSOR,
				    .ndim = 1,
				    .bytes = size_of[i],
				    .key = 1000u + (unsigned)i,
				    .label = i - 1,
				    .face = (uint32_t)i };
		r.dims[0] = (uint32_t)size_of[i];
		for (uint64_t j = 0; j < size_of[i]; j++)
			content[i][j] = (uint8_t)(j * 7 + (uint64_t)i * 50 + 1);
		assert_int_equal(record_write(w, &r, content[i], &e), 0);
	}
}

static void make_three(struct buf *b)
{
	struct out o;
	struct err e = { 0 };
	const char *path = in_dir("three");
	assert_int_equal(out_open(&o, path, true, &e), 0);
	struct record_writer w = { &o, 0 };
	write_three(&w);
	assert_int_equal(record_end(&w, NULL, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
	slurp(path, b);
	assert_int_equal(b->len, BYTES);
}

/* What reading gave. */
struct seen {
	int rc;
	uint64_t n, damage, lost_bytes, lost_records, segments;
	bool closed;
	uint64_t key[16];
	size_t cap;
};

enum how { FULL, HEADERS, PIPE };

static void check_one(const struct record_reader *r, enum how how)
{
	uint64_t i = r->head.key - 1000;
	assert_in_range(i, 0, N - 1);
	assert_int_equal(r->head.bytes, size_of[i]);
	assert_int_equal(r->head.label, (int64_t)i - 1);
	if (how != HEADERS)
		assert_memory_equal(r->payload, content[i], size_of[i]);
}

static struct seen read_bytes(const void *data, size_t len, enum how how)
{
	struct record_reader r;
	struct seen s = { 0 };
	struct err e = { 0 };
	int fd[2];

	if (how == PIPE) {
		assert_int_equal(pipe(fd), 0);
		assert_true(len < 65536);
		assert_int_equal(io_write_full(fd[1], data, len), 0);
		close(fd[1]);
		record_open_fd(&r, fd[0], "pipe");
	} else {
		spit(in_dir("bytes"), data, len);
		assert_int_equal(record_open(&r, in_dir("bytes"), &e), 0);
	}
	r.silent = true;
	while ((s.rc = how == HEADERS ? record_next_header(&r, &e) : record_next(&r, &e)) == 1) {
		if (r.head.kind == RECORD_END)
			continue;
		check_one(&r, how);
		assert_in_range(s.n, 0, 15);
		s.key[s.n++] = r.head.key;
	}
	s.damage = r.damage, s.lost_bytes = r.lost_bytes, s.lost_records = r.lost_records;
	s.closed = r.closed, s.cap = r.cap, s.segments = r.segments;
	assert_int_equal(s.n, r.records);
	record_close(&r);
	return s;
}

/* ---- bytes */

static void golden(void **state)
{
	struct buf want = { 0 }, got = { 0 };
	struct out o;
	struct err e = { 0 };
	char id[32];
	uint8_t p[128];
	(void)state;

	assert_int_equal(out_open(&o, in_dir("golden"), true, &e), 0);
	struct record_writer w = { &o, 0 };
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof id, "photo%d", i / 2);
		struct record r = { .ndim = 3,
				    .dims = { 4, 6, 3 },
				    .bytes = 72,
				    .key = hash_key(id),
				    .label = i - 1,
				    .face = (uint32_t)i % 2 };
		for (int j = 0; j < 72; j++)
			p[j] = (uint8_t)(7 * i + 3 * j);
		assert_int_equal(record_write(&w, &r, p, &e), 0);
	}
	assert_int_equal(record_end(&w, "#pg\tgolden\t1\n", &e), 0);
	/* 3j - i in each dtype, written out so that this test shares no encoder with the code. */
	static const uint8_t tensor[RECORD_DTYPES][40] = {
		{ 0, 3, 6, 9, 12 },
		{ 255, 255, 255, 255, 2, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 11, 0, 0, 0 },
		{ 254, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0,  0, 0, 0, 4, 0, 0, 0,
		  0,   0,   0,	 0,   7,   0,	0,   0,	  0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0 },
		{ 0, 0, 0x40, 0xc0, 0, 0, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0xc0, 0x40, 0, 0, 0x10, 0x41 },
		{ 0, 0xc4, 0, 0xbc, 0, 0x40, 0, 0x45, 0, 0x48 },
		{ 0xa0, 0xc0, 0, 0xc0, 0x80, 0x3f, 0x80, 0x40, 0xe0, 0x40 },
		{ 0, 0, 0, 0, 0, 0, 0x18, 0xc0, 0, 0, 0,    0,	  0, 0, 0x08, 0xc0, 0, 0, 0,	0,
		  0, 0, 0, 0, 0, 0, 0,	  0,	0, 0, 0x08, 0x40, 0, 0, 0,    0,    0, 0, 0x18, 0x40 },
	};
	for (int d = 0; d < RECORD_DTYPES; d++) {
		snprintf(id, sizeof id, "tensor%d", d);
		struct record r = { .dtype = (enum record_dtype)d,
				    .ndim = 1,
				    .dims = { 5 },
				    .bytes = 5 * record_dtype_size((enum record_dtype)d),
				    .key = hash_key(id),
				    .label = -1 };
		assert_int_equal(record_write(&w, &r, tensor[d], &e), 0);
	}
	struct record r = { .dtype = RECORD_F32, .bytes = 4, .key = hash_key("scalar"), .label = 1 };
	assert_int_equal(record_write(&w, &r, "\0\0\0\x3f", &e), 0);
	r = (struct record){
		.dtype = RECORD_F64, .ndim = 4, .dims = { 2, 3, 0, 4 }, .key = hash_key("empty"), .label = 2
	};
	assert_int_equal(record_write(&w, &r, NULL, &e), 0);
	r = (struct record){ .kind = RECORD_JPEG,
			     .ndim = 3,
			     .dims = { 4, 6, 3 },
			     .bytes = 19,
			     .key = hash_key("jpeg"),
			     .label = INT64_MIN,
			     .face = UINT32_MAX };
	assert_int_equal(record_write(&w, &r, "\xff\xd8\xff not a real JPEG", &e), 0);
	r = (struct record){ .kind = RECORD_PNG,
			     .ndim = 3,
			     .dims = { 4, 6, 3 },
			     .bytes = 19,
			     .key = hash_key("png"),
			     .label = INT64_MAX,
			     .face = 7 };
	assert_int_equal(record_write(&w, &r, "\x89PNG not a real PNG", &e), 0);
	assert_int_equal(record_end(&w, NULL, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);

	slurp("tests/golden/records.frlr", &want);
	slurp(in_dir("golden"), &got);
	assert_int_equal(want.len, got.len);
	assert_memory_equal(want.data, got.data, got.len);
	buf_release(&want);
	buf_release(&got);
}

static void round_trip(void **state)
{
	static const enum record_kind kinds[] = { RECORD_TENSOR, RECORD_JPEG, RECORD_PNG };
	uint8_t header[RECORD_HEADER];
	(void)state;

	for (int k = 0; k < 3; k++)
		for (int d = 0; d < RECORD_DTYPES; d++)
			for (int ndim = 0; ndim <= 4; ndim++) {
				struct record r = { .kind = kinds[k],
						    .dtype = (enum record_dtype)d,
						    .ndim = ndim,
						    .key = 0xfedcba9876543210u,
						    .label = -5,
						    .crc = 0x89abcdef,
						    .face = 0x80000001 },
					      back;
				r.bytes = record_dtype_size(r.dtype);
				for (int i = 0; i < ndim; i++) {
					r.dims[i] = (uint32_t)(i + 2);
					r.bytes *= r.dims[i];
				}
				record_encode(&r, header);
				assert_int_equal(record_decode(&back, header, NULL), 0);
				assert_int_equal(back.kind, r.kind);
				assert_int_equal(back.dtype, r.dtype);
				assert_int_equal(back.ndim, r.ndim);
				assert_memory_equal(back.dims, r.dims, sizeof r.dims);
				assert_int_equal(back.bytes, r.bytes);
				assert_true(back.key == r.key && back.label == r.label);
				assert_int_equal(back.crc, r.crc);
				assert_int_equal(back.face, r.face);
			}
}

/* One field wrong, the header's CRC right. */
static int decode_with(int at, int width, uint64_t v)
{
	struct record r = { .ndim = 2, .dims = { 3, 4 }, .bytes = 12 }, back;
	uint8_t h[RECORD_HEADER];

	record_encode(&r, h);
	for (int i = 0; i < width; i++)
		h[at + i] = (uint8_t)(v >> (8 * i));
	le_put32(h + 60, crc32_add(0, h, 60));
	return record_decode(&back, h, NULL);
}

static void bad_headers(void **state)
{
	(void)state;
	assert_int_equal(decode_with(4, 1, 1), 0);
	assert_int_equal(decode_with(4, 1, 2), -2);
	assert_int_equal(decode_with(5, 1, 3), -1);
	assert_int_equal(decode_with(6, 1, 7), -1);
	assert_int_equal(decode_with(6, 1, 1), -1); /* i32 of 12 bytes is no 3x4 */
	assert_int_equal(decode_with(7, 1, 5), -1);
	assert_int_equal(decode_with(7, 1, 1), -1); /* a dimension beyond ndim */
	assert_int_equal(decode_with(8, 4, 4), -1);
	assert_int_equal(decode_with(24, 8, 11), -1);
	assert_int_equal(decode_with(24, 8, UINT64_MAX), -1);
	assert_int_equal(decode_with(56, 4, 1), -1);
	assert_int_equal(decode_with(0, 1, 'f'), -1);
	/* a product of dims that overflows to the right number */
	struct record r = { .ndim = 4, .dims = { 1u << 31, 1u << 31, 4, 1 } }, back;
	uint8_t h[RECORD_HEADER];
	record_encode(&r, h);
	assert_int_equal(record_decode(&back, h, NULL), -1);
}

/* ---- damage */

static void whole(void **state)
{
	struct buf b = { 0 };
	(void)state;
	make_three(&b);
	for (enum how how = FULL; how <= PIPE; how++) {
		struct seen s = read_bytes(b.data, b.len, how);
		assert_int_equal(s.rc, 0);
		assert_int_equal(s.n, 3);
		assert_int_equal(s.damage, 0);
		assert_true(s.closed);
	}
	buf_release(&b);
}

static void every_truncation(void **state)
{
	struct buf b = { 0 };
	(void)state;
	make_three(&b);
	for (enum how how = FULL; how <= PIPE; how++)
		for (size_t len = 0; len < b.len; len++) {
			struct seen s = read_bytes(b.data, len, how);
			uint64_t whole_ones = 0;
			bool boundary = len == 0 || len == record_end_at[N - 1];
			for (int i = 0; i < N; i++) {
				whole_ones += len >= payload_end[i];
				boundary |= len == payload_end[i] || len == record_end_at[i];
			}
			assert_int_equal(s.rc, 0);
			assert_int_equal(s.n, whole_ones);
			assert_false(s.closed);
			assert_int_equal(s.damage != 0, !boundary);
		}
	buf_release(&b);
}

static void every_flip(void **state)
{
	struct buf b = { 0 };
	(void)state;
	make_three(&b);
	for (enum how how = FULL; how <= PIPE; how++)
		for (size_t at = 0; at < b.len; at++)
			for (int bit = 0; bit < 8; bit++) {
				b.data[at] = (char)(b.data[at] ^ 1 << bit);
				struct seen s = read_bytes(b.data, b.len, how);
				b.data[at] = (char)(b.data[at] ^ 1 << bit);
				bool in_header = at >= BYTES - 64;
				for (int i = 0; i < N; i++) {
					uint64_t start = i ? record_end_at[i - 1] : 0;
					in_header |= at >= start && at < start + RECORD_HEADER;
				}
				bool in_padding = (at >= 164 && at < 192) || (at >= 385 && at < 448);
				assert_int_equal(s.rc, 0);
				if (how == HEADERS && !in_header) { /* hopped over, unseen */
					assert_int_equal(s.n, 3);
					continue;
				}
				assert_int_equal(s.damage, 1);
				assert_int_equal(s.n, at >= BYTES - 64 || in_padding ? 3 : 2);
				assert_int_equal(s.closed, at < BYTES - 64);
				assert_int_equal(s.lost_records, at < BYTES - 64 && !in_padding);
			}
	buf_release(&b);
}

static void joined(void **state)
{
	struct buf b = { 0 }, two = { 0 };
	(void)state;
	make_three(&b);
	buf_add(&two, b.data, b.len);
	buf_add(&two, b.data, b.len);
	for (enum how how = FULL; how <= PIPE; how++) {
		struct seen s = read_bytes(two.data, two.len, how);
		assert_int_equal(s.n, 6);
		assert_int_equal(s.segments, 2);
		assert_int_equal(s.damage, 0);
		assert_true(s.closed);
	}
	buf_release(&b);
	buf_release(&two);
}

/* A shell's >> after a crash: wherever the first writer was cut, nothing of the second is lost. */
static void appended_to_torn(void **state)
{
	struct buf b = { 0 }, two = { 0 };
	(void)state;
	make_three(&b);
	for (enum how how = FULL; how <= PIPE; how++)
		for (size_t len = 1; len < b.len; len++) {
			buf_reset(&two);
			buf_add(&two, b.data, len);
			buf_add(&two, b.data, b.len);
			struct seen s = read_bytes(two.data, two.len, how);
			uint64_t whole_ones = 0;
			for (int i = 0; i < N; i++)
				whole_ones += len >= payload_end[i];
			assert_int_equal(s.rc, 0);
			assert_int_equal(s.n, whole_ones + N);
			assert_memory_equal(s.key + whole_ones, ((uint64_t[]){ 1000, 1001, 1002 }),
					    3 * sizeof(uint64_t));
			assert_true(s.damage >= 1);
			assert_true(s.closed);
		}
	buf_release(&b);
	buf_release(&two);
}

static void not_a_stream(void **state)
{
	static const char text[] =
		"This is a text that somebody gave by mistake; it is longer than a header of a record.\n";
	(void)state;
	for (enum how how = FULL; how <= PIPE; how++) {
		assert_int_equal(read_bytes(text, sizeof text, how).rc, -1);
		assert_int_equal(read_bytes(text, 10, how).rc, -1);
		assert_int_equal(read_bytes(text, 0, how).rc, 0);
	}
}

/* A good header that promises a gigabyte, and 300 bytes after it. */
static void lying_size(void **state)
{
	struct record r = { .kind = RECORD_JPEG, .bytes = 1u << 30 };
	uint8_t data[RECORD_HEADER + 300] = { 0 };
	(void)state;
	record_encode(&r, data);
	for (enum how how = FULL; how <= PIPE; how++) {
		struct seen s = read_bytes(data, sizeof data, how);
		assert_int_equal(s.n, 0);
		assert_int_equal(s.damage, 1);
		assert_true(s.cap < 1 << 20);
	}
	r.bytes++; /* over the limit: not read at all */
	record_encode(&r, data);
	assert_int_equal(read_bytes(data, sizeof data, FULL).rc, -1);
}

static void other_version(void **state)
{
	struct buf b = { 0 };
	(void)state;
	make_three(&b);
	b.data[192 + 4] = 2;
	le_put32(b.data + 192 + 60, crc32_add(0, b.data + 192, 60));
	struct seen s = read_bytes(b.data, b.len, FULL);
	assert_int_equal(s.rc, -1);
	assert_int_equal(s.n, 1);
	buf_release(&b);
}

/* A record is delivered when it has arrived, without waiting for the next. */
static void slow_pipe(void **state)
{
	struct record_reader r;
	struct buf b = { 0 };
	struct err e = { 0 };
	int fd[2];
	(void)state;
	make_three(&b);
	assert_int_equal(pipe(fd), 0);
	record_open_fd(&r, fd[0], "pipe");
	alarm(10);
	assert_int_equal(io_write_full(fd[1], b.data, 192), 0);
	assert_int_equal(record_next(&r, &e), 1);
	check_one(&r, PIPE);
	assert_int_equal(io_write_full(fd[1], b.data + 192, 128), 0);
	assert_int_equal(record_next(&r, &e), 1);
	check_one(&r, PIPE);
	alarm(0);
	close(fd[1]);
	record_close(&r);
	buf_release(&b);
}

/* Payloads about the sizes in which the reader reads, in a file, by hops, and through a pipe. */
static void large(void **state)
{
	static const uint32_t sizes[] = { 131072 - 128, 131072 - 64, 131072, 131073, 262144 - 64, 300000, 5000000, 1 };
	enum { SIZES = sizeof sizes / sizeof *sizes };
	struct err e = { 0 };
	struct out o;
	uint8_t *p = xmalloc(5000000);
	int status;
	(void)state;

	for (size_t i = 0; i < 5000000; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 13);
	assert_int_equal(out_open(&o, in_dir("large"), true, &e), 0);
	struct record_writer w = { &o, 0 };
	for (int i = 0; i < 3 * SIZES; i++) {
		struct record r = { .ndim = 1, .dims = { sizes[i % SIZES] }, .bytes = sizes[i % SIZES] };
		assert_int_equal(record_write(&w, &r, p, &e), 0);
	}
	assert_int_equal(record_end(&w, NULL, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
	for (enum how how = FULL; how <= PIPE; how++) {
		struct record_reader r;
		pid_t child = 0;
		int fd[2];
		if (how == PIPE) {
			assert_int_equal(pipe(fd), 0);
			if ((child = fork()) == 0) {
				struct buf b = { 0 };
				slurp(in_dir("large"), &b);
				close(fd[0]);
				_exit(io_write_full(fd[1], b.data, b.len) ? 1 : 0);
			}
			close(fd[1]);
			record_open_fd(&r, fd[0], "pipe");
		} else {
			assert_int_equal(record_open(&r, in_dir("large"), &e), 0);
		}
		for (int i = 0; i < 3 * SIZES; i++) {
			assert_int_equal(how == HEADERS ? record_next_header(&r, &e) : record_next(&r, &e), 1);
			assert_int_equal(r.head.bytes, sizes[i % SIZES]);
			if (how != HEADERS)
				assert_memory_equal(r.payload, p, r.head.bytes);
		}
		assert_int_equal(how == HEADERS ? record_next_header(&r, &e) : record_next(&r, &e), 1);
		assert_int_equal(how == HEADERS ? record_next_header(&r, &e) : record_next(&r, &e), 0);
		assert_true(r.closed && !r.damage);
		assert_true(r.cap < 6000000);
		record_close(&r);
		if (child)
			assert_true(waitpid(child, &status, 0) == child && status == 0);
	}
	free(p);
}

/* ---- appending */

static void append_three(const char *path)
{
	struct record_append a;
	struct err e = { 0 };
	if (record_append_open(&a, path, &e))
		fail_msg("%s", e.msg);
	write_three(&a.writer);
	if (record_append_commit(&a, NULL, &e))
		fail_msg("%s", e.msg);
}

static struct seen read_file(const char *path, enum how how)
{
	struct buf b = { 0 };
	slurp(path, &b);
	struct seen s = read_bytes(b.data, b.len, how);
	buf_release(&b);
	return s;
}

static void append(void **state)
{
	struct buf b = { 0 }, got = { 0 };
	const char *path = in_dir("append");
	(void)state;
	make_three(&b);
	unlink(path);
	append_three(path);
	slurp(path, &got);
	assert_int_equal(got.len, b.len);
	assert_memory_equal(got.data, b.data, b.len);
	append_three(path);
	slurp(path, &got);
	assert_int_equal(got.len, 2 * b.len);
	assert_memory_equal(got.data + b.len, b.data, b.len);
	buf_release(&b);
	buf_release(&got);
}

static void append_to_torn(void **state)
{
	struct buf b = { 0 };
	const char *path = in_dir("torn");
	(void)state;
	make_three(&b);
	int null = open("/dev/null", O_WRONLY), err = dup(2);
	dup2(null, 2); /* each cut is warned about */
	for (size_t len = 0; len <= b.len; len++) {
		spit(path, b.data, len);
		append_three(path);
		struct seen s = read_file(path, FULL);
		uint64_t whole_ones = 0;
		for (int i = 0; i < N; i++)
			whole_ones += len >= payload_end[i];
		assert_int_equal(s.n, whole_ones + N);
		assert_int_equal(s.damage, 0);
		assert_true(s.closed);
		struct stat st;
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size % 64, 0);
	}
	dup2(err, 2);
	close(err);
	close(null);
	buf_release(&b);
}

/* A last record that has its full length but not its bytes (power failed before they reached the disk). */
static void append_to_hollow(void **state)
{
	struct buf b = { 0 };
	const char *path = in_dir("hollow");
	(void)state;
	make_three(&b);
	memset(b.data + 192 + 64, 0, 64);
	spit(path, b.data, 320);
	append_three(path);
	struct seen s = read_file(path, FULL);
	assert_int_equal(s.n, 1 + N);
	assert_int_equal(s.damage, 0);
	buf_release(&b);
}

static void append_killed(void **state)
{
	const char *path = in_dir("killed");
	(void)state;
	unlink(path);
	append_three(path);
	pid_t child = fork();
	if (child == 0) {
		struct record_append a;
		struct err e = { 0 };
		if (!record_append_open(&a, path, &e)) {
			write_three(&a.writer);
			uint8_t half[100] = { 'F', 'R', 'L', 'R' };
			out_write(&a.out, half, sizeof half, &e);
			out_flush(&a.out, &e);
		}
		kill(getpid(), SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	struct seen s = read_file(path, FULL);
	assert_int_equal(s.n, 6);
	assert_int_equal(s.damage, 1);
	assert_false(s.closed);
	append_three(path); /* the lock went with the process */
	s = read_file(path, FULL);
	assert_int_equal(s.n, 9);
	assert_int_equal(s.segments, 3);
	assert_int_equal(s.damage, 0);
	assert_true(s.closed);
}

static void append_locked(void **state)
{
	struct record_append a, second;
	struct err e = { 0 };
	const char *path = in_dir("locked");
	(void)state;
	assert_int_equal(record_append_open(&a, path, &e), 0);
	assert_int_equal(record_append_open(&second, path, &e), -1);
	assert_int_equal(e.code, EXIT_CODE_TEMPORARY);
	record_append_abort(&second);
	assert_int_equal(record_append_commit(&a, "text", &e), 0);
	assert_int_equal(record_append_open(&a, path, &e), 0);
	/* Nothing was written: nothing changes. */
	assert_int_equal(record_append_commit(&a, "text", &e), 0);
	struct seen s = read_file(path, FULL);
	assert_int_equal(s.segments, 1);
	assert_true(s.closed);
}

static void append_aborted(void **state)
{
	struct record_append a;
	struct err e = { 0 };
	struct buf before = { 0 }, after = { 0 };
	const char *path = in_dir("aborted");
	(void)state;
	unlink(path);
	append_three(path);
	slurp(path, &before);
	assert_int_equal(record_append_open(&a, path, &e), 0);
	write_three(&a.writer);
	assert_int_equal(out_flush(&a.out, &e), 0);
	record_append_abort(&a);
	record_append_abort(&a);
	slurp(path, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, after.len);
	buf_release(&before);
	buf_release(&after);
}

static void append_refused(void **state)
{
	static const char text[] =
		"my diary, which is by no means a record stream, and which nobody is to cut or to change\n";
	struct record_append a;
	struct err e = { 0 };
	struct buf after = { 0 };
	const char *path = in_dir("diary");
	(void)state;
	for (size_t len = 1; len <= sizeof text; len += sizeof text - 1) {
		spit(path, text, len);
		assert_int_equal(record_append_open(&a, path, &e), -1);
		assert_int_equal(e.code, EXIT_CODE_BAD_INPUT);
		slurp(path, &after);
		assert_int_equal(after.len, len);
		assert_memory_equal(after.data, text, len);
	}
	assert_int_equal(record_append_open(&a, "/dev/full", &e), -1);
	assert_int_equal(record_append_open(&a, dir, &e), -1);
	buf_release(&after);
}

/* ---- the index */

static void check_index(const char *path, uint64_t n)
{
	struct record_index x;
	struct err e = { 0 };
	struct buf p = { 0 };
	struct record r;

	if (record_index_load(&x, path, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(x.n, n);
	int fd = open(path, O_RDONLY);
	for (uint64_t i = 0; i < n; i++) {
		if (record_index_read(&x, fd, i, &r, &p, &e))
			fail_msg("%s", e.msg);
		assert_int_equal(x.key[i], 1000 + i % N);
		assert_int_equal(p.len, size_of[i % N]);
		assert_memory_equal(p.data, content[i % N], p.len);
	}
	assert_int_equal(record_index_read(&x, fd, n, &r, &p, &e), -1);
	close(fd);
	buf_release(&p);
	record_index_release(&x);
}

static void index_kept(void **state)
{
	const char *path = in_dir("indexed"), *idx = in_dir("indexed.idx");
	struct stat a, b;
	(void)state;
	unlink(path);
	unlink(idx);
	append_three(path);
	check_index(path, 3);
	assert_int_equal(stat(idx, &a), 0);
	assert_int_equal(a.st_size, 64 + 3 * 28);
	check_index(path, 3);
	assert_int_equal(stat(idx, &b), 0);
	assert_true(a.st_ino == b.st_ino); /* not made again */
	append_three(path);		   /* grown: stale */
	check_index(path, 6);
	assert_int_equal(stat(idx, &b), 0);
	assert_int_equal(b.st_size, 64 + 6 * 28);
}

/* Whatever the index holds, the answers are those of the file. */
static void index_damaged(void **state)
{
	const char *path = in_dir("indexed2"), *idx = in_dir("indexed2.idx");
	struct buf good = { 0 };
	(void)state;
	unlink(path);
	unlink(idx);
	append_three(path);
	append_three(path);
	check_index(path, 6);
	slurp(idx, &good);
	for (size_t len = 0; len < good.len; len += 9) {
		spit(idx, good.data, len);
		check_index(path, 6);
	}
	for (size_t at = 0; at < good.len; at += at < 64 ? 2 : 11) { /* each is an fsync */
		good.data[at] ^= 0x41;
		spit(idx, good.data, good.len);
		check_index(path, 6);
		good.data[at] ^= 0x41;
	}
	/* Huge counts with every CRC right. */
	static const uint64_t huge[] = { 7, 5, UINT64_MAX, UINT64_MAX / 28, 1ull << 60, (1ull << 62) + 6 };
	for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
		le_put64(good.data + 24, huge[i]);
		le_put32(good.data + 60, crc32_add(0, good.data, 60));
		spit(idx, good.data, good.len);
		check_index(path, 6);
	}
	/* Offsets that point elsewhere, every CRC right: another record, outside, backwards. */
	le_put64(good.data + 24, 6);
	static const uint64_t elsewhere[] = { 0, 64, 1u << 20, UINT64_MAX };
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		uint64_t was = le_get64(good.data + 64 + 5 * 28);
		le_put64(good.data + 64 + 5 * 28, elsewhere[i]);
		le_put32(good.data + 44, crc32_add(0, good.data + 64, good.len - 64));
		le_put32(good.data + 60, crc32_add(0, good.data, 60));
		spit(idx, good.data, good.len);
		check_index(path, 6);
		le_put64(good.data + 64 + 5 * 28, was);
	}
	buf_release(&good);
}

/* The index of another file of the same size and time. */
static void index_foreign(void **state)
{
	const char *path = in_dir("mine"), *idx = in_dir("mine.idx"), *other = in_dir("other");
	struct buf b = { 0 };
	struct record_index x;
	struct err e = { 0 };
	(void)state;
	unlink(path);
	append_three(path);
	struct record r = { .kind = RECORD_JPEG, .bytes = 320, .key = 5, .label = 6 };
	struct out o;
	assert_int_equal(out_open(&o, other, true, &e), 0);
	struct record_writer w = { &o, 0 };
	uint8_t zeros[320] = { 0 };
	assert_int_equal(record_write(&w, &r, zeros, &e), 0);
	assert_int_equal(record_end(&w, "x", &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	struct timespec times[2] = { st.st_mtim, st.st_mtim };
	assert_int_equal(utimensat(AT_FDCWD, other, times, 0), 0);
	assert_int_equal(record_index_load(&x, other, &e), 0);
	assert_int_equal(x.n, 1);
	assert_int_equal(x.file_size, st.st_size);
	record_index_release(&x);
	slurp(in_dir("other.idx"), &b);
	spit(idx, b.data, b.len);
	check_index(path, 3);
	buf_release(&b);
}

static void index_needs_file(void **state)
{
	struct record_index x;
	struct err e = { 0 };
	(void)state;
	assert_int_equal(record_index_load(&x, in_dir("nothing"), &e), -1);
	assert_int_equal(record_index_load(&x, dir, &e), -1);
	assert_int_equal(record_index_load(&x, "/dev/zero", &e), -1);
	record_index_release(&x);
}

static int set_up(void **state)
{
	(void)state;
	err_program("test_record");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char cmd[160];
	(void)state;
	snprintf(cmd, sizeof cmd, "rm -r '%s'", dir);
	return WEXITSTATUS(system(cmd)); /* NOLINT: a test may */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(whole),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(every_flip),
		cmocka_unit_test(joined),
		cmocka_unit_test(appended_to_torn),
		cmocka_unit_test(not_a_stream),
		cmocka_unit_test(lying_size),
		cmocka_unit_test(other_version),
		cmocka_unit_test(slow_pipe),
		cmocka_unit_test(large),
		cmocka_unit_test(append),
		cmocka_unit_test(append_to_torn),
		cmocka_unit_test(append_to_hollow),
		cmocka_unit_test(append_killed),
		cmocka_unit_test(append_locked),
		cmocka_unit_test(append_aborted),
		cmocka_unit_test(append_refused),
		cmocka_unit_test(index_kept),
		cmocka_unit_test(index_damaged),
		cmocka_unit_test(index_foreign),
		cmocka_unit_test(index_needs_file),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
