/*
 * check.c - frl-shard check: is everything there, and as it was written?
 */
#include <stdio.h>
#include <string.h>

#include "common/tsv.h"
#include "tools/shard/shard.h"

static const struct opt_program program = {
	.name = "frl-shard check",
	.synopsis = "frl-shard check [OPTION]... [FILE]...",
	.purpose =
		"Verifies streams: every CRC, the counts of the end records, and that each stream ends with one. Writes a "
		"row for each.",
	.example = "frl-shard check shard.bin && echo whole",
};

static void header(struct tsv_out *w)
{
	static const char *const columns[] = { "file",	"state",  "records",	  "segments",
					       "bytes", "damage", "lost_records", "lost_bytes" };

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(w, columns[i]);
	tsv_out_end(w);
}

static void row(struct tsv_out *w, const struct streams *in, const char *state)
{
	tsv_out_str(w, in->path[0]);
	tsv_out_raw(w, state);
	tsv_out_i64(w, (int64_t)in->records);
	tsv_out_i64(w, (int64_t)in->segments);
	tsv_out_i64(w, (int64_t)in->bytes);
	tsv_out_i64(w, (int64_t)in->damage);
	tsv_out_i64(w, (int64_t)in->lost_records);
	tsv_out_i64(w, (int64_t)in->lost_bytes);
	tsv_out_end(w);
}

/* Reads one stream to its end. 0: whole; else the exit status that suits. */
static int check(struct streams *in, struct tsv_out *w, struct summary *sum)
{
	struct err e = { 0 };
	const char *state;
	int rc, status;

	while ((rc = streams_next(in, &e)) == 1)
		progress_add(1);
	if (rc) {
		warn("%s", e.msg);
		state = e.code == EXIT_CODE_BAD_INPUT ? "not-a-stream" : "unreadable";
		status = e.code;
	} else {
		/* A torn tail is a stream cut short; damage is what happened to what had been written. */
		state = in->damage > (uint64_t)in->torn ? "damaged" : in->cut_short ? "cut-short" : "ok";
		status = in->damage || in->cut_short ? EXIT_CODE_SOME_FAILED : 0;
	}
	row(w, in, state);
	sum->in += in->records;
	sum->out += in->records;
	sum->failed += in->damage;
	return status;
}

int shard_check(int argc, char **argv)
{
	struct opt_common common = { 0 };
	bool quick = false;
	const struct opt options[] = {
		OPT_BOOL(0, "quick", &quick, "hop over payloads: headers, counts and the end only"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_NO_PG(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	int files = argc - first, status = 0;
	struct tsv_out w = { 0 };
	struct out o = { 0 };
	struct summary sum = { 0 };
	struct err e = { 0 };

	if (out_open(&o, NULL, false, &e))
		die_err(&e);
	tsv_out_pg(&w, common.no_pg, argc + 1, argv - 1);
	header(&w);
	progress_start("records", 0, common.quiet);
	do {
		struct streams in;
		streams_init(&in, &program, first < argc ? first + 1 : argc, argv, first, quick);
		int rc = check(&in, &w, &sum);
		/* Of several files, some failed; of a single one, its own reason. */
		if (rc)
			status = files > 1 ? EXIT_CODE_SOME_FAILED : rc;
		streams_finish(&in);
		if (tsv_out_write(&w, &o, &e))
			die_err(&e);
	} while (++first < argc);
	progress_stop();
	tsv_out_release(&w);
	if (out_commit(&o, &e))
		die_err(&e);
	summary_print(&sum, common.quiet, common.json);
	return status;
}
