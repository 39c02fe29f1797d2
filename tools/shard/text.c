/*
 * text.c - records in words
 */
#include <stdio.h>
#include <string.h>

#include "common/tsv.h"
#include "tools/shard/shard.h"

void dims_format(char text[DIMS_TEXT], const struct record *r)
{
	size_t at = 0;

	snprintf(text, DIMS_TEXT, "-");
	for (int i = 0; i < r->ndim; i++)
		at += (size_t)snprintf(text + at, DIMS_TEXT - at, i ? "x%u" : "%u", r->dims[i]);
}

const char *provenance(struct buf *b, const struct buf *inputs, bool no_pg, int argc, char **argv)
{
	struct tsv_out w = { 0 };

	if (no_pg)
		return NULL;
	if (inputs && inputs->len)
		buf_add(b, inputs->data, inputs->len);
	/* argv[-1] is the program: the command belongs to what is told. */
	tsv_out_pg(&w, false, argc + 1, argv - 1);
	buf_add(b, w.line.data, w.line.len);
	tsv_out_release(&w);
	return b->data;
}
