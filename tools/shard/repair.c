/*
 * repair.c - frl-shard repair: cuts a torn tail, drops what is damaged, closes the stream
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/shard/shard.h"

static const struct opt_program program = {
	.name = "frl-shard repair",
	.synopsis = "frl-shard repair [OPTION]... FILE...\n"
		    "frl-shard repair [OPTION]... [-o OUT] [FILE] > OUT",
	.purpose =
		"Mends streams. Files are mended in place: a torn tail is cut and the end record written; only where records "
		"are damaged is the file written anew, without them, and put in the old one's place. With -o, or from "
		"standard input, the mended stream is written and the input left alone.",
	.example = "frl-shard repair shard.bin",
};

static const char cut[] = "#cut\tthe stream was cut short here\n";

struct result {
	struct summary sum;
	uint64_t lost_bytes;
	int status;
};

static void account(struct result *res, const struct record_reader *r)
{
	res->sum.in += r->records;
	res->sum.failed += r->damage;
	res->lost_bytes += r->lost_bytes;
	/* The torn tail of an interrupted writer never was a record; other damage is a loss. */
	if (r->damage > (uint64_t)r->torn)
		res->status = EXIT_CODE_SOME_FAILED;
}

/* The text of an end record as a string: it is copied as it is, as far as it is text. */
static char *end_text(const struct record_reader *r)
{
	return xstrndup((const char *)r->payload, r->head.bytes);
}

/* Copies what is good, with end records that count right. */
static int copy_good(struct record_reader *r, struct out *o, struct result *res, struct err *e)
{
	struct record_writer w = { .out = o };
	bool closed = false;
	int rc;

	while ((rc = record_next(r, e)) == 1) {
		closed = r->head.kind == RECORD_END;
		if (closed) {
			char *text = end_text(r);
			rc = record_end(&w, text, e);
			free(text);
		} else {
			rc = record_copy(&w, &r->head, r->payload, e);
			res->sum.out++;
		}
		if (rc)
			return -1;
		progress_add(1);
	}
	return rc || closed ? rc : record_end(&w, cut, e);
}

static int repair_to(const char *from, const char *to, struct result *res, struct err *e)
{
	struct record_reader r;
	struct out o = { 0 };

	if (record_open(&r, from, e))
		return -1;
	int rc = out_open(&o, to, true, e);
	if (!rc)
		rc = copy_good(&r, &o, res, e);
	account(res, &r);
	record_close(&r);
	if (!rc)
		return out_commit(&o, e);
	out_abort(&o);
	return -1;
}

/* Reads all of the file; is there damage that cutting its tail does not mend? 1, 0, or -1. */
static int needs_rewriting(const char *path, struct result *res, struct err *e)
{
	struct record_reader r;
	int rc;

	if (record_open(&r, path, e))
		return -1;
	while ((rc = record_next(&r, e)) == 1)
		progress_add(1);
	if (!rc && !r.damage) {
		res->sum.in += r.records;
		res->sum.out += r.records;
	}
	rc = rc ? rc : r.damage > 0;
	record_close(&r);
	return rc;
}

static int repair_in_place(const char *path, struct result *res, struct err *e)
{
	struct record_append a;
	struct result again = { 0 };

	if (access(path, F_OK))
		return err_sys(e, "cannot open '%s'", path);
	/* Locks, cuts the tail, ends the last segment: all there is to do in most cases. */
	if (record_append_open(&a, path, e))
		return -1;
	if (a.cut) {
		res->sum.failed++;
		res->lost_bytes += a.cut;
	}
	int rc = needs_rewriting(path, res, e);
	if (rc > 0) {
		/* The damage has been warned of already. */
		rc = repair_to(path, path, &again, e);
		res->sum.in += again.sum.in;
		res->sum.out += again.sum.out;
		res->sum.failed += again.sum.failed;
		res->lost_bytes += again.lost_bytes;
		res->status = again.status ? again.status : res->status;
	}
	/* Nothing was appended: this closes an empty file, and lets go of the lock. */
	if (rc) {
		record_append_abort(&a);
		return -1;
	}
	return record_append_commit(&a, NULL, e);
}

int shard_repair(int argc, char **argv)
{
	struct opt_common common = { 0 };
	const char *path = NULL;
	const struct opt options[] = {
		OPT_STR('o', "output", "OUT", &path, "write the mended stream to OUT ('-': standard output)"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	int files = argc - first;
	struct result res = { 0 };
	struct err e = { 0 };

	if (path && files > 1)
		opt_usage(&program, "with -o there is one FILE");
	if (!files && isatty(STDIN_FILENO))
		opt_usage(&program, NULL);
	progress_start("records", 0, common.quiet);
	int rc = 0;
	if (path || !files)
		rc = repair_to(files ? argv[first] : NULL, path, &res, &e);
	else
		for (int i = first; i < argc && !rc; i++)
			rc = repair_in_place(argv[i], &res, &e);
	progress_stop();
	if (rc)
		die_err(&e);
	summary_extra(&res.sum, "bytes lost", (double)res.lost_bytes);
	summary_print(&res.sum, common.quiet, common.json);
	return res.status;
}
