/*
 * ls.c - frl-shard ls: a row for each record
 */
#include "common/tsv.h"
#include "tools/shard/shard.h"

static const struct opt_program program = {
	.name = "frl-shard ls",
	.synopsis = "frl-shard ls [OPTION]... [FILE]",
	.purpose = "Writes a table with a row for each record: index offset kind dtype dims key face label bytes.",
	.example = "frl-shard ls shard.bin | head",
};

static void header(struct tsv_out *w)
{
	static const char *const columns[] = { "index", "offset", "kind",  "dtype", "dims",
					       "key",	"face",	  "label", "bytes" };

	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		tsv_out_raw(w, columns[i]);
	tsv_out_end(w);
}

static void row(struct tsv_out *w, const struct streams *in)
{
	const struct record *r = &in->r.head;
	char dims[DIMS_TEXT], key[KEY_TEXT];

	dims_format(dims, r);
	key_format(key, r->key);
	tsv_out_i64(w, (int64_t)in->index);
	tsv_out_i64(w, (int64_t)in->r.offset);
	tsv_out_raw(w, record_kind_name(r->kind));
	tsv_out_raw(w, record_dtype_name(r->dtype));
	tsv_out_raw(w, dims);
	tsv_out_raw(w, key);
	tsv_out_i64(w, r->face);
	tsv_out_i64(w, r->label);
	tsv_out_i64(w, (int64_t)r->bytes);
	tsv_out_end(w);
}

int shard_ls(int argc, char **argv)
{
	struct opt_common common = { 0 };
	const struct opt options[] = { OPT_QUIET(&common), OPT_NO_PG(&common), OPT_END };
	int first = opt_parse(&program, options, argc, argv);
	struct streams in;
	struct tsv_out w = { 0 };
	struct out o = { 0 };
	struct err e = { 0 };
	int rc = -1;

	if (argc - first > 1)
		opt_usage(&program, "offsets are those of one file");
	streams_init(&in, &program, argc, argv, first, true);
	if (out_open(&o, NULL, false, &e))
		goto out;
	tsv_out_pg(&w, common.no_pg, argc + 1, argv - 1);
	header(&w);
	while ((rc = streams_next(&in, &e)) == 1) {
		row(&w, &in);
		if (tsv_out_write(&w, &o, &e)) {
			rc = -1;
			goto out;
		}
	}
	if (!rc && !(rc = tsv_out_write(&w, &o, &e)))
		rc = out_commit(&o, &e);
out:
	tsv_out_release(&w);
	out_abort(&o);
	int status = streams_finish(&in);
	if (rc)
		die_err(&e);
	return status;
}
