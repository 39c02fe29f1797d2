/*
 * info.c - frl-shard info: what a stream holds, and whether it is whole
 */
#include <stdio.h>
#include <string.h>

#include "common/record_image.h"
#include "tools/shard/shard.h"

static const struct opt_program program = {
	.name = "frl-shard info",
	.synopsis = "frl-shard info [OPTION]... [FILE]...",
	.purpose =
		"Writes what a stream holds, as lines of a name, a tab and a value. Reads headers only where it can.",
	.example = "frl-shard info shard.bin",
};

enum { MAX_SHAPES = 32 };

struct shape {
	struct record head; /* of the first such record */
	uint64_t n;
};

struct contents {
	struct shape shape[MAX_SHAPES];
	int shapes;
	uint64_t others; /* records of shapes beyond MAX_SHAPES */
	uint64_t payload;
	bool in_row; /* record i begins at i times the size of the first */
};

static bool same_shape(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && a->dtype == b->dtype && a->ndim == b->ndim &&
	       !memcmp(a->dims, b->dims, sizeof a->dims);
}

static void add(struct contents *c, const struct streams *in)
{
	const struct record *r = &in->r.head;
	int i = 0;

	c->payload += r->bytes;
	c->in_row = (c->in_row || !in->index) && in->r.offset == in->index * record_size(r);
	while (i < c->shapes && !same_shape(&c->shape[i].head, r))
		i++;
	if (i == MAX_SHAPES) {
		c->others++;
		return;
	}
	if (i == c->shapes)
		c->shape[c->shapes++].head = *r;
	c->shape[i].n++;
}

/* How numpy.memmap reads the stream as one array, or why it cannot. */
static int print_array(const struct contents *c, const struct streams *in, struct out *o, struct err *e)
{
	static const char *const numpy[RECORD_DTYPES] = { "u1", "<i4", "<i8", "<f4", "<f2", "<u2", "<f8" };
	const struct record *r = &c->shape[0].head;
	const char *why = NULL;
	struct buf dims = { 0 };

	if (in->damage || !in->records)
		why = in->damage ? "the stream is damaged" : "there are no records";
	else if (c->shapes > 1 || c->others || r->kind != RECORD_TENSOR)
		why = "the records are not tensors of one size";
	else if (!c->in_row)
		why = "end records lie between the records; frl-shard cat leaves them out";
	if (why)
		return out_printf(o, e, "array\tno: %s\n", why);
	for (int i = 0; i < r->ndim; i++)
		buf_printf(&dims, i ? ", %u" : "%u", r->dims[i]);
	if (r->ndim == 1)
		buf_add_char(&dims, ',');
	uint64_t pad = record_size(r) - RECORD_HEADER - r->bytes;
	int rc = out_printf(o, e,
			    "n\t%llu\narray\tnp.memmap(\"%s\", dtype=[(\"header\", \"V64\"), (\"%s\", \"%s\", (%s))",
			    (unsigned long long)in->records, in->path[0], record_is_image(r) ? "image" : "tensor",
			    numpy[r->dtype], dims.data ? dims.data : "");
	if (!rc && pad)
		rc = out_printf(o, e, ", (\"pad\", \"V%llu\")", (unsigned long long)pad);
	if (!rc)
		rc = out_printf(o, e, "], mode=\"r\", shape=(%llu,))\n", (unsigned long long)in->records);
	buf_release(&dims);
	return rc;
}

static int print_lines(struct out *o, const struct buf *text, struct err *e)
{
	for (const char *line = text->data, *end; line && *line; line = end + 1) {
		end = strchr(line, '\n'); /* every text ends with one */
		if (out_printf(o, e, "provenance\t%.*s\n", (int)(end - line), line))
			return -1;
	}
	return 0;
}

static int print(const struct contents *c, const struct streams *in, struct out *o, struct err *e)
{
	char dims[DIMS_TEXT];
	const char *state = in->damage > (uint64_t)in->torn ? "damaged" : in->cut_short ? "cut-short" : "closed";

	if (out_printf(o, e, "file\t%s\nstate\t%s\nrecords\t%llu\nsegments\t%llu\nbytes\t%llu\npayload\t%llu\n",
		       in->path[0], state, (unsigned long long)in->records, (unsigned long long)in->segments,
		       (unsigned long long)in->bytes, (unsigned long long)c->payload))
		return -1;
	if (in->damage && out_printf(o, e, "damage\t%llu\nlost_bytes\t%llu\n", (unsigned long long)in->damage,
				     (unsigned long long)in->lost_bytes))
		return -1;
	for (int i = 0; i < c->shapes; i++) {
		const struct record *r = &c->shape[i].head;
		dims_format(dims, r);
		if (out_printf(o, e, "shape\t%llu %s %s %s\n", (unsigned long long)c->shape[i].n,
			       record_kind_name(r->kind), record_dtype_name(r->dtype), dims))
			return -1;
	}
	if (c->others && out_printf(o, e, "shape\t%llu of further kinds\n", (unsigned long long)c->others))
		return -1;
	return print_array(c, in, o, e) || print_lines(o, &in->provenance, e) ? -1 : 0;
}

int shard_info(int argc, char **argv)
{
	struct opt_common common = { 0 };
	const struct opt options[] = { OPT_QUIET(&common), OPT_END };
	int first = opt_parse(&program, options, argc, argv);
	struct out o = { 0 };
	struct err e = { 0 };
	int status = 0;

	if (out_open(&o, NULL, false, &e))
		die_err(&e);
	do {
		struct streams in;
		struct contents c = { 0 };
		int rc;
		streams_init(&in, &program, first < argc ? first + 1 : argc, argv, first, true);
		while ((rc = streams_next(&in, &e)) == 1)
			add(&c, &in);
		if (rc || print(&c, &in, &o, &e))
			die_err(&e);
		if (streams_finish(&in))
			status = EXIT_CODE_SOME_FAILED;
	} while (++first < argc);
	if (out_commit(&o, &e))
		die_err(&e);
	return status;
}
