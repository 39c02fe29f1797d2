#include <inttypes.h>
#include <string.h>

#include "flickr-fetch/fetch.h"
#include "flickr-fetch/feed.h"

struct writer {
	const struct config *c;
	struct tsv_out w;
	struct out o;
};

static int write_row(void *data, const struct ledger_row *row, struct err *e)
{
	struct writer *w = data;

	manifest_row(&w->w, w->c->dir, row);
	return tsv_out_write(&w->w, &w->o, e);
}

int manifest_write(const struct config *c, struct ledger *l, const char *path, struct err *e)
{
	struct writer w = { .c = c };
	int rc = -1;

	if (out_open(&w.o, path, false, e))
		return -1;
	manifest_header(&w.w, c);
	if (tsv_out_write(&w.w, &w.o, e) || ledger_each(l, LEDGER_ALL, 0, write_row, &w, e))
		goto out;
	rc = out_commit(&w.o, e);
out:
	out_abort(&w.o);
	tsv_out_release(&w.w);
	return rc;
}
