/* test_pretrain.c - parts of frl-pretrain: event files as TensorBoard reads them, logs cut back, a collapse told from a plateau */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/le.h"
#include "common/rows.h"
#include "pretrain/options.h"
#include "pretrain/tensorboard.h"
#include "pretrain/watch.h"

static char folder[] = "/tmp/frl-test-XXXXXX";

/* The file of that name in the folder, or its only one (NULL). */
static void slurp(struct buf *b, const char *name)
{
	struct err e = { 0 };
	char *path = xasprintf("%s/%s", folder, name);

	if (io_slurp(path, 1 << 20, b, &e))
		fail_msg("%s", e.msg);
	free(path);
}

/* ---- TensorBoard: a reader written from the format's documentation */

/* By a table, most significant bit first, unlike the writer's; RFC 3720, B.4 has the values that it is checked with. */
static uint32_t reflect(uint32_t v, int bits)
{
	uint32_t r = 0;

	for (int i = 0; i < bits; i++, v >>= 1)
		r = r << 1 | (v & 1);
	return r;
}

static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= reflect(p[i], 8) << 24;
		for (int k = 0; k < 8; k++)
			crc = crc << 1 ^ (crc >> 31 ? UINT32_C(0x1edc6f41) : 0);
	}
	return ~reflect(crc, 32);
}

static uint32_t unmask(uint32_t v)
{
	v -= UINT32_C(0xa282ead8);
	return v << 15 | v >> 17;
}

struct event {
	double wall_time;
	uint64_t step;
	char version[40];
	int values, session;
	char tag[4][40];
	float value[4];
};

static uint64_t varint(const uint8_t **p)
{
	uint64_t v = 0;

	for (int shift = 0;; shift += 7) {
		v |= (uint64_t)(**p & 127) << shift;
		if (!(*(*p)++ & 128))
			return v;
	}
}

static void read_value(struct event *v, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		uint64_t key = varint(&p);

		if (key == (1 << 3 | 2)) { /* tag */
			size_t len = varint(&p);
			memcpy(v->tag[v->values], p, len);
			p += len;
		} else {
			assert_int_equal(key, 2 << 3 | 5); /* simple_value */
			uint32_t bits = le_get32(p);
			memcpy(&v->value[v->values], &bits, 4);
			p += 4;
		}
	}
	v->values++;
}

static void read_message(struct event *v, uint64_t field, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	if (field == 3)
		memcpy(v->version, p, len);
	else if (field == 7)
		v->session = len == 2 && p[0] == (1 << 3 | 0) ? p[1] : -1;
	for (; field == 5 && p < end; p += len) {
		assert_int_equal(varint(&p), 1 << 3 | 2);
		len = varint(&p);
		read_value(v, p, p + len);
	}
}

/* The event at p; returns where the next begins. */
static const uint8_t *read_event(struct event *v, const uint8_t *p)
{
	uint64_t len = le_get64(p);
	const uint8_t *end = p + 12 + len;

	assert_int_equal(unmask(le_get32(p + 8)), crc32c(p, 8));
	assert_int_equal(unmask(le_get32(end)), crc32c(p + 12, len));
	*v = (struct event){ 0 };
	for (p += 12; p < end;) {
		uint64_t key = varint(&p);

		if (key == (1 << 3 | 1)) {
			uint64_t bits = le_get64(p);
			memcpy(&v->wall_time, &bits, 8);
			p += 8;
		} else if (key == (2 << 3 | 0)) {
			v->step = varint(&p);
		} else {
			size_t size = varint(&p);

			assert_int_equal(key & 7, 2);
			read_message(v, key >> 3, p, size);
			p += size;
		}
	}
	assert_ptr_equal(p, end);
	return end + 4;
}

static void event_files(void **unused)
{
	static const struct tensorboard_value two[] = { { "loss", 5.25 }, { "lr", .1 } };
	char *dir = xasprintf("%s/board", folder), *name = NULL;
	struct tensorboard t = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };
	struct event v;

	(void)unused;
	assert_int_equal(crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
	assert_int_equal(tensorboard_open(&t, dir, 300, &e), 0);
	assert_int_equal(tensorboard_add(&t, 300, two, 2, &e), 0);
	assert_int_equal(tensorboard_add(&t, 1, two, 1, &e), 0);
	assert_int_equal(tensorboard_close(&t, &e), 0);
	DIR *d = opendir(dir);
	for (struct dirent *f; (f = readdir(d));)
		if (*f->d_name != '.')
			name = xasprintf("board/%s", f->d_name);
	closedir(d);
	assert_non_null(name);
	assert_int_equal(strncmp(name, "board/events.out.tfevents.", 26), 0);
	slurp(&b, name);

	const uint8_t *p = read_event(&v, (const uint8_t *)b.data);
	assert_string_equal(v.version, "brain.Event:2");
	assert_true(v.wall_time > 1.7e9);
	p = read_event(&v, p);
	assert_true(v.session == 1 && v.step == 300); /* what earlier files hold from 300 on is forgotten */
	p = read_event(&v, p);
	assert_true(v.step == 300 && v.values == 2);
	assert_string_equal(v.tag[0], "loss");
	assert_string_equal(v.tag[1], "lr");
	assert_true(v.value[0] == 5.25F && v.value[1] == .1F);
	p = read_event(&v, p);
	assert_true(v.step == 1 && v.values == 1);
	assert_ptr_equal(p, b.data + b.len);
	buf_release(&b);
	free(name);
	free(dir);
}

/* ---- rows */

static void rows_are_cut(void **unused)
{
	static const char header[] = "step\tx\n", all[] = "step\tx\n0\ta\n1\tb\n1\tc\n2\td\n10\te\n";
	static const struct {
		const char *file; /* NULL: none */
		uint64_t below;
		const char *left;
	} cases[] = {
		{ NULL, 0, header },
		{ NULL, 5, header },
		{ all, 0, header },
		{ all, 1, "step\tx\n0\ta\n" },
		{ all, 2, "step\tx\n0\ta\n1\tb\n1\tc\n" },
		{ all, 10, "step\tx\n0\ta\n1\tb\n1\tc\n2\td\n" },
		{ all, 11, all },
		{ "step\tx\n0\ta\n1\tto", 9, "step\tx\n0\ta\n" }, /* torn */
		{ "step\tx\n0\ta\nwhat\tb\n1\tc\n", 9, "step\tx\n0\ta\n" },
		{ "step\tx\n0\ta\n1\n2\tc\n", 9, "step\tx\n0\ta\n" }, /* a row without columns */
	};
	char *path = xasprintf("%s/rows.tsv", folder);
	struct err e = { 0 };
	struct out o;

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = { 0 };

		unlink(path);
		if (cases[i].file)
			assert_int_equal(io_write_file(path, cases[i].file, strlen(cases[i].file), &e), 0);
		assert_int_equal(rows_open(&o, path, header, cases[i].below, &e), 0);
		assert_int_equal(out_write(&o, "new\n", 4, &e), 0);
		assert_int_equal(out_commit(&o, &e), 0);
		slurp(&b, "rows.tsv");
		assert_int_equal(strncmp(b.data, cases[i].left, strlen(cases[i].left)), 0);
		assert_string_equal(b.data + strlen(cases[i].left), "new\n");
		buf_release(&b);
	}
	assert_int_equal(io_write_file(path, "other\n1\t2\n", 10, &e), 0);
	assert_int_equal(rows_open(&o, path, header, 1, &e), -1);
	assert_non_null(strstr(e.msg, "rows.tsv"));
	free(path);
}

/* ---- watching */

static enum watch_state after(struct watch *w, double loss, double spread)
{
	struct err e = { 0 };

	for (int i = 0; i < WATCH_WINDOW; i++) {
		struct log_row r = { .loss = loss, .spread = spread, .norm = 1, .seconds = 1 };

		assert_int_equal(watch_step(w, &r, &e), 0);
	}
	return w->state;
}

static void a_collapse_is_no_plateau(void **unused)
{
	struct watch w;
	struct err e = { 0 };
	double ln_k = log(300);

	(void)unused;
	watch_start(&w, 300, true);
	assert_int_equal(after(&w, ln_k + .4, .9), WATCH_WELL);
	assert_int_equal(after(&w, ln_k + .001, .9), WATCH_PLATEAU);
	assert_int_equal(after(&w, ln_k - .2, .9), WATCH_WELL);
	assert_int_equal(after(&w, ln_k + .0005, .17), WATCH_COLLAPSE); /* what SGD at .1 made of six small views */
	assert_int_equal(after(&w, ln_k - .5, .17), WATCH_WELL);
	assert_int_equal(after(&w, ln_k, .001), WATCH_COLLAPSE);
	assert_int_equal(after(&w, ln_k - .5, .001), WATCH_COLLAPSE);
	assert_false(w.starved);

	const double bad[] = { NAN, INFINITY, -INFINITY };
	for (size_t i = 0; i < 3; i++) {
		struct log_row r = { .loss = bad[i], .norm = 1 }, g = { .loss = 1, .norm = bad[i] };

		assert_int_equal(watch_step(&w, &r, &e), -1);
		assert_int_equal(watch_step(&w, &g, &e), -1);
		assert_int_equal(e.code, EXIT_CODE_FAILED);
	}
	for (int i = 0; i < WATCH_WINDOW; i++) {
		struct log_row r = { .loss = 1, .spread = 1, .norm = 1, .seconds = 1, .waited = .5 };

		assert_int_equal(watch_step(&w, &r, &e), 0);
	}
	assert_true(w.starved);
}

/* ---- options as numbers */

static void plans(void **unused)
{
	struct options o;
	struct plan p;
	struct schedule s;
	struct err e = { 0 };

	(void)unused;
	options_default(&o);
	assert_int_equal(options_plan(&o, &p, &e), 0);
	assert_true(p.groups == 2 && p.views == 8 && p.group[0].count == 2 && p.group[1].augment.size == 96);
	assert_true(p.group[0].augment.area[0] == .14 && p.group[1].augment.area[1] == .14);
	assert_true(p.group[1].augment.jitter[AUGMENT_HUE] == .2 && p.hidden == 2048);
	assert_true(p.lr == .3 * 64 / 256 && p.final_lr == p.lr / 1000);
	options_schedule(&o, &p, 100, &s);
	assert_true(s.total == 20000 && s.warmup == 1000 && s.base == p.lr);

	o.arch = RESNET18;
	o.queue = 200;
	o.steps = 7;
	o.schedule = SCHEDULE_STEPS;
	o.drops = "3s,0.5";
	assert_int_equal(options_plan(&o, &p, &e), 0);
	assert_true(p.queue == 192 && p.hidden == 512);
	options_schedule(&o, &p, 10, &s);
	assert_true(s.total == 7 && s.drops == 2 && s.drop[0] == 3 && s.drop[1] == 5);

	static const char *const bad[] = {
		"", "2", "x", "2x", "0x64", "1x64", "2x16", "2x64,", "2.5x64", "2x64,65x32"
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		o.crops = bad[i];
		assert_int_equal(options_plan(&o, &p, &e), -1);
		assert_non_null(strstr(e.msg, "--crops"));
		assert_int_equal(e.code, EXIT_CODE_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_files),
		cmocka_unit_test(rows_are_cut),
		cmocka_unit_test(a_collapse_is_no_plateau),
		cmocka_unit_test(plans),
	};

	if (!mkdtemp(folder))
		return 1;
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	char *command = xasprintf("rm -r %s", folder);
	if (system(command))
		rc = 1;
	free(command);
	return rc;
}
