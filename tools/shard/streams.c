/*
 * streams.c - the streams named on the command line, read as one
 */
#include <string.h>
#include <unistd.h>

#include "tools/shard/shard.h"

enum { MAX_PROVENANCE = 1 << 20 };

void streams_init(struct streams *in, const struct opt_program *p, int argc, char **argv, int first, bool headers)
{
	static char *standard_input[] = { "-" };

	*in = (struct streams){ .path = argv + first, .paths = argc - first, .headers = headers };
	in->provenance.max = MAX_PROVENANCE;
	if (in->paths)
		return;
	if (isatty(STDIN_FILENO))
		opt_usage(p, NULL);
	in->path = standard_input;
	in->paths = 1;
}

/* The text of the end record at hand, without trust: it may be missing, anything at all, or no text. */
static void add_provenance(struct streams *in)
{
	struct buf *all = &in->provenance, text = { .max = MAX_PROVENANCE };
	struct record again;

	if (in->r.head.bytes == 0 || in->r.head.bytes > MAX_PROVENANCE)
		return;
	if (in->r.payload)
		buf_add(&text, in->r.payload, in->r.head.bytes);
	else if (record_read_at(in->r.fd, in->r.start + in->r.offset, &again, &text, NULL))
		buf_reset(&text);
	if (text.len && !memchr(text.data, 0, text.len)) {
		if (text.data[text.len - 1] != '\n')
			buf_add_char(&text, '\n');
		if (!all->data || !memmem(all->data, all->len, text.data, text.len))
			buf_add(all, text.data, text.len);
	}
	buf_release(&text);
}

static void close_stream(struct streams *in)
{
	const struct record_reader *r = &in->r;

	in->segments += r->segments;
	in->damage += r->damage;
	in->lost_records += r->lost_records;
	in->lost_bytes += r->lost_bytes;
	in->bytes += r->next;
	if (!r->closed) {
		in->cut_short++;
		in->torn += r->torn;
		warn("'%s' was cut short: it does not end with an end record", r->name);
	}
	record_close(&in->r);
	in->open = false;
	in->at++;
}

int streams_next(struct streams *in, struct err *e)
{
	for (;;) {
		if (!in->open && in->at == in->paths)
			return 0;
		if (!in->open && record_open(&in->r, in->path[in->at], e))
			return -1;
		in->open = true;
		int rc = in->headers ? record_next_header(&in->r, e) : record_next(&in->r, e);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			close_stream(in);
		} else if (in->r.head.kind == RECORD_END) {
			add_provenance(in);
		} else {
			in->index = in->records++;
			return 1;
		}
	}
}

int streams_finish(struct streams *in)
{
	int status = in->damage || in->cut_short || (in->open && in->r.damage) ? EXIT_CODE_SOME_FAILED : EXIT_CODE_OK;

	if (in->open)
		record_close(&in->r);
	buf_release(&in->provenance);
	return status;
}
