/* Subsets of record streams: the same samples as of the manifest, from files and pipes, damage told. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/hash.h"
#include "common/record.h"
#include "subsample/subsample.h"

enum { N = 300 };

static char folder[] = "/tmp/frl-test-subsample-XXXXXX";
static char in_path[64], out_path[64];

static uint64_t key_of(int i)
{
	char text[24];

	snprintf(text, sizeof text, "%d", i);
	return hash_key(text);
}

/* N records of one byte, in two segments, label i / 10. */
static void write_stream(void)
{
	struct out o;
	struct err e = { 0 };
	struct record_writer w = { .out = &o };

	assert_int_equal(out_open(&o, in_path, true, &e), 0);
	for (int i = 0; i < N; i++) {
		struct record r = { .kind = RECORD_TENSOR,
				    .dtype = RECORD_U8,
				    .ndim = 1,
				    .dims = { 1 },
				    .bytes = 1,
				    .key = key_of(i),
				    .label = i / 10 };
		uint8_t payload = (uint8_t)i;

		assert_int_equal(record_write(&w, &r, &payload, &e), 0);
		if (i == N / 2)
			assert_int_equal(record_end(&w, NULL, &e), 0);
	}
	assert_int_equal(record_end(&w, NULL, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(in_path, sizeof in_path, "%s/in", folder);
	snprintf(out_path, sizeof out_path, "%s/out", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(in_path);
	unlink(out_path);
	return rmdir(folder);
}

/* Reads what was written: marks the samples, gives the closing text, returns how many. */
static int read_out(uint8_t found[N], char *text, size_t size)
{
	struct record_reader r;
	struct err e = { 0 };
	int n = 0, last = -1;

	memset(found, 0, N);
	assert_int_equal(record_open(&r, out_path, &e), 0);
	while (record_next(&r, &e) > 0) {
		if (r.head.kind == RECORD_END) {
			snprintf(text, size, "%.*s", (int)r.head.bytes, (const char *)r.payload);
			continue;
		}
		for (int i = last + 1; i < N; i++)
			if (r.head.key == key_of(i)) {
				assert_int_equal(r.payload[0], (uint8_t)i);
				assert_int_equal(r.head.label, i / 10);
				found[i] = 1;
				last = i;
				n++;
				break;
			}
	}
	assert_true(r.closed);
	assert_int_equal(r.segments, 1);
	record_close(&r);
	return n;
}

static int run(struct subsample *s, const char *path)
{
	struct subset_input in;
	struct err e = { 0 };
	int rc;

	s->out = out_path;
	assert_int_equal(subset_input_open(&in, path, &e), 0);
	assert_true(in.records);
	rc = subsample_records(s, &in, &e);
	subset_input_close(&in);
	return rc;
}

static void test_share(void **state)
{
	struct subsample s = { .rule = { .fraction = { 1, 5 }, .seed = 4 }, .streaming = true };
	uint8_t found[N];
	char text[200];
	int n = 0;

	(void)state;
	write_stream();
	assert_int_equal(run(&s, in_path), 0);
	read_out(found, text, sizeof text);
	for (int i = 0; i < N; i++) {
		int want = ratio_holds(s.rule.fraction, select_hash(4, key_of(i)));
		assert_int_equal(found[i], want);
		n += want;
	}
	assert_string_equal(text, "seed 4, 1/5 of the samples");
	assert_int_equal(s.summary.in, N);
	assert_int_equal(s.summary.out, n);
	assert_int_equal(s.summary.failed, 0);
}

static void test_count_and_identities(void **state)
{
	struct subsample s = {
		.common.quiet = true,
		.rule = { .by_count = true, .count = 30, .identity = SELECT_FROM, .share = { 1, 3 } },
	};
	uint8_t found[N];
	char text[200];
	int identities = 0;

	(void)state;
	write_stream();
	assert_int_equal(run(&s, in_path), 0);
	assert_int_equal(read_out(found, text, sizeof text), 30);
	for (int g = 0; g < N / 10; g++)
		identities += memchr(found + 10 * g, 1, 10) != NULL;
	assert_true(identities <= 10);
	assert_string_equal(text, "seed 0, 30 samples, from 1/3 of the identities; drawn from 10 of 30 identities");
}

/* Through a pipe whose writer starts with a few bytes: nothing is lost by looking at the first ones. */
static void test_pipe(void **state)
{
	struct subsample s = { .rule = { .by_count = true, .count = 17 } };
	uint8_t found[N];
	char text[200], path[32];
	int p[2], status;
	pid_t pid;

	(void)state;
	write_stream();
	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct buf b = { 0 };

		close(p[0]);
		if (io_slurp(in_path, 1 << 20, &b, NULL) || io_write_full(p[1], b.data, 2))
			_exit(1);
		usleep(20000);
		_exit(io_write_full(p[1], b.data + 2, b.len - 2) ? 1 : 0);
	}
	close(p[1]);
	snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
	assert_int_equal(run(&s, path), 0);
	close(p[0]);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(read_out(found, text, sizeof text), 17);
}

static void test_damage_is_counted(void **state)
{
	struct subsample s = { .rule = { .fraction = { 1, 1 } }, .streaming = true };
	uint8_t found[N];
	char text[200];
	int fd;

	(void)state;
	write_stream();
	fd = open(in_path, O_WRONLY);
	assert_true(pwrite(fd, "x", 1, 10 * 128 + 64) == 1);
	assert_int_equal(ftruncate(fd, 128 * 100 + 7), 0);
	close(fd);
	assert_int_equal(run(&s, in_path), 0);
	assert_int_equal(read_out(found, text, sizeof text), 99);
	assert_int_equal(found[10], 0);
	assert_int_equal(s.summary.failed, 2);
}

static void test_columns_of_manifests_are_refused(void **state)
{
	const char *item[] = { "valence" };
	struct subsample s = { .rule = { .fraction = { 1, 2 } }, .streaming = true, .where = { item, 1 } };

	(void)state;
	write_stream();
	assert_int_equal(run(&s, in_path), -1);
	s.where.n = 0;
	s.every = 2;
	assert_int_equal(run(&s, in_path), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_count_and_identities),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_damage_is_counted),
		cmocka_unit_test(test_columns_of_manifests_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
