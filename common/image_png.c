/* image_png.c - libpng's only includer: decoding, probing and encoding PNG */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "common/exif.h"
#include "common/image_codec.h"

struct source {
	const uint8_t *data;
	size_t len, at;
	struct err *e;
	bool ended; /* more bytes were asked for than there are */
	int warnings;
};

struct decoder {
	struct source src;
	png_structp png;
	png_infop png_info;
	const struct image_limits *limits;
	struct image *m;
	struct image_info *info;
	uint8_t *pixels; /* rows as libpng gives them: one, or all of them when interlaced */
	bool rows_done;
};

/* ---- libpng's hooks */

static void note_error(png_structp png, png_const_charp why)
{
	struct source *s = png_get_error_ptr(png);
	if (s->ended)
		err_set(s->e, "truncated");
	else
		err_set(s->e, "damaged PNG: %s", why);
	png_longjmp(png, 1);
}

static void note_warning(png_structp png, png_const_charp why)
{
	struct source *s = png_get_error_ptr(png);
	(void)why;
	s->warnings++;
}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
	struct source *s = png_get_io_ptr(png);
	if (n > s->len - s->at) {
		s->ended = true;
		png_error(png, "truncated");
	}
	memcpy(to, s->data + s->at, n);
	s->at += n;
}

/* Runs fn; libpng's errors come back here. A function of its own, so that no local variable lives across setjmp. */
static int guarded(struct decoder *d, void (*fn)(struct decoder *d))
{
	if (setjmp(png_jmpbuf(d->png)))
		return -1;
	fn(d);
	return 0;
}

/* ---- decoding */

/* libpng takes memory for a chunk before the pixels by its stated length, and only then finds that the file ends. */
static bool chunks_fit(const struct source *s)
{
	for (size_t at = 8; s->len >= at + 12;) {
		const uint8_t *chunk = s->data + at;
		uint32_t n = (uint32_t)chunk[0] << 24 | (uint32_t)chunk[1] << 16 | (uint32_t)chunk[2] << 8 | chunk[3];

		if (!memcmp(chunk + 4, "IDAT", 4))
			break;
		if (n > s->len - at - 12)
			return false;
		at += 12 + (size_t)n;
	}
	return true;
}

static void read_info(struct decoder *d)
{
	png_bytep exif;
	png_uint_32 exif_len;
	if (!chunks_fit(&d->src)) {
		d->src.ended = true;
		png_error(d->png, "truncated");
	}
	png_read_info(d->png, d->png_info);
	png_uint_32 w = png_get_image_width(d->png, d->png_info), h = png_get_image_height(d->png, d->png_info);
	d->info->w = (int)w; /* libpng keeps both below 2^31 */
	d->info->h = (int)h;
	if (png_get_eXIf_1(d->png, d->png_info, &exif_len, &exif) & PNG_INFO_eXIf)
		d->info->orientation = exif_orientation(exif, exif_len);
}

/* Deflate shrinks at most 1032 to 1, and every row needs its filter byte and pixels. */
static bool too_short(const struct decoder *d)
{
	uint64_t raw = ((uint64_t)png_get_rowbytes(d->png, d->png_info) + 1) * (uint64_t)d->info->h;
	return raw / 1040 > d->src.len;
}

/* Eight bits a channel, RGB or RGBA, whatever is stored. */
static void ask_for_rgb(struct decoder *d)
{
	png_set_scale_16(d->png);
	png_set_expand(d->png); /* palette, fewer than 8 bits, tRNS */
	png_set_gray_to_rgb(d->png);
	png_set_interlace_handling(d->png);
	png_read_update_info(d->png, d->png_info);
}

static void over_white(uint8_t *dst, const uint8_t *src, int w)
{
	for (int x = 0; x < w; x++, src += 4, dst += 3)
		for (int i = 0; i < 3; i++)
			dst[i] = (uint8_t)((src[i] * src[3] + 255 * (255 - src[3]) + 127) / 255);
}

static void store_row(struct decoder *d, int y, const uint8_t *row, bool alpha)
{
	if (alpha)
		over_white(image_at(d->m, 0, y), row, d->m->w);
	else
		memcpy(image_at(d->m, 0, y), row, 3 * (size_t)d->m->w);
}

static void read_rows(struct decoder *d)
{
	bool alpha = png_get_channels(d->png, d->png_info) == 4;
	bool interlaced = png_get_interlace_type(d->png, d->png_info) != PNG_INTERLACE_NONE;
	size_t row_bytes = png_get_rowbytes(d->png, d->png_info);
	if (row_bytes != (alpha ? 4 : 3) * (size_t)d->info->w)
		BUG("PNG row of %zu bytes for %d pixels", row_bytes, d->info->w);
	image_resize(d->m, d->info->w, d->info->h);
	d->pixels = xmalloc(row_bytes * (interlaced ? (size_t)d->info->h : 1));
	if (!interlaced) {
		for (int y = 0; y < d->info->h; y++) {
			png_read_row(d->png, d->pixels, NULL);
			store_row(d, y, d->pixels, alpha);
		}
		return;
	}
	for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
		for (int y = 0; y < d->info->h; y++)
			png_read_row(d->png, d->pixels + (size_t)y * row_bytes, NULL);
	for (int y = 0; y < d->info->h; y++)
		store_row(d, y, d->pixels + (size_t)y * row_bytes, alpha);
}

static void decode(struct decoder *d)
{
	read_info(d);
	if (image_check_size((uint64_t)d->info->w, (uint64_t)d->info->h, d->limits, d->src.e) < 0)
		png_longjmp(d->png, 1);
	if (too_short(d)) {
		err_set(d->src.e, "truncated");
		png_longjmp(d->png, 1);
	}
	ask_for_rgb(d);
	read_rows(d);
	d->rows_done = true;
	png_read_end(d->png, NULL);
}

static void probe(struct decoder *d)
{
	read_info(d);
}

/* All that the picture needs and nothing else is looked at: no text, profile or gamma, so none of their bombs. */
static void ignore_ancillary(png_structp png)
{
	static const uint8_t wanted[] = "tRNS\0eXIf";
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, wanted, 2);
	png_set_chunk_malloc_max(png, 1 << 20);
	png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
}

static int run(struct decoder *d, void (*fn)(struct decoder *d))
{
	d->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d->src, note_error, note_warning);
	if (!d->png)
		BUG("libpng refuses to start: built against %s", PNG_LIBPNG_VER_STRING);
	d->png_info = png_create_info_struct(d->png);
	png_set_read_fn(d->png, &d->src, read_bytes);
	ignore_ancillary(d->png);
	int rc = guarded(d, fn);
	/* Damage behind the last row harms no pixel. */
	if (rc < 0 && d->rows_done) {
		d->src.warnings++;
		rc = 0;
	}
	d->info->warnings = d->src.warnings;
	png_destroy_read_struct(&d->png, &d->png_info, NULL);
	free(d->pixels);
	return rc;
}

int image_png_decode(struct image *m, struct image_info *info, const void *data, size_t len,
		     const struct image_limits *limits, struct err *e)
{
	struct decoder d = { .src = { .data = data, .len = len, .e = e }, .limits = limits, .m = m, .info = info };
	return run(&d, decode);
}

int image_png_probe(struct image_info *info, const void *data, size_t len, struct err *e)
{
	struct decoder d = { .src = { .data = data, .len = len, .e = e }, .info = info };
	return run(&d, probe);
}

/* ---- encoding */

struct sink {
	struct buf *b;
	struct err *e;
};

static void encode_error(png_structp png, png_const_charp why)
{
	struct sink *s = png_get_error_ptr(png);
	err_set(s->e, "cannot encode a PNG: %s", why);
	png_longjmp(png, 1);
}

static void write_bytes(png_structp png, png_bytep data, size_t n)
{
	struct sink *s = png_get_io_ptr(png);
	if (buf_add(s->b, data, n) < 0)
		png_error(png, "over the buffer's limit");
}

static void flush_nothing(png_structp png)
{
	(void)png;
}

static int encode(png_structp png, png_infop info, const struct image *m)
{
	if (setjmp(png_jmpbuf(png)))
		return -1;
	png_set_IHDR(png, info, (png_uint_32)m->w, (png_uint_32)m->h, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 6);
	png_write_info(png, info);
	for (int y = 0; y < m->h; y++)
		png_write_row(png, image_at(m, 0, y));
	png_write_end(png, info);
	return 0;
}

int image_encode_png(const struct image *m, struct buf *b, struct err *e)
{
	struct sink s = { .b = b, .e = e };
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &s, encode_error, NULL);
	if (!png)
		BUG("libpng refuses to start: built against %s", PNG_LIBPNG_VER_STRING);
	png_infop info = png_create_info_struct(png);
	png_set_write_fn(png, &s, write_bytes, flush_nothing);
	int rc = encode(png, info, m);
	png_destroy_write_struct(&png, &info);
	return rc;
}
