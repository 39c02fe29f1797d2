/*
 * test_loader.c - what a step gets: against order.h and augment.h called one by one; the same for any number of threads,
 * ranks and batches ahead, wherever it begins; dumped and replayed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/data/loader.h"
#include "common/data/order.h"
#include "tests/unit/support_golden.h"
#include "tests/unit/support_shard.h"
#include "tests/unit/support_swav.h"

enum { N = 22, SIDE = 40, B = 4, STEPS = N / B, LARGE = 24, SMALL = 16, VIEWS = 5 };
enum { LARGE_FLOATS = 3 * LARGE * LARGE, SMALL_FLOATS = 3 * SMALL * SMALL };

static const struct loader_config small = {
	.batch = B,
	.ranks = 1,
	.groups = 2,
	.group = { { 2, AUGMENT_SWAV(LARGE, .14, 1) }, { 3, AUGMENT_SWAV(SMALL, .05, .14) } },
	.seed = 31,
	.threads = 2,
	.prefetch = 2,
};

/* A batch of all ranks: [view][sample][...] of each group. */
struct step {
	float large[2 * B * LARGE_FLOATS], small[3 * B * SMALL_FLOATS];
};

static struct loader *open_it(const struct loader_config *c)
{
	struct err e = { 0 };
	struct loader *l = loader_open(c, &e);

	if (!l)
		fail_msg("%s", e.msg);
	return l;
}

static void next(struct loader *l, struct step *s)
{
	struct err e = { 0 };
	float *dst[] = { s->large, s->small };

	if (loader_next(l, dst, &e))
		fail_msg("%s", e.msg);
	assert_true(loader_waited(l) >= 0);
}

/* `steps` steps from `from` on. */
static struct step *run(const struct loader_config *c, uint64_t from, int steps)
{
	struct step *s = xcalloc((size_t)steps, sizeof *s);
	struct loader *l = open_it(c);

	loader_seek(l, from);
	for (int i = 0; i < steps; i++)
		next(l, &s[i]);
	loader_close(l);
	return s;
}

/* ---- by hand */

static void by_hand(struct step *s, const struct loader_config *c, uint64_t samples, uint64_t step)
{
	uint32_t epoch = (uint32_t)(step / (samples / B));
	struct augment_scratch scratch = { 0 };
	struct augment_draws d;
	struct order o;
	struct image m;

	order_init(&o, samples, c->seed, epoch);
	for (uint64_t row = 0; row < B; row++) {
		uint64_t sample = order_at(&o, step % (samples / B) * B + row);
		support_shard_picture(&m, (int)sample, SIDE, SIDE);
		for (uint32_t v = 0; v < VIEWS; v++) {
			const struct augment *a = &c->group[v >= 2].augment;
			float *at = v < 2 ? s->large + (v * B + row) * LARGE_FLOATS
					  : s->small + ((v - 2) * B + row) * SMALL_FLOATS;
			augment_draw(&d, a, SIDE, SIDE, c->seed, epoch, sample, v);
			augment_apply(a, &d, &m, &scratch, AUGMENT_PLANES, at);
		}
		image_release(&m);
	}
	augment_scratch_release(&scratch);
}

static void check_by_hand(const struct loader_config *c, int steps)
{
	struct step *got = run(c, 0, steps), *want = xcalloc(1, sizeof *want);

	for (int i = 0; i < steps; i++) {
		by_hand(want, c, N, (uint64_t)i);
		assert_memory_equal(&got[i], want, sizeof *want);
	}
	free(got);
	free(want);
}

static void the_views_of_the_order(void **state)
{
	const char *path = support_shard_path("raw");
	struct loader_config c = small;

	(void)state;
	support_shard_write("raw", N, SIDE, SIDE, RECORD_TENSOR);
	c.path = &path;
	c.paths = 1;
	check_by_hand(&c, 2 * STEPS + 1);
	struct loader *l = open_it(&c);
	assert_int_equal(loader_samples(l), N);
	assert_int_equal(loader_steps(l), STEPS);
	assert_int_equal(loader_views(l), VIEWS);
	assert_true(loader_bytes(l) >= 2 * B * (2 * LARGE_FLOATS + 3 * SMALL_FLOATS));
	loader_close(l);
}

/* Streams one after the other, PNG among them, end records within: the same as one. */
static void several_streams(void **state)
{
	const char *path[] = { support_shard_path("part0"), support_shard_path("part1"), support_shard_path("part2") };
	static const int begin[] = { 0, 9, 10, N };
	struct loader_config c = small;
	struct shard s;
	struct image m;

	(void)state;
	for (int p = 0; p < 3; p++) {
		char name[] = "part0";
		name[4] = (char)('0' + p);
		support_shard_open(&s, name);
		for (int i = begin[p]; i < begin[p + 1]; i++) {
			support_shard_picture(&m, i, SIDE, SIDE);
			support_shard_add(&s, &m, p ? RECORD_PNG : RECORD_TENSOR, (uint64_t)i, -1, 0);
			image_release(&m);
			if (i == 4) {
				struct err e = { 0 };
				assert_int_equal(record_end(&s.writer, "the first segment", &e), 0);
			}
		}
		support_shard_close(&s, true);
	}
	c.path = path;
	c.paths = 3;
	check_by_hand(&c, STEPS + 1);
}

/* ---- whoever makes them */

static void the_same_for_everybody(void **state)
{
	const char *path = support_shard_path("jpeg");
	static const int threads[] = { 1, 2, 4, 7 }, prefetch[] = { 1, 3, 9 };
	struct loader_config c = small;

	(void)state;
	support_shard_write("jpeg", N, SIDE, SIDE, RECORD_JPEG);
	c.path = &path;
	c.paths = 1;
	struct step *want = run(&c, 0, 2 * STEPS);
	for (int t = 0; t < 4; t++)
		for (int p = 0; p < 3; p++) {
			c.threads = threads[t];
			c.prefetch = prefetch[p];
			for (int from = 0; from < 2 * STEPS; from += 3) {
				struct step *got = run(&c, (uint64_t)from, 2 * STEPS - from);
				assert_memory_equal(got, want + from, (size_t)(2 * STEPS - from) * sizeof *got);
				free(got);
			}
		}
	c.seed++;
	struct step *other = run(&c, 0, 1);
	assert_memory_not_equal(other, want, sizeof *other);
	free(other);
	free(want);
}

/* Forth and back, with batches in the making. */
static void seeking(void **state)
{
	const char *path = support_shard_path("jpeg");
	static const uint64_t to[] = { 3, 0, 9, 9, 2, 700, 1 };
	struct loader_config c = small;
	struct step *got = xcalloc(1, sizeof *got);

	(void)state;
	c.path = &path;
	c.paths = 1;
	struct loader *l = open_it(&c);
	for (size_t i = 0; i < sizeof to / sizeof *to; i++)
		for (uint64_t step = to[i]; step < to[i] + 2; step++) {
			if (step == to[i])
				loader_seek(l, step);
			next(l, got);
			struct step *want = run(&c, step, 1);
			assert_memory_equal(got, want, sizeof *want);
			free(want);
		}
	loader_close(l);
	free(got);
}

static void check_rank(const struct loader_config *c, int rank, int ranks, const struct step *want, int steps)
{
	struct loader_config mine = *c;
	struct step *got = xcalloc(1, sizeof *got);
	int rows = B / ranks;

	mine.rank = rank;
	mine.ranks = ranks;
	struct loader *l = open_it(&mine);
	assert_int_equal(loader_steps(l), STEPS);
	for (int i = 0; i < steps; i++) {
		next(l, got);
		for (int v = 0; v < 2; v++)
			assert_memory_equal(got->large + v * rows * LARGE_FLOATS,
					    want[i].large + (v * B + rank * rows) * LARGE_FLOATS,
					    (size_t)rows * LARGE_FLOATS * sizeof(float));
		for (int v = 0; v < 3; v++)
			assert_memory_equal(got->small + v * rows * SMALL_FLOATS,
					    want[i].small + (v * B + rank * rows) * SMALL_FLOATS,
					    (size_t)rows * SMALL_FLOATS * sizeof(float));
	}
	loader_close(l);
	free(got);
}

static void ranks_share_a_batch(void **state)
{
	const char *path = support_shard_path("jpeg");
	struct loader_config c = small;

	(void)state;
	c.path = &path;
	c.paths = 1;
	struct step *want = run(&c, 0, STEPS + 2);
	for (int ranks = 1; ranks <= B; ranks *= 2)
		for (int rank = 0; rank < ranks; rank++)
			check_rank(&c, rank, ranks, want, STEPS + 2);
	free(want);
}

/* ---- dump and replay */

static void dump(const struct loader_config *c, const char *name, uint64_t from, int steps, struct step *s)
{
	struct err e = { 0 };
	struct loader *l = open_it(c);

	loader_seek(l, from);
	assert_int_equal(loader_dump(l, support_shard_path(name), &e), 0);
	for (int i = 0; i < steps; i++)
		next(l, &s[i]);
	assert_int_equal(access(support_shard_path(name), F_OK), -1); /* whole or not at all */
	assert_int_equal(loader_dump_end(l, "#pg\ttest", &e), 0);
	loader_close(l);
}

static void same_files(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	struct err e = { 0 };

	assert_int_equal(io_slurp(support_shard_path(a), 1 << 26, &x, &e), 0);
	assert_int_equal(io_slurp(support_shard_path(b), 1 << 26, &y, &e), 0);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	buf_release(&x);
	buf_release(&y);
}

/* Keys and faces are those of the samples; an epoch has each once, but for those that make no batch. */
static void check_origins(const char *name, int steps)
{
	struct record_index x;
	struct err e = { 0 };
	int seen[N] = { 0 };

	assert_int_equal(record_index_load(&x, support_shard_path(name), &e), 0);
	assert_int_equal(x.n, steps * B * VIEWS);
	for (uint64_t i = 0; i < x.n; i++) {
		assert_int_equal(x.label[i], i % VIEWS);
		assert_in_range(x.key[i], 100, 100 + N - 1);
		assert_int_equal(x.face[i], (x.key[i] - 100) % 3);
		if (i % VIEWS == 0)
			assert_int_equal(seen[x.key[i] - 100]++, 0);
	}
	record_index_release(&x);
}

static void dumped_and_replayed(void **state)
{
	const char *path = support_shard_path("jpeg"), *views = support_shard_path("dump");
	struct loader_config c = small, replay = { .batch = B, .ranks = 1, .groups = 2, .threads = 3, .prefetch = 2 };
	struct step *want = xcalloc(STEPS, sizeof *want), *again = xcalloc(STEPS, sizeof *again);

	(void)state;
	c.path = &path;
	c.paths = 1;
	dump(&c, "dump", STEPS, STEPS, want); /* the second epoch */
	check_origins("dump", STEPS);
	replay.views = views;
	for (int g = 0; g < 2; g++) { /* all that a replay needs */
		const struct augment *a = &small.group[g].augment;
		replay.group[g].count = small.group[g].count;
		replay.group[g].augment.size = a->size;
		memcpy(replay.group[g].augment.mean, a->mean, sizeof a->mean);
		memcpy(replay.group[g].augment.std, a->std, sizeof a->std);
	}
	struct step *got = run(&replay, 0, 2 * STEPS + 1);
	for (int i = 0; i < 2 * STEPS + 1; i++) /* and again, when it is through */
		assert_memory_equal(&got[i], &want[i % STEPS], sizeof *got);
	for (int rank = 0; rank < 2; rank++)
		check_rank(&replay, rank, 2, got, STEPS);
	dump(&replay, "dump-of-dump", 0, STEPS, again);
	same_files("dump", "dump-of-dump");
	free(got);
	free(want);
	free(again);
}

/* Rank 0 writes what all ranks get; begun in the middle, only what follows. */
static void dumped_by_ranks(void **state)
{
	const char *path = support_shard_path("jpeg");
	struct loader_config c = small;
	struct step *s = xcalloc(STEPS, sizeof *s);
	struct err e = { 0 };

	(void)state;
	c.path = &path;
	c.paths = 1;
	c.ranks = 2;
	dump(&c, "dump-of-2", STEPS, STEPS, s);
	same_files("dump", "dump-of-2");
	c.rank = 1;
	struct loader *l = open_it(&c);
	assert_int_equal(loader_dump(l, support_shard_path("nobody"), &e), 0);
	next(l, s);
	assert_int_equal(loader_dump_end(l, NULL, &e), 0);
	loader_close(l);
	assert_int_equal(access(support_shard_path("nobody"), F_OK), -1);

	c.rank = 0;
	l = open_it(&c);
	for (int i = 0; i < STEPS - 1; i++)
		next(l, s);
	assert_int_equal(loader_dump(l, support_shard_path("late"), &e), 0);
	next(l, s);
	assert_int_equal(loader_dump_end(l, NULL, &e), 0);
	next(l, s); /* goes on without */
	assert_int_equal(loader_dump(l, support_shard_path("given-up"), &e), 0);
	next(l, s);
	loader_close(l);
	check_origins("late", 1);
	assert_int_equal(access(support_shard_path("given-up"), F_OK), -1);
	free(s);
}

/* The reference's own views (2x96 + 4x48, 10 steps of 16) as its run was fed with them. */
static void the_reference_replayed(void **state)
{
	enum { RB = 16, RSTEPS = 10 };
	char *folder = shared_path("reference/swav-r18");
	const char *views = support_shard_path("reference");
	struct loader_config c = { .views = views,
				   .batch = RB,
				   .ranks = 1,
				   .groups = 2,
				   .group = { { 2, AUGMENT_SWAV(96, .14, 1) }, { 4, AUGMENT_SWAV(48, .05, .14) } },
				   .threads = 2,
				   .prefetch = 1 };
	struct record_reader r;
	struct err e = { 0 };

	(void)state;
	if (!folder || access("/usr/bin/xz", X_OK))
		skip();
	char *command = xasprintf("xz -dc '%s/views.frlr.xz' > '%s'", folder, views);
	FILE *p = popen(command, "r");
	assert_int_equal(pclose(p), 0);
	float *dst[] = { xcalloc(2 * RB * 3 * 96 * 96, sizeof(float)), xcalloc(4 * RB * 3 * 48 * 48, sizeof(float)) };
	float *want = xcalloc(3 * 96 * 96, sizeof *want);
	struct loader *l = open_it(&c);
	assert_int_equal(loader_steps(l), RSTEPS);
	assert_int_equal(record_open(&r, views, &e), 0);
	for (int i = 0; i < RSTEPS; i++) {
		assert_int_equal(loader_next(l, dst, &e), 0);
		for (int k = 0; k < RB * 6; k++) {
			assert_int_equal(record_next(&r, &e), 1);
			int view = (int)r.head.label, row = (int)r.head.key - i * RB, g = view >= 2;
			int size = g ? 48 : 96;
			size_t n = 3 * (size_t)(size * size);
			support_swav_view(want, r.payload, size);
			assert_memory_equal(want, dst[g] + (size_t)((view - 2 * g) * RB + row) * n, n * sizeof(float));
		}
	}
	record_close(&r);
	loader_close(l);
	free(want);
	free(dst[0]);
	free(dst[1]);
	free(command);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_views_of_the_order), cmocka_unit_test(several_streams),
		cmocka_unit_test(the_same_for_everybody), cmocka_unit_test(seeking),
		cmocka_unit_test(ranks_share_a_batch),	  cmocka_unit_test(dumped_and_replayed),
		cmocka_unit_test(dumped_by_ranks),	  cmocka_unit_test(the_reference_replayed),
	};

	return cmocka_run_group_tests(tests, support_shard_begin, support_shard_end);
}
