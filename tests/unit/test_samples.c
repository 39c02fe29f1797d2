/* test_samples.c - labels joined with records, and batches of labelled samples */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/data/order.h"
#include "common/data/samples.h"
#include "common/hash.h"
#include "tests/unit/support_shard.h"

enum { N = 13, SIDE = 20, SIZE = 16, FLOATS = 3 * SIZE * SIZE };

/* ---- streams and manifests */

/* Records id0 .. with the faces given. */
static void write_stream(const char *name, int n, int faces)
{
	struct shard s;

	support_shard_open(&s, name);
	for (int i = 0; i < n; i++) {
		char id[32];
		struct image m;

		snprintf(id, sizeof id, "id%d", i / faces);
		support_shard_picture(&m, i, SIDE, SIDE);
		support_shard_add(&s, &m, RECORD_TENSOR, hash_key(id), -1, (uint32_t)(i % faces));
		image_release(&m);
	}
	support_shard_close(&s, true);
}

struct joined {
	struct source source;
	struct table table;
	struct labels labels;
	struct err e;
};

/* x is the label; negative: none; above 100: an error. */
static int label_of(void *data, const struct table *t, size_t row, double *value, struct err *e)
{
	double x = t->number[row];

	(void)data;
	if (x > 100)
		return table_bad(t, row, "x", "is too large", e);
	value[0] = x;
	value[1] = 2 * x;
	return x >= 0;
}

static int join(struct joined *j, const char *stream, const char *text)
{
	static const char *const x[] = { "x" };
	const char *path = support_shard_path(stream);

	memset(j, 0, sizeof *j);
	assert_int_equal(source_open(&j->source, &path, 1, true, &j->e), 0);
	assert_int_equal(tsv_open_memory(&j->table.tsv, "labels", text, strlen(text), &j->e), 0);
	assert_int_equal(table_load(&j->table, x, 1, NULL, 0, false, &j->e), 0);
	return labels_join(&j->labels, &j->source, &j->table, 2, label_of, NULL, &j->e);
}

static void release(struct joined *j)
{
	labels_release(&j->labels);
	source_close(&j->source);
	table_release(&j->table);
}

static void joins(void **unused)
{
	struct joined j;

	(void)unused;
	write_stream("one", 5, 1);
	/* id9 has no picture, id0 and id4 no row, id2 no label; rows in another order than records */
	assert_int_equal(join(&j, "one", "id\tx\nid3\t3\nid9\t9\nid1\t1\nid2\t-1\n"), 0);
	assert_int_equal(j.labels.n, 2);
	assert_int_equal(j.labels.record[0], 1);
	assert_int_equal(j.labels.record[1], 3);
	assert_int_equal(j.labels.row[1], 0);
	assert_true(j.labels.value[0] == 1 && j.labels.value[1] == 2 && j.labels.value[2] == 3);
	assert_int_equal(j.labels.unlabelled, 2);
	assert_int_equal(j.labels.unpictured, 1);
	assert_int_equal(j.labels.left_out, 1);
	assert_string_equal(j.labels.first_unpictured, "id9");
	assert_non_null(j.labels.first_unlabelled);
	release(&j);
}

static void faces(void **unused)
{
	struct joined j;

	(void)unused;
	write_stream("two", 6, 2);
	assert_int_equal(join(&j, "two", "id\tface\tx\nid0\t1\t1\nid0\t0\t10\nid2\t0\t20\nid2\t1\t21\n"), 0);
	assert_int_equal(j.labels.n, 4);
	assert_true(j.labels.value[0] == 10 && j.labels.value[2] == 1 && j.labels.value[4] == 20);
	release(&j);
	/* two faces among the pictures, one row */
	assert_int_equal(join(&j, "two", "id\tx\nid1\t1\n"), -1);
	assert_non_null(strstr(j.e.msg, "'id1' has 1 face there and 2"));
	release(&j);
	write_stream("one", 5, 1);
	assert_int_equal(join(&j, "one", "id\tface\tx\nid1\t0\t1\nid1\t1\t1\n"), -1);
	assert_non_null(strstr(j.e.msg, "'id1' has 2 faces there and 1"));
	release(&j);
}

static void no_labels(void **unused)
{
	struct joined j;

	(void)unused;
	write_stream("one", 5, 1);
	assert_int_equal(join(&j, "one", "id\tx\nother\t1\n"), -1);
	assert_non_null(strstr(j.e.msg, "nothing in common"));
	release(&j);
	assert_int_equal(join(&j, "one", "id\tx\nid1\t-1\n"), -1);
	assert_non_null(strstr(j.e.msg, "has a label"));
	release(&j);
	assert_int_equal(join(&j, "one", "id\tx\nid1\t1\nid3\t101\n"), -1);
	assert_non_null(strstr(j.e.msg, "line 3: column 'x': is too large"));
	release(&j);
	/* an error in a row without a picture is nobody's */
	assert_int_equal(join(&j, "one", "id\tx\nid1\t1\nother\t101\n"), 0);
	release(&j);
}

/* ---- batches */

static int move_it(void *data, const struct warp_draws *d, int w, int h, const double *value, double *label,
		   struct err *e)
{
	(void)data;
	(void)e;
	assert_true(w == SIDE && h == SIDE);
	warp_point(d->a, value[0], value[1], label);
	label[2] = value[0];
	return 0;
}

static void all_joined(struct joined *j, int n)
{
	struct buf text = { 0 };

	buf_add_str(&text, "id\tx\n");
	for (int i = 0; i < n; i++)
		buf_printf(&text, "id%d\t%d\n", i, i);
	write_stream("many", n, 1);
	assert_int_equal(join(j, "many", text.data), 0);
	buf_release(&text);
}

static struct samples_config config_of(struct joined *j)
{
	return (struct samples_config){
		.source = &j->source,
		.labels = &j->labels,
		.warp = { .size = SIZE, .rotation = 20, .scale = { .9, 1.1 }, .flip_p = .5, .std = { 1, 1, 1 } },
		.augment = true,
		.move = move_it,
		.width = 3,
		.batch = 4,
		.ranks = 1,
		.seed = 3,
		.threads = 2,
		.prefetch = 2,
	};
}

static void sizes(void **unused)
{
	/* samples, batch: batches, and the last one's size */
	static const int want[][4] = { { 13, 4, 3, 5 }, { 12, 4, 3, 4 }, { 11, 4, 3, 3 }, { 3, 4, 1, 3 },
				       { 1, 4, 1, 1 },	{ 5, 4, 1, 5 },	 { 3, 1, 3, 1 },  { 2, 1, 2, 1 } };
	struct err e = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct joined j;
		all_joined(&j, want[i][0]);
		struct samples_config c = config_of(&j);
		c.batch = want[i][1];
		struct samples *s = samples_open(&c, &e);
		assert_non_null(s);
		assert_int_equal(samples_steps(s), want[i][2]);
		assert_int_equal(samples_count(s, (uint64_t)want[i][2] - 1), want[i][3]);
		assert_int_equal(samples_count(s, 7 * (uint64_t)want[i][2] - 1), want[i][3]);
		samples_close(s);
		release(&j);
	}
}

struct epoch {
	float picture[N * FLOATS];
	double label[N * 3];
	int n;
};

/* All samples of an epoch, as ranks and threads give them, rank by rank in each batch. */
static void read_epoch(const struct samples_config *config, uint64_t epoch, struct epoch *all)
{
	struct samples *s[3];
	struct err e = { 0 };

	all->n = 0;
	for (int r = 0; r < config->ranks; r++) {
		struct samples_config c = *config;

		c.rank = r;
		s[r] = samples_open(&c, &e);
		assert_non_null(s[r]);
		samples_seek(s[r], epoch * samples_steps(s[r]));
	}
	for (uint64_t i = 0; i < samples_steps(s[0]); i++)
		for (int r = 0; r < config->ranks; r++) {
			assert_int_equal(samples_next(s[r], all->picture + all->n * FLOATS, all->label + all->n * 3,
						      &e),
					 0);
			all->n += samples_own(s[r], samples_count(s[r], i));
		}
	for (int r = 0; r < config->ranks; r++)
		samples_close(s[r]);
	assert_int_equal(all->n, N);
}

static void epochs(void **unused)
{
	static struct epoch first, second, other;
	struct joined j;
	bool seen[N] = { 0 };

	(void)unused;
	all_joined(&j, N);
	struct samples_config c = config_of(&j);
	read_epoch(&c, 0, &first);
	read_epoch(&c, 1, &second);
	assert_memory_not_equal(first.picture, second.picture, sizeof first.picture);
	for (int i = 0; i < N; i++) {
		int k = (int)first.label[3 * i + 2];
		struct order o;

		order_init(&o, N, 3, 0);
		assert_int_equal(k, order_at(&o, (uint64_t)i));
		assert_false(seen[k]);
		seen[k] = true;
		/* made by hand */
		static float want[FLOATS];
		struct warp_draws d;
		struct augment_scratch scratch = { 0 };
		struct image m;
		double at[2];
		support_shard_picture(&m, k, SIDE, SIDE);
		warp_draw(&d, &c.warp, SIDE, SIDE, 3, 0, (uint64_t)k, 0);
		warp_apply(&c.warp, &d, &m, &scratch, want);
		warp_point(d.a, k, 2 * k, at);
		assert_memory_equal(want, first.picture + i * FLOATS, sizeof want);
		assert_memory_equal(at, first.label + 3 * i, sizeof at);
		augment_scratch_release(&scratch);
		image_release(&m);
	}
	/* threads, batches ahead and ranks change nothing */
	c.threads = 3;
	c.prefetch = 1;
	read_epoch(&c, 1, &other);
	assert_memory_equal(&other, &second, sizeof other);
	c.ranks = 3;
	c.threads = 1;
	read_epoch(&c, 1, &other);
	assert_memory_equal(&other, &second, sizeof other);
	release(&j);
}

static void evaluation(void **unused)
{
	static struct epoch all;
	struct joined j;

	(void)unused;
	all_joined(&j, N);
	struct samples_config c = config_of(&j);
	c.augment = false;
	read_epoch(&c, 0, &all);
	for (int i = 0; i < N; i++) {
		assert_true(all.label[3 * i + 2] == i);
		assert_true(fabs(all.label[3 * i] - i * .8) < 1e-12); /* 20 pixels become 16 */
	}
	release(&j);
}

static void bad(void **unused)
{
	struct joined j;
	struct err e = { 0 };
	float picture[4 * FLOATS];
	double label[12];

	(void)unused;
	all_joined(&j, 3);
	struct samples_config c = config_of(&j);
	c.ranks = 4;
	assert_null(samples_open(&c, &e));
	c.ranks = 1;
	c.batch = 0;
	assert_null(samples_open(&c, &e));
	c.batch = 4;
	c.warp.size = 0;
	assert_null(samples_open(&c, &e));
	c.warp.size = SIZE;
	/* a record that changed since it was written: named when it is read */
	support_shard_flip("many", 64 + 5, 0x10);
	struct samples *s = samples_open(&c, &e);
	assert_non_null(s);
	assert_int_equal(samples_next(s, picture, label, &e), -1);
	assert_non_null(strstr(e.msg, "many"));
	samples_close(s);
	release(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins), cmocka_unit_test(faces),  cmocka_unit_test(no_labels),
		cmocka_unit_test(sizes), cmocka_unit_test(epochs), cmocka_unit_test(evaluation),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, support_shard_begin, support_shard_end);
}
