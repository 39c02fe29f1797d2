/*
 * kern_chain.c - layers run depth first, through windows of rows that stay in the cache
 *
 * Between two links lies a window: the rows [lo, hi) of the earlier one's output, at most `cap` of them. A link asks the
 * one before it for the rows it is about to read; that one drops what lies before them and makes what is missing.
 */
#include "common/err.h"
#include "common/nn/kern/kern_priv.h"

/* Rows of the last link that are made at a time: as many as keep the windows within this, half of a small L2 cache
 * (128 KiB to 576 KiB made no difference with 1 MiB); at most MAX_ROWS. */
#define WINDOW_BYTES 262144
#define MAX_ROWS 16

struct window {
	char *rows; /* [block][cap][row bytes] */
	int cap, lo, hi;
	int h, w, blocks; /* of the whole output that this is a window of */
	size_t row;	  /* bytes */
	void **at;	  /* blocks, as if the whole were there */
};

struct chain {
	const struct kern *k;
	const struct kern_link *links;
	int n;
	const struct kern_picture *pic;
	const struct kern_io *io;
	void *scratch; /* of the links */
	struct window win[KERN_MAX_LINKS];
};

static const struct kern_conv *last_conv(const struct kern_link *l)
{
	return l->kind == KERN_LINK_DWPW ? l->pw : l->conv;
}

/* Winograd makes rows in fours; everything else as they come. */
static int row_step(const struct chain *c, int i)
{
	struct kern_conv conv;

	kern_resolve(c->k, c->links[i].conv, &conv);
	return conv.algo == KERN_WINOGRAD ? WINO_OUT : 1;
}

/* Sizes of all windows when the last link makes `rows` rows at a time; returns their bytes. */
static size_t lay_out(struct chain *c, int ih, int iw, int rows)
{
	size_t total = 0;

	for (int i = 0; i < c->n; i++) {
		const struct kern_conv *conv = c->links[i].conv;
		struct window *w = &c->win[i];

		w->h = ih = kern_out(conv, conv->kh, ih);
		w->w = iw = kern_out(conv, conv->kw, iw);
		w->blocks = kern_blocks(c->k, last_conv(&c->links[i])->oc);
		w->row = (size_t)iw * (size_t)c->k->block * kern_esize(c->k, conv->dtype);
	}
	for (int i = c->n - 2; i >= 0; i--) {
		const struct kern_conv *next = c->links[i + 1].conv;

		/* the next link may start and end off its steps, and so do this one's rows that it needs */
		rows = (rows + 2 * (row_step(c, i + 1) - 1) - 1) * next->stride + next->kh + row_step(c, i) - 1;
		c->win[i].cap = rows;
		total += align_up((size_t)c->win[i].blocks * (size_t)rows * c->win[i].row);
		total += align_up((size_t)c->win[i].blocks * sizeof(void *));
	}
	return total;
}

/* Lays the windows out for the largest number of rows that fits, and returns it. */
static int choose_rows(struct chain *c, int ih, int iw, size_t *bytes)
{
	int rows = MAX_ROWS;

	while ((*bytes = lay_out(c, ih, iw, rows)) > WINDOW_BYTES && rows > 1)
		rows--;
	return rows;
}

static size_t links_scratch(const struct chain *c, int iw)
{
	size_t most = 0;

	for (int i = 0; i < c->n; i++) {
		const struct kern_link *l = &c->links[i];
		size_t n = l->kind == KERN_LINK_FIRST  ? kern_first_scratch(c->k, l->conv, iw)
			   : l->kind == KERN_LINK_DWPW ? kern_dwpw_scratch(c->k, l->conv, l->pw, iw)
						       : kern_conv_scratch(c->k, l->conv, iw);

		most = n > most ? n : most;
		iw = c->win[i].w;
	}
	return align_up(most);
}

size_t kern_chain_scratch(const struct kern *k, const struct kern_link *links, int n, int iw)
{
	struct chain c = { .k = k, .links = links, .n = n };
	size_t bytes;

	if (n < 1 || n > KERN_MAX_LINKS)
		BUG("a chain of %d links", n);
	choose_rows(&c, 1 << 16, iw, &bytes); /* the height plays no part */
	return bytes + links_scratch(&c, iw);
}

static void run_link(const struct chain *c, int i, const struct kern_io *io, int y0, int y1)
{
	const struct kern_link *l = &c->links[i];

	if (l->kind == KERN_LINK_FIRST)
		kern_first(c->k, l->conv, l->packed, c->pic, io, y0, y1);
	else if (l->kind == KERN_LINK_DWPW)
		kern_dwpw(c->k, l->conv, l->packed, l->pw, l->packed_pw, io, y0, y1);
	else
		kern_conv(c->k, l->conv, l->packed, io, y0, y1);
}

/* Makes w start at row `lo` at the latest, so that rows up to `hi` fit, and points w->at at where row 0 would be. */
static void slide(struct window *w, int lo, int hi)
{
	size_t plane = (size_t)w->cap * w->row;

	if (hi - w->lo > w->cap) {
		for (int b = 0; b < w->blocks && lo < w->hi; b++)
			memmove(w->rows + (size_t)b * plane,
				w->rows + (size_t)b * plane + (size_t)(lo - w->lo) * w->row,
				(size_t)(w->hi - lo) * w->row);
		w->lo = lo;
		if (w->hi < lo) /* rows that a 1x1 convolution with stride steps over */
			w->hi = lo;
	}
	for (int b = 0; b < w->blocks; b++)
		w->at[b] = (void *)((uintptr_t)(w->rows + (size_t)b * plane) - (size_t)w->lo * w->row);
}

/* Rows [lo, hi) of link i's output are in its window (the last link's: in io->dst) when this returns. */
static void need(struct chain *c, int i, int lo, int hi)
{
	struct window *w = &c->win[i], *in = w - 1;
	struct kern_io io = *c->io;

	if (hi <= w->hi)
		return;
	if (i < c->n - 1) {
		hi = div_up(hi, row_step(c, i)) * row_step(c, i);
		hi = hi < w->h ? hi : w->h;
		slide(w, lo, hi);
		io.dst = w->at;
		io.res = io.up = NULL;
	}
	if (i > 0) {
		int from, to;

		kern_rows_read(c->k, c->links[i].conv, in->h, w->hi, hi, &from, &to);
		need(c, i - 1, from, to);
		io.src = (const void *const *)in->at;
		io.ih = in->h;
		io.iw = in->w;
	}
	io.scratch = c->scratch;
	run_link(c, i, &io, w->hi, hi);
	w->hi = hi;
}

void kern_chain(const struct kern *k, const struct kern_link *links, int n, const struct kern_picture *pic,
		const struct kern_io *io, int y0, int y1)
{
	struct chain c = { .k = k, .links = links, .n = n, .pic = pic, .io = io };
	char *scratch = io->scratch;
	int rows, from = y0, to;
	size_t bytes;

	if (n < 1 || n > KERN_MAX_LINKS)
		BUG("a chain of %d links", n);
	rows = choose_rows(&c, io->ih, io->iw, &bytes);
	for (int i = n - 1; i >= 0; i--) {
		struct window *w = &c.win[i];

		if (i < n - 1)
			from = from / row_step(&c, i) * row_step(&c, i);
		w->lo = w->hi = from;
		kern_rows_read(k, links[i].conv, INT32_MAX, from, from + 1, &from, &to);
		if (i == n - 1)
			continue;
		w->at = (void **)scratch;
		scratch += align_up((size_t)w->blocks * sizeof(void *));
		w->rows = scratch;
		scratch += align_up((size_t)w->blocks * (size_t)w->cap * w->row);
	}
	c.scratch = scratch;
	for (int y = y0; y < y1; y += rows)
		need(&c, n - 1, y, y1 - y < rows ? y1 : y + rows);
}
