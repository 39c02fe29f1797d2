/* bmp.c - see bmp.h */
#include "tools/synth/bmp.h"

#include <string.h>

#include "common/le.h"

enum { FILE_HEAD = 14, INFO_HEAD = 40, HEAD = FILE_HEAD + INFO_HEAD, BITFIELDS = 3 };

bool bmp_is(const void *data, size_t len)
{
	return len >= 2 && !memcmp(data, "BM", 2);
}

/* Of a row in the file: padded to whole words. */
static size_t row_bytes(uint64_t w, unsigned bits)
{
	return (size_t)((w * bits / 8 + 3) / 4 * 4);
}

/* Masks that say what lies there without them. */
static bool plain_masks(const uint8_t *b, size_t len)
{
	return len >= HEAD + 12 && le_get32(b + HEAD) == 0xff0000 && le_get32(b + HEAD + 4) == 0xff00 &&
	       le_get32(b + HEAD + 8) == 0xff;
}

/* Rows of `row` bytes, pixels of `step`: blue, green, red; from the bottom, or down from the top. */
static void copy_rows(struct image *m, const uint8_t *rows, size_t row, unsigned step, bool down)
{
	for (int y = 0; y < m->h; y++) {
		const uint8_t *from = rows + row * (size_t)(down ? y : m->h - 1 - y);
		uint8_t *to = image_at(m, 0, y);

		for (int x = 0; x < m->w; x++, from += step, to += 3) {
			to[0] = from[2];
			to[1] = from[1];
			to[2] = from[0];
		}
	}
}

int bmp_decode(struct image *m, const void *data, size_t len, const struct image_limits *limits, struct err *e)
{
	const uint8_t *b = data;
	int64_t w, h;
	unsigned bits, compression;
	uint64_t first;
	size_t row;
	bool down;

	if (len < HEAD || !bmp_is(data, len) || le_get32(b + FILE_HEAD) < INFO_HEAD)
		return err_set(e, "not a bitmap");
	first = le_get32(b + 10);
	w = (int32_t)le_get32(b + 18);
	h = (int32_t)le_get32(b + 22);
	bits = le_get16(b + 28);
	compression = le_get32(b + 30);
	down = h < 0;
	h = down ? -h : h;
	if (w < 1 || h < 1)
		return err_set(e, "a bitmap without pixels");
	if ((uint64_t)w * (uint64_t)h > limits->max_pixels)
		return err_set(e, "too many pixels: %lldx%lld", (long long)w, (long long)h);
	if ((bits != 24 && bits != 32) || (compression && !(bits == 32 && compression == BITFIELDS)))
		return err_set(e, "a bitmap of %u bits, compression %u: 24 or 32 without compression can be read", bits,
			       compression);
	if (compression && !plain_masks(b, len))
		return err_set(e, "a bitmap whose masks are not blue, green, red in this order");
	row = row_bytes((uint64_t)w, bits);
	if (first < HEAD || first > len || (len - first) / row < (uint64_t)h)
		return err_set(e, "truncated");
	image_init(m, (int)w, (int)h);
	copy_rows(m, b + first, row, bits / 8, down);
	return 0;
}

void bmp_encode(const uint8_t *rgb, int w, int h, struct buf *b)
{
	uint8_t head[HEAD] = "BM";
	size_t row = row_bytes((uint64_t)w, 24), bytes = row * (size_t)h;
	uint8_t *to;

	le_put32(head + 2, (uint32_t)(HEAD + bytes));
	le_put32(head + 10, HEAD);
	le_put32(head + 14, INFO_HEAD);
	le_put32(head + 18, (uint32_t)w);
	le_put32(head + 22, (uint32_t)h);
	le_put16(head + 26, 1);
	le_put16(head + 28, 24);
	le_put32(head + 34, (uint32_t)bytes);
	buf_add(b, head, HEAD);
	to = buf_reserve(b, bytes);
	memset(to, 0, bytes);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			for (int k = 0; k < 3; k++)
				to[row * (size_t)(h - 1 - y) + 3 * (size_t)x + (size_t)k] =
					rgb[3 * ((size_t)y * (size_t)w + (size_t)x) + (size_t)(2 - k)];
	b->len += bytes;
}
