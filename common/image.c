/* image.c - pictures in memory; which codec a file needs, orientation, and reading files */
#include "common/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/image_codec.h"
#include "common/io.h"

void image_init(struct image *m, int w, int h)
{
	if (w < 1 || h < 1)
		BUG("picture of %dx%d", w, h);
	m->w = w;
	m->h = h;
	m->stride = 3 * (size_t)w;
	m->room = m->stride * (size_t)h + 16;
	m->data = xaligned(m->room);
}

void image_resize(struct image *m, int w, int h)
{
	size_t stride = 3 * (size_t)w;

	if (!m->data || w < 1 || h < 1 || m->room < stride * (size_t)h + 16) {
		free(m->data);
		image_init(m, w, h);
		return;
	}
	m->w = w;
	m->h = h;
	m->stride = stride;
}

void image_release(struct image *m)
{
	free(m->data);
	*m = (struct image){ 0 };
}

int image_check_size(uint64_t w, uint64_t h, const struct image_limits *limits, struct err *e)
{
	if (w == 0 || h == 0)
		return err_set(e, "empty picture: %llux%llu", (unsigned long long)w, (unsigned long long)h);
	/* Coordinates are ints and a stride is 3 * w. */
	if (w > INT32_MAX / 4 || h > INT32_MAX / 4 || w * h > limits->max_pixels)
		return err_set(e, "too many pixels: %llux%llu", (unsigned long long)w, (unsigned long long)h);
	return 0;
}

enum image_format image_sniff(const void *data, size_t len)
{
	if (len >= 3 && !memcmp(data, "\xff\xd8\xff", 3))
		return IMAGE_JPEG;
	if (len >= 8 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8))
		return IMAGE_PNG;
	return IMAGE_UNKNOWN;
}

/* ---- orientation: 5..8 swap the axes */

static void copy_pixel(uint8_t *dst, const uint8_t *src)
{
	dst[0] = src[0];
	dst[1] = src[1];
	dst[2] = src[2];
}

/* 2 mirrors left to right, 4 top to bottom, 3 both; dst has src's size. */
static void orient_straight(struct image *dst, const struct image *src, bool mirror, bool flip)
{
	for (int y = 0; y < dst->h; y++) {
		const uint8_t *s = image_at(src, 0, flip ? src->h - 1 - y : y);
		uint8_t *d = image_at(dst, 0, y);
		if (!mirror) {
			memcpy(d, s, 3 * (size_t)dst->w);
			continue;
		}
		s += 3 * (size_t)(src->w - 1);
		for (int x = 0; x < dst->w; x++, d += 3, s -= 3)
			copy_pixel(d, s);
	}
}

/* dst(x, y) = src(y, x), either coordinate counted from the other end; in tiles, since one side runs down columns. */
static void orient_swapped(struct image *dst, const struct image *src, bool mirror, bool flip)
{
	enum { TILE = 32 };
	for (int ty = 0; ty < dst->h; ty += TILE)
		for (int tx = 0; tx < dst->w; tx += TILE)
			for (int y = ty; y < dst->h && y < ty + TILE; y++)
				for (int x = tx; x < dst->w && x < tx + TILE; x++)
					copy_pixel(image_at(dst, x, y), image_at(src, flip ? src->w - 1 - y : y,
										 mirror ? src->h - 1 - x : x));
}

static void orient(struct image *m, int orientation)
{
	struct image src = *m;
	bool swap = orientation >= 5;
	if (orientation <= 1 || orientation > 8)
		return;
	image_init(m, swap ? src.h : src.w, swap ? src.w : src.h);
	if (swap)
		orient_swapped(m, &src, orientation == 6 || orientation == 7, orientation == 7 || orientation == 8);
	else
		orient_straight(m, &src, orientation != 4, orientation != 2);
	image_release(&src);
}

static void orient_info(struct image_info *info)
{
	if (info->orientation < 5)
		return;
	int w = info->w;
	info->w = info->h;
	info->h = w;
}

/* ---- decoding */

static int not_a_picture(size_t len, struct err *e)
{
	return err_set(e, len == 0 ? "empty file" : "not a picture");
}

int image_probe(struct image_info *info, const void *data, size_t len, struct err *e)
{
	*info = (struct image_info){ .format = image_sniff(data, len), .orientation = 1, .scale = 1 };
	if (info->format == IMAGE_UNKNOWN)
		return not_a_picture(len, e);
	if ((info->format == IMAGE_JPEG ? image_jpeg_probe : image_png_probe)(info, data, len, e) < 0)
		return -1;
	orient_info(info);
	return 0;
}

static int decode(struct image *m, struct image_info *info, const void *data, size_t len,
		  const struct image_limits *limits, struct err *e)
{
	*info = (struct image_info){ .format = image_sniff(data, len), .orientation = 1, .scale = 1 };
	if (info->format == IMAGE_UNKNOWN)
		return not_a_picture(len, e);
	if (len > limits->max_bytes)
		return err_set(e, "too many bytes: %zu", len);
	int rc = info->format == IMAGE_JPEG ? image_jpeg_decode(m, info, data, len, limits, e)
					    : image_png_decode(m, info, data, len, limits, e);
	if (rc < 0)
		return -1;
	orient(m, info->orientation);
	orient_info(info);
	return 0;
}

int image_decode_again(struct image *m, struct image_info *info, const void *data, size_t len,
		       const struct image_limits *limits, struct err *e)
{
	struct image_info own;
	int rc = decode(m, info ? info : &own, data, len, limits, e);

	if (rc < 0)
		image_release(m);
	return rc;
}

int image_decode(struct image *m, struct image_info *info, const void *data, size_t len,
		 const struct image_limits *limits, struct err *e)
{
	*m = (struct image){ 0 };
	return image_decode_again(m, info, data, len, limits, e);
}

/* Why a file could not be read, in words for a status: without the path, which the row has already. */
static int why_unreadable(const char *path, uint64_t max_bytes, struct err *e)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? err_set(e, "no such file") : err_set(e, "cannot be read: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, "a directory");
	if (!S_ISREG(st.st_mode))
		return err_set(e, "not a regular file");
	if ((uint64_t)st.st_size > max_bytes)
		return err_set(e, "too many bytes: %lld", (long long)st.st_size);
	if (access(path, R_OK) < 0)
		return err_set(e, "cannot be read: %s", strerror(errno));
	return -1; /* the reader's own message */
}

int image_slurp(struct buf *bytes, const char *path, const struct image_limits *limits, struct err *e)
{
	if (io_slurp(path, limits->max_bytes, bytes, e) == 0)
		return 0;
	why_unreadable(path, limits->max_bytes, e);
	return -1;
}

int image_read(struct image *m, struct image_info *info, const char *path, const struct image_limits *limits,
	       struct err *e)
{
	struct buf bytes = { 0 };
	*m = (struct image){ 0 };
	int rc = image_slurp(&bytes, path, limits, e);
	if (rc == 0)
		rc = image_decode(m, info, bytes.data, bytes.len, limits, e);
	buf_release(&bytes);
	return rc;
}
