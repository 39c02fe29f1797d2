/*
 * fuzz_lists.c - frl-eval's text lists: the first byte chooses templates, pairs, template pairs, gallery and probe, quality
 * or scores; the embeddings are always the same few
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/record.h"
#include "eval/recognition.h"
#include "eval/score_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { DIM = 4 };

static const char *const pictures[] = { "a/a_0001.jpg", "a/a_0002.jpg", "b/b_0001.jpg", "b/b_0002.jpg", "x", "1.jpg" };
enum { PICTURES = sizeof pictures / sizeof *pictures };
static const char few[] = "a/a_0001.jpg 1 1\na/a_0002.jpg 2 1\nb/b_0001.jpg 3 2\nb/b_0002.jpg 4 3\n";

/* A file in memory, which has a path. */
struct memory {
	int fd;
	char path[32];
};

static void check(int truth)
{
	if (!truth)
		abort();
}

static void memory_open(struct memory *m)
{
	m->fd = memfd_create("fuzz", 0);
	check(m->fd >= 0);
	snprintf(m->path, sizeof m->path, "/proc/self/fd/%d", m->fd);
}

static void memory_set(struct memory *m, const void *data, size_t len)
{
	check(ftruncate(m->fd, 0) == 0 && pwrite(m->fd, data, len, 0) == (ssize_t)len);
}

static void make_embeddings(struct memory *m)
{
	struct out o;
	struct err e = { 0 };

	memory_open(m);
	out_attach(&o, dup(m->fd), "embeddings");
	struct record_writer w = { &o, 0 };
	for (size_t i = 0; i < PICTURES; i++) {
		float v[DIM] = { 1, (float)i, (float)(i * i % 5), -1 };
		struct record r = { .kind = RECORD_TENSOR, .dtype = RECORD_F32, .ndim = 1, .dims = { DIM } };

		r.bytes = sizeof v;
		r.label = -1;
		r.key = hash_key(pictures[i]);
		check(record_write(&w, &r, v, &e) == 0);
	}
	check(record_end(&w, NULL, &e) == 0 && out_commit(&o, &e) == 0);
}

/* What came out are rates, or nothing at all. */
static void check_report(const struct report *r, int rc, const struct err *e)
{
	check(rc == 0 || e->msg[0]);
	for (size_t i = 0; i < r->n && !rc; i++)
		check(!(r->row[i].value < 0) && !(r->row[i].value > 1));
}

static void check_scores(const char *path)
{
	struct score_set s = { 0 };
	struct err e = { 0 };
	int rc = score_set_read(&s, path, &e);

	check(rc == 0 || e.msg[0]);
	for (int k = 0; k < 2; k++)
		for (size_t i = 1; i < s.n[k] && !rc; i++)
			check(s.score[k][i - 1] <= s.score[k][i]);
	score_set_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct memory embeddings, list, known;
	struct recognition r = { .threads = 1 };
	struct templates t = { 0 };
	struct err e = { 0 };
	const char *gallery;
	int rc = 0;

	if (!embeddings.fd) {
		make_embeddings(&embeddings);
		memory_open(&list);
		memory_open(&known);
		memory_set(&known, few, sizeof few - 1);
	}
	if (!len)
		return 0;
	memory_set(&list, data + 1, len - 1);
	gallery = list.path;
	report_init(&r.report, "recognition");
	r.embeddings = embeddings.path;
	r.templates = data[0] % 6 == 0 ? list.path : known.path;
	r.unit = data[0] >= 128;
	switch (data[0] % 6) {
	case 0:
		rc = templates_read(&t, &r, &e);
		for (size_t i = 0; i < t.n && !rc; i++)
			check(templates_find(&t, t.id[i]) == (int32_t)i && (!i || t.id[i - 1] < t.id[i]));
		break;
	case 1:
		r.pairs = list.path;
		rc = recognition_pairs(&r, &e);
		break;
	case 2:
		r.template_pairs = list.path;
		rc = templates_read(&t, &r, &e) || recognition_verify(&r, &t, &e) ? -1 : 0;
		break;
	case 3:
		r.probe = list.path;
		r.gallery.item = &gallery;
		r.gallery.n = 1;
		r.identification = r.unit ? IDENTIFY_NIST : IDENTIFY_MERGED;
		rc = templates_read(&t, &r, &e) || recognition_identify(&r, &t, &e) ? -1 : 0;
		break;
	case 4:
		r.quality = list.path;
		rc = templates_read(&t, &r, &e);
		break;
	default:
		check_scores(list.path);
	}
	check_report(&r.report, rc, &e);
	templates_release(&t);
	report_release(&r.report);
	return 0;
}
