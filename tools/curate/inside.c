/* inside.c - see inside.h */
#include "tools/curate/inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "common/io.h"
#include "common/thread.h"

enum { NAMES = 8, SIDE = 20000 };

/* Hundreds of photos, none of them compressed by then. */
static const struct mat_limits limits = { .memory = 8ull << 30, .bytes = 4ull << 30, .seconds = 600 };

int inside_read(struct mat_file *f, struct curate *c, const char *colour, const char *grey, const char *const *names,
		const char **file, struct err *e)
{
	const char *some[NAMES] = { NULL };
	int n = 0;

	while (names[n] && n < NAMES - 1) {
		some[n] = names[n];
		n++;
	}
	if (!c->pictures)
		some[n - 1] = NULL;
	*file = curate_exists(c, colour) || !curate_exists(c, grey) ? colour : grey;
	if (curate_need(c, *file, e))
		return -1;
	return mat_read(f, curate_path(c, *file), some, &limits, e);
}

/* Column-major planes to rows of pixels. */
static int to_image(struct image *to, const struct mat *m, struct err *e)
{
	const uint64_t h = m->dims[0], w = m->dims[1], planes = m->dims[2];

	if (m->kind != MAT_U8 || !m->count || h > SIDE || w > SIDE || (planes != 1 && planes != 3) || m->dims[3] != 1)
		return err_set(e, "picture: not rows x columns or rows x columns x 3 of uint8");
	image_init(to, (int)w, (int)h);
	for (uint64_t x = 0; x < w; x++)
		for (uint64_t y = 0; y < h; y++) {
			uint8_t *p = image_at(to, (int)x, (int)y);
			for (uint64_t k = 0; k < 3; k++)
				p[k] = m->u8[y + h * (x + w * (planes == 3 ? k : 0))];
		}
	return 0;
}

static int write_png(const struct image *m, const char *dir, const char *path, struct err *e)
{
	char *name = xasprintf("%s/%s", dir, path), *folder = xstrndup(name, (size_t)(strrchr(name, '/') - name));
	struct buf png = { 0 };
	int rc = image_encode_png(m, &png, e) || io_make_dirs(folder, e) || io_write_file(name, png.data, png.len, e);

	buf_release(&png);
	free(folder);
	free(name);
	return rc ? -1 : 0;
}

int inside_write(const struct curate *c, const struct mat *m, const char *path, struct err *e)
{
	struct image image = { 0 };
	int rc = 0;

	if (!c->pictures)
		return 0;
	if (to_image(&image, m, e))
		rc = 1;
	else
		rc = write_png(&image, c->pictures, path, e);
	image_release(&image);
	return rc;
}

/* ---- all of them */

struct item {
	size_t i;
	char *path;
	int rc; /* -1: the run ends */
	bool bad;
	struct err e;
	double value[];
};

struct work {
	const struct inside *in;
	size_t next;
	struct err *e;
};

static void *next_item(void *data)
{
	struct work *w = data;
	struct item *it;

	if (w->next == w->in->n)
		return NULL;
	it = xcalloc(1, sizeof *it + w->in->values * sizeof *it->value);
	it->i = w->next++;
	it->path = w->in->path(w->in, it->i);
	for (size_t k = 0; k < w->in->values; k++)
		it->value[k] = NAN;
	return it;
}

static void work_item(void *data, void *item, int worker)
{
	const struct inside *in = ((const struct work *)data)->in;
	struct item *it = item;
	struct err labels = { 0 };

	(void)worker;
	it->rc = in->cell ? inside_write(in->c, &in->cell[it->i], it->path, &it->e) : 0;
	it->bad = it->rc > 0;
	if (it->rc >= 0 && in->read(in, it->i, it->value, &labels) && !it->bad) {
		it->bad = true;
		it->e = labels;
	}
}

static void drop_item(void *data, void *item)
{
	struct item *it = item;

	(void)data;
	free(it->path);
	free(it);
}

static int write_item(void *data, void *item, bool last_ready)
{
	const struct work *w = data;
	struct item *it = item;
	int rc = it->rc < 0 ? -1 : 0;

	(void)last_ready;
	if (rc) {
		*w->e = it->e;
	} else {
		char *status = it->bad ? xasprintf("bad:%s", it->e.msg) : NULL;

		rc = w->in->write(w->in, it->i, it->path, it->value, status, w->e);
		free(status);
	}
	drop_item(data, item);
	return rc;
}

int inside_run(const struct inside *in, struct err *e)
{
	struct work w = { .in = in, .e = e };
	const struct pipeline p = {
		.read = next_item,
		.work = work_item,
		.write = write_item,
		.drop = drop_item,
		.data = &w,
		.threads = mat_threads(),
	};

	return pipeline_run(&p);
}
