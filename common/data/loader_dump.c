/* loader_dump.c - what was trained on, as a stream of views */
#include <stdlib.h>

#include "common/data/loader_internal.h"

struct loader_dump {
	struct out out;
	struct record_writer writer;
	uint8_t *pixels; /* room for the largest view */
};

int loader_dump(struct loader *l, const char *path, struct err *e)
{
	size_t largest = 0;

	if (l->dump)
		BUG("two dumps at once");
	if (l->config.rank != 0)
		return 0;
	struct loader_dump *d = xcalloc(1, sizeof *d);
	if (out_open(&d->out, path, true, e)) {
		free(d);
		return -1;
	}
	for (int g = 0; g < l->config.groups; g++)
		largest = loader_view_bytes(l, g) > largest ? loader_view_bytes(l, g) : largest;
	d->pixels = xmalloc(largest);
	d->writer.out = &d->out;
	l->dump = d;
	loader_stop(l); /* threads that make this rank's rows only */
	return 0;
}

static int write_view(struct loader_dump *d, const uint8_t *planes, int size, int view, const struct batch_row *origin,
		      struct err *e)
{
	size_t n = (size_t)size * (size_t)size;
	struct record r = { .kind = RECORD_TENSOR,
			    .dtype = RECORD_U8,
			    .ndim = 3,
			    .dims = { (uint32_t)size, (uint32_t)size, 3 },
			    .bytes = 3 * n,
			    .key = origin->key,
			    .label = view,
			    .face = origin->face };

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 3; k++)
			d->pixels[3 * i + k] = planes[k * n + i];
	return record_write(&d->writer, &r, d->pixels, e);
}

int loader_dump_batch(struct loader *l, const struct batch *batch, int rows, struct err *e)
{
	for (int row = 0; row < rows; row++) {
		const uint8_t *at = batch->bytes + (size_t)row * l->row_bytes;
		int view = 0;
		for (int g = 0; g < l->config.groups; g++)
			for (int i = 0; i < l->config.group[g].count; i++, view++, at += loader_view_bytes(l, g))
				if (write_view(l->dump, at, l->config.group[g].augment.size, view, &batch->origin[row],
					       e))
					return -1;
	}
	return 0;
}

static void release(struct loader *l)
{
	if (!l->dump)
		return;
	free(l->dump->pixels);
	free(l->dump);
	l->dump = NULL;
	loader_stop(l);
}

int loader_dump_end(struct loader *l, const char *text, struct err *e)
{
	if (!l->dump)
		return 0;
	int rc = record_end(&l->dump->writer, text, e) || out_commit(&l->dump->out, e) ? -1 : 0;
	loader_dump_abort(l);
	return rc;
}

void loader_dump_abort(struct loader *l)
{
	if (l->dump)
		out_abort(&l->dump->out);
	release(l);
}
