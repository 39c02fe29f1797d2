/*
 * overlap.c - frl-curate overlap: persons and pictures that a training and a test set share
 *
 * Identities are compared as they are written, pictures by the SHA-256 of their bytes: from the manifest's column sha256
 * where it has one, else of the file.
 */
#include "tools/curate/overlap.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/image.h"
#include "common/io.h"
#include "common/opt.h"
#include "common/progress.h"
#include "common/thread.h"
#include "common/tsv.h"

/* A thing that rows have: its name (identity, or hash) and the first row's picture. */
struct entry {
	char *name, *path;
	uint64_t rows;
};

struct entries {
	struct entry *item;
	size_t n, cap;
};

enum { IDENTITY, SHA256, KINDS };

struct side {
	const char *file, *root;
	struct entries of[KINDS];
	uint64_t unreadable;
};

struct overlap {
	struct side side[2];
	bool no_hash;
	const char *output;
	struct opt_common common;
};

static void add(struct entries *l, const char *name, const char *path)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 1024;
		l->item = xrealloc_array(l->item, l->cap, sizeof *l->item);
	}
	l->item[l->n++] = (struct entry){ name ? xstrdup(name) : NULL, xstrdup(path), 1 };
}

static void release(struct entries *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].name);
		free(l->item[i].path);
	}
	free(l->item);
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : strcmp(x->path, y->path);
}

/* Sorts, and makes one of those with the same name; entries without one fall out. */
static void unite(struct entries *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->item[i].name)
			l->item[n++] = l->item[i];
		else
			free(l->item[i].path);
	}
	l->n = n;
	if (!n)
		return;
	qsort(l->item, n, sizeof *l->item, by_name);
	n = 1;
	for (size_t i = 1; i < l->n; i++) {
		struct entry *last = &l->item[n - 1], *x = &l->item[i];

		if (strcmp(last->name, x->name) != 0) {
			l->item[n++] = *x;
			continue;
		}
		last->rows += x->rows;
		free(x->name);
		free(x->path);
	}
	l->n = n;
}

/* ---- a manifest */

/* Several faces of one picture follow each other: it is one picture. */
static bool same_picture(const struct entries *l, const char *path)
{
	return l->n && !strcmp(l->item[l->n - 1].path, path);
}

static int read_rows(struct side *s, struct tsv *t, bool no_hash, struct err *e)
{
	int id = tsv_col(t, "identity"), path = tsv_need(t, "path", e), sha = tsv_col(t, "sha256");
	int status = tsv_col(t, "status"), rc;
	struct buf b = { 0 }, p = { 0 };

	if (path < 0)
		return -1;
	while ((rc = tsv_next(t, e)) > 0) {
		const char *name, *picture;

		if (!tsv_ok(&t->row, status))
			continue;
		picture = tsv_get(&t->row, path, &p);
		name = tsv_get(&t->row, id, &b);
		if (*name)
			add(&s->of[IDENTITY], name, picture);
		name = tsv_raw(&t->row, sha);
		if (!no_hash && !same_picture(&s->of[SHA256], picture))
			add(&s->of[SHA256], *name ? name : NULL, picture);
	}
	buf_release(&b);
	buf_release(&p);
	return rc;
}

/* The hash of a picture that the manifest has none of; unreadable ones stay without. */
static void hash_one(void *data, size_t i, int worker)
{
	struct side *s = data;
	struct entry *x = &s->of[SHA256].item[i];
	const struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct buf bytes = { 0 };
	char *path, hex[SHA256_HEX];

	(void)worker;
	if (x->name)
		return;
	path = s->root && *x->path != '/' ? xasprintf("%s/%s", s->root, x->path) : xstrdup(x->path);
	if (!image_slurp(&bytes, path, &limits, NULL)) {
		sha256_hex(bytes.data, bytes.len, hex);
		x->name = xstrdup(hex);
	}
	buf_release(&bytes);
	free(path);
	progress_add(1);
}

static int read_side(struct side *s, const struct overlap *o, struct err *e)
{
	struct entries *pictures = &s->of[SHA256];
	struct tsv t;
	int rc;

	if (tsv_open(&t, s->file, e))
		return -1;
	rc = read_rows(s, &t, o->no_hash, e);
	tsv_close(&t);
	if (rc)
		return -1;
	progress_start("overlap", pictures->n, o->common.quiet);
	parallel_for(o->common.threads ? o->common.threads : thread_default(), pictures->n, hash_one, s);
	progress_stop();
	for (size_t i = 0; i < pictures->n; i++)
		s->unreadable += !pictures->item[i].name;
	for (int k = 0; k < KINDS; k++)
		unite(&s->of[k]);
	return 0;
}

/* ---- what is shared */

static int put(struct tsv_out *w, struct out *out, const char *kind, const struct entry *a, const struct entry *b,
	       struct err *e)
{
	tsv_out_raw(w, kind);
	tsv_out_str(w, a->name);
	tsv_out_i64(w, (int64_t)a->rows);
	tsv_out_i64(w, (int64_t)b->rows);
	tsv_out_str(w, a->path);
	tsv_out_str(w, b->path);
	tsv_out_end(w);
	return tsv_out_write(w, out, e);
}

static int shared(struct overlap *o, int k, struct tsv_out *w, struct out *out, uint64_t *count, struct err *e)
{
	static const char *const name[] = { "identity", "sha256" };
	const struct entries *a = &o->side[0].of[k], *b = &o->side[1].of[k];
	int rc = 0;

	for (size_t i = 0, j = 0; !rc && i < a->n && j < b->n;) {
		int d = strcmp(a->item[i].name, b->item[j].name);

		if (!d) {
			rc = put(w, out, name[k], &a->item[i], &b->item[j], e);
			(*count)++;
		}
		i += d <= 0;
		j += d >= 0;
	}
	return rc;
}

static int write_shared(struct overlap *o, int argc, char **argv, struct summary *summary, struct err *e)
{
	static const char *const column[] = { "kind", "value", "rows_a", "rows_b", "path_a", "path_b" };
	struct tsv_out w = { 0 };
	struct out out = { 0 };
	uint64_t count[KINDS] = { 0 };
	int rc = out_open(&out, o->output, false, e);

	if (!rc) {
		tsv_out_pg(&w, o->common.no_pg, argc + 1, argv - 1);
		for (size_t i = 0; i < sizeof column / sizeof *column; i++)
			tsv_out_raw(&w, column[i]);
		tsv_out_end(&w);
		rc = tsv_out_write(&w, &out, e);
	}
	for (int k = 0; !rc && k < KINDS; k++)
		rc = shared(o, k, &w, &out, &count[k], e);
	if (!rc)
		rc = out_commit(&out, e);
	summary->out = count[IDENTITY] + count[SHA256];
	summary_extra(summary, "shared identities", (double)count[IDENTITY]);
	summary_extra(summary, "shared pictures", (double)count[SHA256]);
	tsv_out_release(&w);
	return rc;
}

int overlap_main(int argc, char **argv)
{
	struct overlap o = { .output = "-" };
	const char *root = NULL, *root_b = NULL;
	const struct opt_program program = {
		.name = "frl-curate overlap",
		.synopsis = "frl-curate overlap [option ...] A.tsv B.tsv",
		.purpose = "Identities and pictures (by SHA-256) that two manifests share: training and test set.",
		.example = "frl-curate overlap --root /data/vggface2 --root-b /data/lfw vggface2.tsv lfw.tsv",
	};
	struct opt options[] = {
		OPT_GROUP("Input"),
		OPT_STR(0, "root", "DIR", &root, "paths in A, and in B without --root-b, are relative to it"),
		OPT_STR(0, "root-b", "DIR", &root_b, "paths in B are relative to it"),
		OPT_BOOL(0, "no-hash", &o.no_hash, "identities only: no picture is opened"),
		OPT_STR('o', "output", "FILE", &o.output, "where the rows go; - is standard output"),
		OPT_COMMON(&o.common),
		OPT_END,
	};
	struct summary summary = { 0 };
	struct err e = { 0 };
	int first = opt_parse(&program, options, argc, argv);

	if (argc - first != 2)
		opt_usage(&program, "two manifests are needed");
	o.side[0].root = root;
	o.side[1].root = root_b ? root_b : root;
	for (int i = 0; i < 2; i++) {
		o.side[i].file = argv[first + i];
		if (read_side(&o.side[i], &o, &e))
			die_err(&e);
		summary.failed += o.side[i].unreadable;
		summary.in += o.side[i].of[SHA256].n + o.side[i].unreadable;
	}
	if (write_shared(&o, argc, argv, &summary, &e))
		die_err(&e);
	if (summary.failed)
		warn("%llu pictures cannot be read: not compared", (unsigned long long)summary.failed);
	summary_print(&summary, o.common.quiet, o.common.json);
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < KINDS; k++)
			release(&o.side[i].of[k]);
	return summary.failed ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;
}
