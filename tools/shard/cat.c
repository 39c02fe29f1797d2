/*
 * cat.c - frl-shard cat: concatenates streams, selects records, and ends them with one end record
 */
#include <string.h>

#include "common/num.h"
#include "common/tsv.h"
#include "tools/shard/shard.h"

static const struct opt_program program = {
	.name = "frl-shard cat",
	.synopsis = "frl-shard cat [OPTION]... [FILE]... > OUT",
	.purpose =
		"Concatenates streams and selects records. What comes out has one end record at its end, so that a stream "
		"of one size is an array for numpy.memmap. Damaged records are left out.",
	.example = "frl-shard cat --keys train.tsv shard.bin > train.bin\n"
		   "frl-shard cat --range 0:1000 shard.bin | frl-shard sheet > sheet.png",
};

struct selection {
	struct key_table keys, without; /* in use when the path is set */
	const char *keys_path, *without_path;
	uint64_t from, to; /* [from, to) of all records read */
	int64_t face;	   /* -1: any */
};

/* FROM:TO, either may be missing. */
static int parse_range(void *data, const char *arg, struct err *e)
{
	struct selection *s = data;
	const char *colon = strchr(arg, ':');
	char from[NUM_SIZE] = "0";

	if (!colon || (size_t)(colon - arg) >= sizeof from)
		return err_set(e, "'%s' is not FROM:TO", arg);
	if (colon > arg) {
		memcpy(from, arg, (size_t)(colon - arg));
		from[colon - arg] = 0;
	}
	s->to = UINT64_MAX;
	if (num_parse_u64(from, &s->from) || (colon[1] && num_parse_u64(colon + 1, &s->to)) || s->from > s->to)
		return err_set(e, "'%s' is not FROM:TO", arg);
	return 0;
}

/* Loads the records that a manifest names. by_face counts only where it has a column face. */
static int load_keys(struct key_table *t, const char *path, bool by_face, struct err *e)
{
	struct tsv m;
	struct row_key c;
	struct buf b = { 0 };
	uint64_t key;
	uint32_t face;
	int rc;

	if (tsv_open(&m, path, e))
		return -1;
	rc = row_key_columns(&c, &m, e);
	t->by_face = by_face && c.face >= 0;
	while (!rc && (rc = tsv_next(&m, e)) == 1) {
		rc = row_key_get(&c, &m, &b, &key, &face, e);
		if (!rc)
			key_table_add(t, key, face, 0);
	}
	buf_release(&b);
	tsv_close(&m);
	return rc;
}

static bool selected(const struct selection *s, const struct streams *in)
{
	const struct record *r = &in->r.head;

	if (in->index < s->from || in->index >= s->to || (s->face >= 0 && r->face != s->face))
		return false;
	if (s->without_path && key_table_find(&s->without, r->key, r->face) >= 0)
		return false;
	return !s->keys_path || key_table_find(&s->keys, r->key, r->face) >= 0;
}

static int copy_selected(struct streams *in, const struct selection *s, struct record_writer *w, uint64_t *copied,
			 struct err *e)
{
	int rc;

	while ((rc = streams_next(in, e)) == 1) {
		if (!selected(s, in))
			continue;
		if (record_copy(w, &in->r.head, in->r.payload, e))
			return -1;
		++*copied;
		progress_add(1);
	}
	return rc;
}

int shard_cat(int argc, char **argv)
{
	struct opt_common common = { 0 };
	struct selection s = { .to = UINT64_MAX, .face = -1 };
	const char *path = NULL;
	const struct opt options[] = {
		OPT_GROUP("Selection (all must hold)"),
		OPT_STR(0, "keys", "FILE", &s.keys_path,
			"only the records this manifest names, by id or key, and by face where it has that column"),
		OPT_STR(0, "without", "FILE", &s.without_path,
			"without any face of the photos this manifest names, by id or key"),
		OPT_FN(0, "range", "FROM:TO", parse_range, &s,
		       "only records FROM to TO-1, counted from 0 over all files"),
		{ .kind = OPT_KIND_I64,
		  .name = "face",
		  .arg = "N",
		  .value = &s.face,
		  .min = 0,
		  .max = UINT32_MAX,
		  .help = "only faces of this number",
		  .hide_default = true },
		OPT_GROUP("Output"),
		OPT_STR('o', "output", "FILE", &path, "write FILE (standard output without)"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_NO_PG(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct streams in;
	struct out o = { 0 };
	struct buf text = { 0 };
	struct summary sum = { 0 };
	struct err e = { 0 };

	streams_init(&in, &program, argc, argv, first, false);
	int rc = s.keys_path ? load_keys(&s.keys, s.keys_path, true, &e) : 0;
	if (!rc && s.without_path)
		rc = load_keys(&s.without, s.without_path, false, &e);
	if (!rc)
		rc = out_open(&o, path, true, &e);
	struct record_writer w = { .out = &o };
	progress_start("records", 0, common.quiet);
	if (!rc)
		rc = copy_selected(&in, &s, &w, &sum.out, &e);
	progress_stop();
	if (!rc)
		rc = record_end(&w, provenance(&text, &in.provenance, common.no_pg, argc, argv), &e);
	if (!rc)
		rc = out_commit(&o, &e);
	out_abort(&o);
	buf_release(&text);
	key_table_release(&s.keys);
	key_table_release(&s.without);
	sum.in = in.records;
	sum.failed = in.damage;
	int status = streams_finish(&in);
	if (rc)
		die_err(&e);
	summary_print(&sum, common.quiet, common.json);
	return status;
}
