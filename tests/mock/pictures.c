#include "tests/mock/pictures.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "common/io.h"
#include "common/resample.h"

static const int sides[PICTURES_SIZES][2] = {
	{ 320, 240 }, { 240, 320 }, { 400, 300 }, { 300, 400 }, { 512, 384 }, { 256, 256 }, { 640, 360 }, { 360, 640 },
};

static struct buf made[PICTURES_SIZES];
static struct picture_file {
	struct buf body;
	int w, h;
} * file;
static int n_files;
static size_t want_bytes;

static void make(int i)
{
	struct image m;
	struct err e = { 0 };
	int x, y;

	image_init(&m, sides[i][0], sides[i][1]);
	for (y = 0; y < m.h; y++) {
		for (x = 0; x < m.w; x++) {
			uint8_t *p = image_at(&m, x, y);

			p[0] = (uint8_t)(x * 255 / m.w);
			p[1] = (uint8_t)(y * 255 / m.h);
			p[2] = (uint8_t)(x / 32 % 2 == y / 32 % 2 ? 40 : 200);
		}
	}
	if (image_encode_jpeg(&m, 60, &made[i], &e))
		die_err(&e);
	image_release(&m);
}

/* As Flickr does: no more than 1024 pixels a side, orientation applied. 0, or -1 when f is no picture. */
static int reduce(struct picture_file *f)
{
	static const struct image_limits limits = IMAGE_LIMITS_DEFAULT;
	struct image big, small;
	struct err e = { 0 };
	double scale;
	int long_side;

	if (image_sniff(f->body.data, f->body.len) != IMAGE_JPEG ||
	    image_decode(&big, NULL, f->body.data, f->body.len, &limits, &e))
		return -1;
	long_side = big.w > big.h ? big.w : big.h;
	scale = long_side > 1024 ? 1024.0 / long_side : 1;
	image_init(&small, (int)(big.w * scale + 0.5), (int)(big.h * scale + 0.5));
	resample_resize(&small, &big, RESAMPLE_LANCZOS);
	buf_reset(&f->body);
	if (image_encode_jpeg(&small, 90, &f->body, &e))
		die_err(&e);
	f->w = small.w;
	f->h = small.h;
	image_release(&big);
	image_release(&small);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char **name = NULL;
	int i, n = 0;

	if (!d)
		die_sys("cannot open '%s'", dir);
	while ((entry = readdir(d))) {
		name = xrealloc_array(name, (size_t)n + 1, sizeof(*name));
		name[n++] = xasprintf("%s/%s", dir, entry->d_name);
	}
	closedir(d);
	qsort(name, (size_t)n, sizeof(*name), by_name);
	for (i = 0; i < n; i++) {
		struct picture_file f = { 0 };
		struct err e = { 0 };

		if (io_slurp(name[i], 32 << 20, &f.body, &e) == 0 && reduce(&f) == 0) {
			file = xrealloc_array(file, (size_t)n_files + 1, sizeof(*file));
			file[n_files++] = f;
		} else {
			buf_release(&f.body);
		}
		free(name[i]);
	}
	free(name);
	if (!n_files)
		die(EXIT_CODE_BAD_INPUT, "no JPEG in '%s'", dir);
}

int pictures_open(const char *dir, size_t bytes)
{
	int i;

	want_bytes = bytes;
	if (dir)
		read_folder(dir);
	for (i = 0; i < PICTURES_SIZES; i++)
		make(i);
	return n_files;
}

void pictures_size(const struct entry *e, int *w, int *h)
{
	*w = n_files ? file[e->file].w : sides[e->size][0];
	*h = n_files ? file[e->file].h : sides[e->size][1];
}

/* A comment segment after the first two bytes makes each file its own, and as long as it should be. */
static void add_made(struct buf *b, int size, uint64_t draw)
{
	const struct buf *m = &made[size];
	size_t start = b->len, room = m->len + 64 < want_bytes ? want_bytes - m->len : 64;

	buf_add(b, m->data, 2);
	while (b->len - start < room) {
		size_t left = room - (b->len - start), n = left > 60000 ? 60000 : left < 40 ? 40 : left, i;
		char head[4] = { (char)0xff, (char)0xfe, (char)((n + 2) >> 8), (char)((n + 2) & 0xff) };
		char *p;

		buf_add(b, head, 4);
		p = buf_reserve(b, n);
		for (i = 0; i < n; i++) {
			/* Letters, so that no byte can be taken for a marker; hard to compress, as photos are. */
			if (i % 8 == 0)
				draw = mix(draw, i);
			p[i] = (char)('A' + (draw >> (i % 8 * 8) & 31));
		}
		b->len += n;
	}
	buf_add(b, m->data + 2, m->len - 2);
}

void pictures_placeholder(struct buf *b)
{
	add_made(b, 5, 1);
}

void pictures_body(const struct catalogue *c, const struct entry *e, struct buf *b)
{
	const struct entry *source = e->kind == KIND_SAME ? &c->entry[e->same_as] : e;
	size_t start = b->len;

	if (e->kind == KIND_PLACEHOLDER_200) {
		/* Never of the size promised. */
		add_made(b, e->size == 5 && !n_files ? 0 : 5, 1);
		return;
	}
	if (e->kind == KIND_WRONG_SIZE) {
		add_made(b, (e->size + 2) % PICTURES_SIZES, e->draw);
		return;
	}
	if (n_files)
		buf_add(b, file[source->file].body.data, file[source->file].body.len);
	else
		add_made(b, source->size, source->draw);
	if (e->kind == KIND_BROKEN)
		b->len = start + (b->len - start) / 2;
}
