/*
 * test_ijb_counts.c - IJB-B's 1:1 at its published size, from lists made by formula: 227,630 pictures, 12,115 templates, 8,010,270
 * pairs, 10,270 of them genuine
 *
 * 1,845 templates are in the galleries, one for each person; each of 10,270 probes has its one genuine pair there, and 8,000,000
 * impostor pairs are the rest. Persons are directions in a plane, apart by 1/1,845 of a half circle, and every tenth probe looks
 * the other way: nine tenths of the genuine pairs score 1, the others -1, every impostor lies between.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/hash.h"
#include "common/record.h"
#include "eval/recognition.h"

enum {
	GALLERY = 1845,
	PROBES = 10270,
	TEMPLATES = 12115,
	PICTURES = 227630,
	IMPOSTORS = 8000000,
	PAIRS = 8010270,
	DIM = 2,
	BAD = 10 /* every tenth probe */
};

_Static_assert(GALLERY + PROBES == TEMPLATES && IMPOSTORS + PROBES == PAIRS, "the published counts");
/* IJB-C's: 3,531 in the galleries and 19,593 probes; 19,557 of them have a mate there. */
_Static_assert(3531 + 19593 == 23124 && 15638932 + 19557 == 15658489, "the published counts");

struct list {
	int fd;
	char path[32];
	FILE *f;
};

static void list_open(struct list *l)
{
	l->fd = memfd_create("list", 0);
	assert_true(l->fd >= 0);
	snprintf(l->path, sizeof l->path, "/proc/self/fd/%d", l->fd);
	l->f = fdopen(l->fd, "w");
	assert_non_null(l->f);
}

static int person(int template)
{
	return template <GALLERY ? template : (template - GALLERY) % GALLERY;
}

/* Of picture i: all templates have one first, then the rest goes round. */
static int template_of(int i)
{
	return i % TEMPLATES;
}

static void write_embeddings(struct list *l)
{
	struct out o;
	struct err e = { 0 };

	out_attach(&o, dup(l->fd), "embeddings");
	struct record_writer w = { &o, 0 };
	for (int i = 0; i < PICTURES; i++) {
		const int t = template_of(i);
		const double angle = M_PI * person(t) / GALLERY, norm = 5 + i % 7;
		const double side = t >= GALLERY && (t - GALLERY) % BAD == 0 ? -norm : norm;
		float v[DIM] = { (float)(side * cos(angle)), (float)(side * sin(angle)) };
		struct record r = { .kind = RECORD_TENSOR, .dtype = RECORD_F32, .ndim = 1, .dims = { DIM } };
		char name[32];

		snprintf(name, sizeof name, "%d.jpg", i + 1);
		r.bytes = sizeof v;
		r.label = -1;
		r.key = hash_key(name);
		assert_int_equal(record_write(&w, &r, v, &e), 0);
	}
	assert_int_equal(record_end(&w, NULL, &e), 0);
	assert_int_equal(out_commit(&o, &e), 0);
}

static void write_lists(struct list *members, struct list *pairs)
{
	for (int i = 0; i < PICTURES; i++)
		fprintf(members->f, "%d.jpg %d %d\n", i + 1, template_of(i) + 1, i / TEMPLATES);
	for (int p = 0; p < PROBES; p++)
		fprintf(pairs->f, "%d %d 1\n", person(GALLERY + p) + 1, GALLERY + p + 1);
	/* Another person each time round. */
	for (int k = 0; k < IMPOSTORS; k++) {
		const int p = k % PROBES;

		fprintf(pairs->f, "%d %d 0\n", (person(GALLERY + p) + 1 + k / PROBES) % GALLERY + 1, GALLERY + p + 1);
	}
	assert_int_equal(fflush(members->f), 0);
	assert_int_equal(fflush(pairs->f), 0);
}

static double value(const struct report *r, const char *metric)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->row[i].metric, metric)) {
			assert_int_equal(r->row[i].n, PAIRS);
			return r->row[i].value;
		}
	fail_msg("no %s", metric);
	return NAN;
}

static void test_counts(void **state)
{
	struct list embeddings, members, pairs;
	struct recognition r = { .fd = -1 };
	struct templates t = { 0 };
	struct err e = { 0 };

	(void)state;
	list_open(&embeddings);
	list_open(&members);
	list_open(&pairs);
	write_embeddings(&embeddings);
	write_lists(&members, &pairs);
	report_init(&r.report, "recognition");
	r.embeddings = embeddings.path;
	r.templates = members.path;
	r.template_pairs = pairs.path;
	assert_int_equal(templates_read(&t, &r, &e), 0);
	assert_int_equal(t.n, TEMPLATES);
	assert_int_equal(t.dim, DIM);
	assert_int_equal(recognition_verify(&r, &t, &e), 0);
	/* 9,243 of 10,270: as many genuine pairs are there. */
	for (int k = 1; k <= 6; k++) {
		char name[16];

		snprintf(name, sizeof name, "tar@1e-%d", k);
		assert_true(fabs(value(&r.report, name) - 9243. / PROBES) < 1e-12);
	}
	assert_true(fabs(value(&r.report, "auc") - 9243. / PROBES) < 1e-12);
	assert_true(fabs(value(&r.report, "eer") - 1027. / PROBES) < 1e-6);
	templates_release(&t);
	report_release(&r.report);
	fclose(embeddings.f);
	fclose(members.f);
	fclose(pairs.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
