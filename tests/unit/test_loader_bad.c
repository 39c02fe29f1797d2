/* test_loader_bad.c - streams that cannot be trained on, and values out of range: what is said, and when */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/data/loader.h"
#include "tests/unit/support_shard.h"

enum { N = 12, SIDE = 40, B = 4, STEPS = 3, SIZE = 16, RECORD = 64 + 4800 }; /* 3 * 40 * 40, a multiple of 64 */

static const struct loader_config small = {
	.paths = 1,
	.batch = B,
	.ranks = 1,
	.groups = 1,
	.group = { { 2, AUGMENT_SWAV(SIZE, .14, 1) } },
	.threads = 2,
	.prefetch = 2,
};

/* The message begins with the file's name and goes on with `what`. */
static void check_message(const struct err *e, const char *name, const char *what)
{
	char *want = xasprintf("'%s'%s", support_shard_path(name), what);

	if (strncmp(e->msg, want, strlen(want)) != 0)
		fail_msg("\"%s\", not \"%s\"", e->msg, want);
	assert_true(e->code == EXIT_CODE_BAD_INPUT);
	free(want);
}

static void refused(const char *name, const char *what)
{
	const char *path = support_shard_path(name);
	struct loader_config c = small;
	struct err e = { 0 };

	c.path = &path;
	assert_null(loader_open(&c, &e));
	check_message(&e, name, what);
}

/* Opens; one epoch has exactly one step that fails, of which loader_next says so, as often as it is asked. */
static void fails_once(const struct loader_config *c, const char *name, const char *what, int bad_steps)
{
	float *dst[] = { xcalloc(2 * B * 3 * SIZE * SIZE, sizeof(float)) };
	struct err e = { 0 };
	struct loader *l = loader_open(c, &e);
	int failed = 0;

	if (!l)
		fail_msg("%s", e.msg);
	for (uint64_t step = 0; step < loader_steps(l); step++) {
		loader_seek(l, step);
		if (loader_next(l, dst, &e) == 0)
			continue;
		failed++;
		check_message(&e, name, what);
		e = (struct err){ 0 };
		assert_int_equal(loader_next(l, dst, &e), -1);
		check_message(&e, name, what);
		assert_int_equal(loader_next(l, dst, NULL), -1);
	}
	assert_int_equal(failed, bad_steps);
	loader_close(l);
	free(dst[0]);
}

static void fails_in(const char *name, const char *what, int bad_steps)
{
	const char *path = support_shard_path(name);
	struct loader_config c = small;

	c.path = &path;
	fails_once(&c, name, what, bad_steps);
}

static void spit(const char *name, const char *text)
{
	struct err e = { 0 };
	assert_int_equal(io_write_file(support_shard_path(name), text, strlen(text), &e), 0);
}

static void no_stream(void **state)
{
	(void)state;
	spit("text", "id\tpath\n1\ta.jpg\n");
	refused("text", " is not a record stream");
	spit("empty", "");
	refused("empty", ""); /* record.h's words */
	const char *path = support_shard_path("absent");
	struct loader_config c = small;
	struct err e = { 0 };
	c.path = &path;
	assert_null(loader_open(&c, &e));
	assert_non_null(strstr(e.msg, path));
	path = support_shard_path(".");
	assert_null(loader_open(&c, &e));
	assert_non_null(strstr(e.msg, path));
}

static void no_records(void **state)
{
	struct shard s;

	(void)state;
	support_shard_open(&s, "only-end");
	support_shard_close(&s, true);
	refused("only-end", " holds no record");
	support_shard_write("few", B - 1, SIDE, SIDE, RECORD_TENSOR);
	refused("few", ": 3 samples do not make a batch of 4");
}

static void embeddings(void **state)
{
	float v[512] = { 1 };
	struct record r = { .kind = RECORD_TENSOR, .dtype = RECORD_F32, .ndim = 1, .dims = { 512 }, .bytes = 2048 };
	struct err e = { 0 };
	struct shard s;

	(void)state;
	support_shard_open(&s, "embeddings");
	for (int i = 0; i < N; i++)
		assert_int_equal(record_write(&s.writer, &r, v, &e), 0);
	support_shard_close(&s, true);
	refused("embeddings", ": record 0: not a picture but a tensor of f32 with 1 dimension");

	/* among pictures: their places say it */
	struct image m;
	support_shard_picture(&m, 0, SIDE, SIDE);
	support_shard_open(&s, "one-embedding");
	for (int i = 0; i < N; i++)
		if (i == 7)
			assert_int_equal(record_write(&s.writer, &r, v, &e), 0);
		else
			support_shard_add(&s, &m, RECORD_TENSOR, (uint64_t)i, -1, 0);
	support_shard_close(&s, true);
	image_release(&m);
	refused("one-embedding", ": record 7: not a picture but a tensor of f32 with 1 dimension");
}

static void cut(const char *from, const char *name, size_t bytes)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	assert_int_equal(io_slurp(support_shard_path(from), 1 << 26, &b, &e), 0);
	assert_true(bytes < b.len);
	assert_int_equal(io_write_file(support_shard_path(name), b.data, bytes, &e), 0);
	buf_release(&b);
}

static void truncated(void **state)
{
	(void)state;
	support_shard_write("whole", N, SIDE, SIDE, RECORD_TENSOR);
	cut("whole", "no-end", N * RECORD);
	refused("no-end", " was cut short, or is still being written\nhint: frl-shard repair mends it");
	cut("whole", "torn", N * RECORD - 100);
	refused("torn", " is damaged\nhint: frl-shard repair mends it");
	cut("whole", "torn-head", 5 * RECORD + 32);
	refused("torn-head", " is damaged\n");
}

/* The index is there already, and tells of records that the file does not have any more. */
static void shrunk_meanwhile(void **state)
{
	const char *path = support_shard_path("shrunk");
	float *dst[] = { xcalloc(2 * B * 3 * SIZE * SIZE, sizeof(float)) };
	struct loader_config c = small;
	struct err e = { 0 };
	int failed = 0;

	(void)state;
	support_shard_write("shrunk", N, SIDE, SIDE, RECORD_TENSOR);
	c.path = &path;
	struct loader *l = loader_open(&c, &e);
	assert_non_null(l);
	assert_int_equal(truncate(path, 2 * RECORD + 1000), 0);
	for (uint64_t step = 0; step < STEPS; step++) {
		loader_seek(l, step);
		if (loader_next(l, dst, &e)) {
			failed++;
			assert_non_null(strstr(e.msg, "shrunk': record "));
			assert_non_null(strstr(e.msg, ": the file ends "));
		}
	}
	assert_in_range(failed, 2, STEPS); /* of 12 records, 10 are gone */
	loader_close(l);
	free(dst[0]);
}

static void bad_crc(void **state)
{
	(void)state;
	support_shard_write("flipped", N, SIDE, SIDE, RECORD_TENSOR);
	support_shard_flip("flipped", 5 * RECORD + 64 + 1234, 4);
	fails_in("flipped", ": record 5: the payload's CRC does not match", 1);

	support_shard_write("header", N, SIDE, SIDE, RECORD_TENSOR);
	const char *path = support_shard_path("header");
	struct loader_config c = small;
	struct err e = { 0 };
	c.path = &path;
	loader_close(loader_open(&c, &e)); /* the index is made while it is whole */
	support_shard_flip("header", 5 * RECORD + 9, 1);
	refused("header", " is damaged"); /* and made again, as the file is newer */
}

static void other_size(void **state)
{
	struct shard s;
	struct image m;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		support_shard_open(&s, kind ? "mixed-jpeg" : "mixed");
		for (int i = 0; i < N; i++) {
			support_shard_picture(&m, i, i == 6 ? SIDE + 1 : SIDE, SIDE);
			support_shard_add(&s, &m, kind ? RECORD_JPEG : RECORD_TENSOR, (uint64_t)i, -1, 0);
			image_release(&m);
		}
		support_shard_close(&s, true);
	}
	refused("mixed", ": record 6: a picture of 41x40 pixels among those of 40x40");
	fails_in("mixed-jpeg", ": record 6: a picture of 41x40 pixels among those of 40x40", 1);

	/* of two streams, each of one size */
	support_shard_write("others", N, SIDE, SIDE + 8, RECORD_TENSOR);
	support_shard_write("first", N, SIDE, SIDE, RECORD_TENSOR);
	const char *path[] = { support_shard_path("first"), support_shard_path("others") };
	struct loader_config c = small;
	struct err e = { 0 };
	c.path = path;
	c.paths = 2;
	assert_null(loader_open(&c, &e));
	check_message(&e, "others", ": record 0: a picture of 40x48 pixels among those of 40x40");

	/* as many bytes, so that only reading tells */
	support_shard_open(&s, "turned");
	for (int i = 0; i < N; i++) {
		support_shard_picture(&m, i, i == 3 ? 20 : SIDE, i == 3 ? 80 : SIDE);
		support_shard_add(&s, &m, RECORD_TENSOR, (uint64_t)i, -1, 0);
		image_release(&m);
	}
	support_shard_close(&s, true);
	fails_in("turned", ": record 3: a picture of 20x80 pixels among those of 40x40", 1);
}

/* Grey ones are pictures, too: [h][w] and [h][w][1], among others. */
static void grey_pictures(void **state)
{
	struct record r = { .kind = RECORD_TENSOR, .ndim = 2, .dims = { SIDE, SIDE }, .bytes = SIDE * SIDE };
	float *dst[] = { xcalloc(2 * B * 3 * SIZE * SIZE, sizeof(float)) };
	uint8_t pixels[SIDE * SIDE];
	struct loader_config c = small;
	struct err e = { 0 };
	struct shard s;
	struct image m;

	(void)state;
	memset(pixels, 128, sizeof pixels);
	support_shard_open(&s, "grey");
	for (int i = 0; i < B; i++) {
		r.ndim = 2 + i % 2;
		r.dims[2] = r.ndim == 3;
		assert_int_equal(record_write(&s.writer, &r, pixels, &e), 0);
	}
	support_shard_picture(&m, 0, SIDE, SIDE);
	memset(m.data, 128, m.stride * SIDE);
	support_shard_add(&s, &m, RECORD_TENSOR, 1, -1, 0);
	image_release(&m);
	support_shard_close(&s, true);
	const char *path = support_shard_path("grey");
	c.path = &path;
	c.batch = 5;
	c.group[0].count = 1;
	c.group[0].augment.jitter_p = 0;
	struct loader *l = loader_open(&c, &e);
	assert_non_null(l);
	assert_int_equal(loader_next(l, dst, &e), 0);
	for (int i = 0; i < 5 * 3 * SIZE * SIZE; i++) {
		const struct augment *a = &c.group[0].augment;
		int k = i / (SIZE * SIZE) % 3;
		volatile float share = 128 / 255.F, less = share - a->mean[k], want = less / a->std[k];
		if (dst[0][i] != want)
			fail_msg("%d: %g, not %g", i, (double)dst[0][i], (double)want);
	}
	loader_close(l);
	free(dst[0]);
}

/* Bytes that are no JPEG under a good CRC; one whose header promises more than any memory holds. */
static void bad_pictures(void **state)
{
	struct record r = { .kind = RECORD_JPEG, .ndim = 3, .dims = { SIDE, SIDE, 3 }, .bytes = 40, .key = 1 };
	struct record huge = { .kind = RECORD_TENSOR, .ndim = 3, .dims = { 1, 100000, 3 }, .bytes = 300000 };
	uint8_t *zeros = xcalloc(huge.bytes, 1);
	struct err e = { 0 };
	struct shard s;
	struct image m;

	(void)state;
	support_shard_open(&s, "bad-jpeg");
	for (int i = 0; i < N; i++) {
		support_shard_picture(&m, i, SIDE, SIDE);
		if (i == 2 || i == 9)
			assert_int_equal(record_write(&s.writer, &r, zeros, &e), 0);
		else
			support_shard_add(&s, &m, RECORD_PNG, (uint64_t)i, -1, 0);
		image_release(&m);
	}
	support_shard_close(&s, true);
	const char *path = support_shard_path("bad-jpeg");
	struct loader_config c = small;
	float *dst[] = { xcalloc(2 * B * 3 * SIZE * SIZE, sizeof(float)) };
	c.path = &path;
	char first[sizeof e.msg] = "";
	for (int threads = 1; threads <= 4; threads++) { /* the same record is named, whoever met one first */
		c.threads = threads;
		c.batch = N;
		struct loader *l = loader_open(&c, &e);
		assert_non_null(l);
		free(dst[0]);
		dst[0] = xcalloc(2 * N * 3 * SIZE * SIZE, sizeof(float));
		assert_int_equal(loader_next(l, dst, &e), -1);
		assert_non_null(strstr(e.msg, "bad-jpeg': record "));
		if (threads > 1)
			assert_string_equal(first, e.msg);
		memcpy(first, e.msg, sizeof first);
		loader_close(l);
	}
	free(dst[0]);

	support_shard_open(&s, "wide");
	for (int i = 0; i < B; i++)
		assert_int_equal(record_write(&s.writer, &huge, zeros, &e), 0);
	support_shard_close(&s, true);
	refused("wide", ": record 0: a picture of 100000x1 pixels");
	free(zeros);
}

/* ---- replays */

/* Six samples of two views of SIZE; record `odd` is labelled otherwise, has another key, another size. */
static void write_views(const char *name, int records, int odd, int label, int key, int size)
{
	struct shard s;
	struct image m;

	support_shard_open(&s, name);
	for (int i = 0; i < records; i++) {
		int side = SIZE + (i == odd ? size : 0);
		support_shard_picture(&m, i, side, side);
		support_shard_add(&s, &m, RECORD_TENSOR, (uint64_t)(i / 2 + (i == odd ? key : 0)),
				  i % 2 + (i == odd ? label : 0), 0);
		image_release(&m);
	}
	support_shard_close(&s, true);
}

static void replay_fails(const char *name, const char *what, int bad_steps)
{
	struct loader_config c = small;

	c.paths = 0;
	c.views = support_shard_path(name);
	fails_once(&c, name, what, bad_steps);
}

static void replay_refused(const char *name, const char *what)
{
	struct loader_config c = small;
	struct err e = { 0 };

	c.paths = 0;
	c.views = support_shard_path(name);
	assert_null(loader_open(&c, &e));
	check_message(&e, name, what);
}

static void bad_views(void **state)
{
	(void)state;
	write_views("views", 24, -1, 0, 0, 0);
	replay_fails("views", "", 0);
	write_views("views-label", 24, 5, 1, 0, 0);
	replay_fails("views-label", ": record 5: labelled 2, where view 1 of a sample has its place", 1);
	write_views("views-key", 24, 9, 0, 1, 0);
	replay_fails("views-key", ": record 9: view 1 of a sample has another key than its first", 1);
	write_views("views-size", 24, 20, 0, 0, 3);
	replay_fails("views-size", ": record 20: 19x19 pixels, where view 0 of a sample has 16", 1);
	write_views("views-23", 23, -1, 0, 0, 0);
	replay_refused("views-23", ": 23 records are no whole samples of 2 views");
	write_views("views-6", 6, -1, 0, 0, 0);
	replay_refused("views-6", ": 3 samples do not make a batch of 4");
}

/* ---- the configuration */

static void out_of_range(void **state)
{
	const char *path = support_shard_path("whole");
	struct err e = { 0 };

	(void)state;
#define WRONG(field, value) \
	do { \
		struct loader_config c = small; \
		c.path = &path; \
		c.field = value; \
		assert_null(loader_open(&c, &e)); \
		assert_true(e.msg[0]); \
		e.msg[0] = '\0'; \
	} while (0)
	WRONG(paths, 0);
	WRONG(views, "both");
	WRONG(batch, 0);
	WRONG(batch, -4);
	WRONG(ranks, 0);
	WRONG(ranks, 3);
	WRONG(rank, 1);
	WRONG(rank, -1);
	WRONG(groups, 0);
	WRONG(groups, LOADER_MAX_GROUPS + 1);
	WRONG(group[0].count, 0);
	WRONG(group[0].count, 4096);
	WRONG(group[0].augment.size, 0);
	WRONG(group[0].augment.flip_p, 2);
	WRONG(threads, 0);
	WRONG(prefetch, 0);
#undef WRONG
}

/* Where a dump cannot be written, opening or the step fails, with the reason, and nothing of it is left. */
static void dump_fails(void **state)
{
	const char *path = support_shard_path("whole");
	float *dst[] = { xcalloc(2 * B * 3 * SIZE * SIZE, sizeof(float)) };
	struct loader_config c = small;
	struct err e = { 0 };
	struct rlimit was, little;

	(void)state;
	c.path = &path;
	struct loader *l = loader_open(&c, &e);
	assert_non_null(l);
	assert_int_equal(loader_dump(l, support_shard_path("no/folder"), &e), -1);
	assert_non_null(strstr(e.msg, "no/folder"));
	assert_int_equal(loader_next(l, dst, &e), 0); /* which goes on without */

	const char *full = support_shard_path("full");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	little = (struct rlimit){ 2000, was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	assert_int_equal(loader_dump(l, full, &e), 0);
	int rc = loader_next(l, dst, &e) || loader_dump_end(l, NULL, &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(rc, 1);
	assert_non_null(strstr(e.msg, full));
	loader_close(l);
	assert_int_equal(access(full, F_OK), -1);
	free(dst[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_stream),	cmocka_unit_test(no_records),	    cmocka_unit_test(embeddings),
		cmocka_unit_test(truncated),	cmocka_unit_test(bad_crc),	    cmocka_unit_test(other_size),
		cmocka_unit_test(bad_pictures), cmocka_unit_test(grey_pictures),    cmocka_unit_test(bad_views),
		cmocka_unit_test(out_of_range), cmocka_unit_test(shrunk_meanwhile), cmocka_unit_test(dump_fails),
	};

	return cmocka_run_group_tests(tests, support_shard_begin, support_shard_end);
}
