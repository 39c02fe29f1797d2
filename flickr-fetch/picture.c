#include "flickr-fetch/picture.h"

#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "common/io.h"

/* A JPEG ends with the marker FFD9, a PNG with its IEND chunk; some programs add a few bytes after them. */
static bool has_end(const uint8_t *data, size_t len, enum image_format format)
{
	const char *mark = format == IMAGE_JPEG ? "\xff\xd9" : "IEND\xae\x42\x60\x82";
	size_t n = format == IMAGE_JPEG ? 2 : 8;
	size_t tail = len < 1024 ? len : 1024;

	return memmem(data + len - tail, tail, mark, n) != NULL;
}

const char *picture_check(const void *data, size_t len, int *width, int *height, const char **ext)
{
	struct image_info info;
	struct err e = { 0 };
	enum image_format format = image_sniff(data, len);

	if (format == IMAGE_UNKNOWN)
		return "not-a-picture";
	*ext = format == IMAGE_JPEG ? "jpg" : "png";
	if (image_probe(&info, data, len, &e))
		return "broken-picture";
	if (!has_end(data, len, format))
		return "truncated";
	if (!*width || !*height) {
		*width = info.w;
		*height = info.h;
	} else if (!(info.w == *width && info.h == *height) && !(info.w == *height && info.h == *width)) {
		return "wrong-size";
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int picture_deny_read(struct picture_deny *d, const char *path, struct err *e)
{
	struct buf b = { 0 };
	char *line, *next;
	int number = 0, rc = -1;

	if (io_slurp(path, 16 << 20, &b, e))
		goto out;
	for (line = b.data; line && *line; line = next) {
		size_t n = strcspn(line, "\n");
		size_t i;

		next = line + n + (line[n] == '\n');
		number++;
		if (n == 0 || line[0] == '#')
			continue;
		d->hash = xrealloc_array(d->hash, d->n + 1, sizeof(*d->hash));
		for (i = 0; i < 32; i++) {
			int hi = n < 64 ? -1 : hex_digit(line[2 * i]), lo = n < 64 ? -1 : hex_digit(line[2 * i + 1]);

			if (hi < 0 || lo < 0) {
				err_set(e, "%s:%d: not a SHA-256", path, number);
				goto out;
			}
			d->hash[d->n][i] = (uint8_t)(hi << 4 | lo);
		}
		d->n++;
	}
	rc = 0;
out:
	buf_release(&b);
	return rc;
}
