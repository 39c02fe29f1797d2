/*
 * sheet.c - frl-shard sheet: a contact sheet of the pictures in a stream
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/draw.h"
#include "common/record_image.h"
#include "common/resample.h"
#include "tools/shard/picture.h"

static const struct opt_program program = {
	.name = "frl-shard sheet",
	.synopsis = "frl-shard sheet [OPTION]... [FILE]... > SHEET.png",
	.purpose = "Draws the first pictures of a stream side by side, as PNG. Reading stops when the sheet is full.",
	.example = "frl-shard sheet shard.bin > sheet.png\n"
		   "frl-shard cat --range 5000:5100 shard.bin | frl-shard sheet --captions > sheet.png",
};

enum { GAP = 2, CAPTION = 11, MAX_PIXELS = 200000000 };

struct sheet {
	int columns, size, limit;
	bool captions;
	struct image *tile; /* [n], each at most size by size */
	struct {
		uint64_t index;
		int64_t label;
		uint32_t face;
	} * about; /* [n] */
	int n;
	uint64_t failed;
};

/* Reduces or enlarges m so that its longer side is `size`. */
static void fit(struct image *tile, const struct image *m, int size)
{
	int longer = m->w > m->h ? m->w : m->h;
	int w = (int)((int64_t)m->w * size / longer), h = (int)((int64_t)m->h * size / longer);

	image_init(tile, w > 0 ? w : 1, h > 0 ? h : 1);
	resample_resize(tile, m, RESAMPLE_BILINEAR);
}

static void add_tile(struct sheet *s, const struct streams *in)
{
	struct image m = { 0 };
	struct err why = { 0 };
	const struct record *r = &in->r.head;

	if (record_image(&m, r, in->r.payload, &why)) {
		warn("record %llu: %s", (unsigned long long)in->index, why.msg);
		s->failed++;
		return;
	}
	s->tile = xrealloc_array(s->tile, (size_t)s->n + 1, sizeof *s->tile);
	s->about = xrealloc_array(s->about, (size_t)s->n + 1, sizeof *s->about);
	fit(&s->tile[s->n], &m, s->size);
	s->about[s->n].index = in->index;
	s->about[s->n].label = r->label;
	s->about[s->n].face = r->face;
	s->n++;
	image_release(&m);
}

static void draw_caption(const struct sheet *s, struct image *m, int i, int x, int y)
{
	static const struct colour white = { 235, 235, 235 };
	char text[64];

	if (s->about[i].label == -1)
		snprintf(text, sizeof text, "%llu f%u", (unsigned long long)s->about[i].index, s->about[i].face);
	else
		snprintf(text, sizeof text, "%llu f%u %lld", (unsigned long long)s->about[i].index, s->about[i].face,
			 (long long)s->about[i].label);
	draw_text(m, x, y, 1, text, white);
}

static void compose(const struct sheet *s, struct image *m)
{
	static const struct colour background = { 32, 32, 32 };
	int columns = s->n < s->columns ? s->n : s->columns, rows = (s->n + columns - 1) / columns;
	int step_x = s->size + GAP, step_y = step_x + (s->captions ? CAPTION : 0);

	image_init(m, columns * step_x + GAP, rows * step_y + GAP);
	draw_fill(m, 0, 0, m->w, m->h, background);
	for (int i = 0; i < s->n; i++) {
		const struct image *t = &s->tile[i];
		int x = GAP + i % columns * step_x, y = GAP + i / columns * step_y;
		draw_image(m, t, x + (s->size - t->w) / 2, y + (s->size - t->h) / 2);
		if (s->captions)
			draw_caption(s, m, i, x, y + s->size + 2);
	}
}

static int write_sheet(const struct sheet *s, const char *path, struct err *e)
{
	struct image m = { 0 };
	struct buf b = { 0 };
	struct out o = { 0 };

	if (!s->n)
		return err_set(e, "no pictures");
	compose(s, &m);
	int rc = image_encode_png(&m, &b, e);
	if (!rc)
		rc = out_open(&o, path, true, e);
	if (!rc)
		rc = out_write(&o, b.data, b.len, e);
	if (!rc)
		rc = out_commit(&o, e);
	out_abort(&o);
	buf_release(&b);
	image_release(&m);
	return rc;
}

int shard_sheet(int argc, char **argv)
{
	struct opt_common common = { 0 };
	struct sheet s = { .columns = 10, .size = 128, .limit = 100 };
	const char *path = NULL;
	const struct opt options[] = {
		OPT_INT(0, "columns", "N", &s.columns, 1, 1000, "pictures in a row"),
		OPT_INT(0, "size", "PIXELS", &s.size, 8, 2048, "longer side of each"),
		OPT_INT(0, "limit", "N", &s.limit, 1, 1000000, "how many at most"),
		OPT_BOOL(0, "captions", &s.captions, "index, face number and label below each"),
		OPT_STR('o', "output", "FILE", &path, "write FILE (standard output without)"),
		OPT_QUIET(&common),
		OPT_JSON(&common),
		OPT_END,
	};
	int first = opt_parse(&program, options, argc, argv);
	struct streams in;
	struct summary sum = { 0 };
	struct err e = { 0 };
	int rc = 0;

	if ((int64_t)(s.size + GAP + CAPTION) * (s.size + GAP) * s.limit > MAX_PIXELS)
		opt_usage(&program, "a sheet of more than %d million pixels: lower --limit or --size",
			  MAX_PIXELS / 1000000);
	streams_init(&in, &program, argc, argv, first, false);
	while (s.n < s.limit && (rc = streams_next(&in, &e)) == 1)
		add_tile(&s, &in);
	if (rc >= 0)
		rc = write_sheet(&s, path, &e);
	for (int i = 0; i < s.n; i++)
		image_release(&s.tile[i]);
	free(s.tile);
	free(s.about);
	sum.in = in.records;
	sum.out = (uint64_t)s.n;
	sum.failed = in.damage + s.failed;
	int status = streams_finish(&in);
	if (rc)
		die_err(&e);
	summary_print(&sum, common.quiet, common.json);
	return s.failed ? EXIT_CODE_SOME_FAILED : status;
}
