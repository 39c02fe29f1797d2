/* image_jpeg.c - libjpeg-turbo's only includer: decoding, probing and encoding JPEG */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "common/exif.h"
#include "common/image_codec.h"

enum {
	MAX_SCANS = 100, /* a real progressive file has about ten; each may cost a pass over the whole picture */
	EXIF_BYTES = 6,	 /* "Exif\0\0" */
};

struct decoder {
	struct jpeg_decompress_struct c;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf jump;
	struct err *e;
	bool truncated;	 /* the data ended, or claimed to end, before the picture did */
	bool data_ended; /* bytes ran out; all right if the picture is complete */
	bool in_pixels;
	size_t len;
	const struct image_limits *limits;
	struct image *m;
	struct image_info *info;
	uint8_t *row; /* a row of CMYK */
};

static struct decoder *decoder_of(j_common_ptr c)
{
	return (struct decoder *)c; /* c is its first member */
}

/* ---- libjpeg's error manager */

static _Noreturn void fail(j_common_ptr c)
{
	struct decoder *d = decoder_of(c);
	char why[JMSG_LENGTH_MAX];
	c->err->format_message(c, why);
	if (d->data_ended)
		err_set(d->e, "truncated");
	else if (c->err->msg_code == JERR_NO_BACKING_STORE)
		err_set(d->e, "too much memory for a JPEG of its size");
	else
		err_set(d->e, "damaged JPEG: %s", why);
	longjmp(d->jump, 1);
}

static _Noreturn void fail_with(struct decoder *d, const char *why)
{
	err_set(d->e, "%s", why);
	longjmp(d->jump, 1);
}

/* Warnings are counted, never printed. Two of them tell that pixels are being made up. */
static void note_message(j_common_ptr c, int level)
{
	struct decoder *d = decoder_of(c);
	if (level >= 0)
		return;
	c->err->num_warnings++;
	if (c->err->msg_code == JWRN_JPEG_EOF)
		d->data_ended = true;
	if (c->err->msg_code == JWRN_HIT_MARKER && ((j_decompress_ptr)c)->unread_marker == JPEG_EOI)
		d->truncated = true;
}

static void note_progress(j_common_ptr c)
{
	if (((j_decompress_ptr)c)->input_scan_number > MAX_SCANS)
		fail_with(decoder_of(c), "too many scans");
}

/* Runs fn; libjpeg's errors come back here. A function of its own, so that no local variable lives across setjmp. */
static int guarded(struct decoder *d, void (*fn)(struct decoder *d))
{
	if (setjmp(d->jump))
		return -1;
	fn(d);
	return 0;
}

/* ---- decoding */

/*
 * Huffman coding spends at least one bit on the first coefficient of every block, so a file shorter than that lies about
 * its size; better known before memory is filled.
 */
static bool too_short(const struct decoder *d)
{
	uint64_t blocks = 0;
	if (d->c.arith_code)
		return false;
	for (int i = 0; i < d->c.num_components; i++)
		blocks += (uint64_t)d->c.comp_info[i].width_in_blocks * d->c.comp_info[i].height_in_blocks;
	return blocks / 8 > d->len;
}

static void read_header(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->c;
	jpeg_save_markers(c, JPEG_APP0 + 1, 0xffff);
	if (jpeg_read_header(c, TRUE) != JPEG_HEADER_OK)
		fail_with(d, "damaged JPEG: no picture in it");
	d->info->w = (int)c->image_width;
	d->info->h = (int)c->image_height;
	for (jpeg_saved_marker_ptr a = c->marker_list; a; a = a->next)
		if (a->data_length > EXIF_BYTES && !memcmp(a->data, "Exif\0\0", EXIF_BYTES)) {
			d->info->orientation = exif_orientation(a->data + EXIF_BYTES, a->data_length - EXIF_BYTES);
			break;
		}
}

/* The largest of 1, 2, 4, 8 that the limits allow. */
static unsigned choose_scale(const struct decoder *d)
{
	unsigned w = d->c.image_width, h = d->c.image_height, scale = 1;
	unsigned lo = w < h ? w : h, hi = w < h ? h : w;
	unsigned min_short = (unsigned)d->limits->min_short, min_long = (unsigned)d->limits->min_long;
	if (min_short == 0 && min_long == 0)
		return 1;
	while (scale < 8 && lo / (2 * scale) >= min_short && hi / (2 * scale) >= min_long)
		scale *= 2;
	return scale;
}

/*
 * Four components are CMYK (or YCCK, which libjpeg turns into it), and everybody who writes such files stores them
 * inverted, as Adobe began to.
 */
static void cmyk_to_rgb(uint8_t *dst, const uint8_t *src, int w)
{
	for (int x = 0; x < w; x++, src += 4, dst += 3)
		for (int i = 0; i < 3; i++) {
			unsigned v = (255u - src[i]) * src[3] + 128;
			int rgb = (int)src[3] - (int)((v + (v >> 8)) >> 8);
			dst[i] = (uint8_t)(rgb < 0 ? 0 : rgb);
		}
}

static void setup(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->c;
	uint64_t pixels = (uint64_t)c->image_width * c->image_height;
	if (image_check_size(c->image_width, c->image_height, d->limits, d->e) < 0)
		longjmp(d->jump, 1);
	if (too_short(d))
		fail_with(d, "truncated");
	d->progress.progress_monitor = note_progress;
	c->progress = &d->progress;
	/* A progressive file keeps every coefficient: 2 bytes for each of up to four components, and some rows. */
	c->mem->max_memory_to_use = (long)(8 * pixels + 8 * 65536 * 64);
	/* Said, not left to the library's defaults: every machine gives the same bytes. */
	c->dct_method = JDCT_ISLOW;
	c->do_fancy_upsampling = TRUE;
	c->out_color_space = c->num_components == 4 ? JCS_CMYK : JCS_RGB;
	d->info->scale = (int)choose_scale(d);
	c->scale_num = 1;
	c->scale_denom = (unsigned)d->info->scale;
}

/* After the last scan of a progressive file every coefficient has all its bits. */
static bool complete(const struct decoder *d)
{
	const struct jpeg_decompress_struct *c = &d->c;
	if (!c->progressive_mode || !c->coef_bits)
		return !jpeg_has_multiple_scans((j_decompress_ptr)c);
	for (int i = 0; i < c->num_components; i++)
		for (int k = 0; k < DCTSIZE2; k++)
			if (c->coef_bits[i][k] != 0)
				return false;
	return true;
}

static void read_rows(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->c;
	struct image *m = d->m;
	JSAMPROW rows[16];
	while (c->output_scanline < c->output_height && !d->truncated) {
		unsigned y = c->output_scanline, n = c->output_height - y;
		if (d->row) {
			rows[0] = d->row;
			if (jpeg_read_scanlines(c, rows, 1) == 1)
				cmyk_to_rgb(image_at(m, 0, (int)y), d->row, m->w);
			continue;
		}
		if (n > 16)
			n = 16;
		for (unsigned i = 0; i < n; i++)
			rows[i] = image_at(m, 0, (int)(y + i));
		jpeg_read_scanlines(c, rows, n);
	}
	if (d->truncated)
		fail_with(d, "truncated");
}

static void decode(struct decoder *d)
{
	struct jpeg_decompress_struct *c = &d->c;
	read_header(d);
	setup(d);
	jpeg_start_decompress(c);
	if (d->data_ended && !complete(d))
		fail_with(d, "truncated");
	image_resize(d->m, (int)c->output_width, (int)c->output_height);
	if (c->out_color_space == JCS_CMYK)
		d->row = xmalloc(4 * (size_t)d->m->w);
	read_rows(d);
	jpeg_finish_decompress(c);
	d->info->warnings = (int)c->err->num_warnings;
}

static void probe(struct decoder *d)
{
	read_header(d);
}

static int run(struct decoder *d, void (*fn)(struct decoder *d), const void *data, size_t len)
{
	d->len = len;
	d->c.err = jpeg_std_error(&d->errors);
	d->errors.error_exit = fail;
	d->errors.emit_message = note_message;
	jpeg_create_decompress(&d->c);
	jpeg_mem_src(&d->c, data, (unsigned long)len);
	int rc = guarded(d, fn);
	jpeg_destroy_decompress(&d->c);
	free(d->row);
	return rc;
}

int image_jpeg_decode(struct image *m, struct image_info *info, const void *data, size_t len,
		      const struct image_limits *limits, struct err *e)
{
	struct decoder d = { .e = e, .limits = limits, .m = m, .info = info };
	return run(&d, decode, data, len);
}

int image_jpeg_probe(struct image_info *info, const void *data, size_t len, struct err *e)
{
	struct decoder d = { .e = e, .info = info };
	return run(&d, probe, data, len);
}

/* ---- encoding */

struct encoder {
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	jmp_buf jump;
	struct err *e;
	unsigned char *bytes;
	unsigned long n;
};

static _Noreturn void encode_fail(j_common_ptr c)
{
	struct encoder *n = (struct encoder *)c;
	char why[JMSG_LENGTH_MAX];
	c->err->format_message(c, why);
	err_set(n->e, "cannot encode a JPEG: %s", why);
	longjmp(n->jump, 1);
}

static int encode(struct encoder *n, const struct image *m, int quality)
{
	struct jpeg_compress_struct *c = &n->c;
	if (setjmp(n->jump))
		return -1;
	jpeg_mem_dest(c, &n->bytes, &n->n);
	c->image_width = (JDIMENSION)m->w;
	c->image_height = (JDIMENSION)m->h;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	c->dct_method = JDCT_ISLOW;
	if (quality >= 90)
		c->comp_info[0].h_samp_factor = c->comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		JSAMPROW row = image_at(m, 0, (int)c->next_scanline);
		jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
	return 0;
}

int image_encode_jpeg(const struct image *m, int quality, struct buf *b, struct err *e)
{
	struct encoder n = { .e = e };
	n.c.err = jpeg_std_error(&n.errors);
	n.errors.error_exit = encode_fail;
	jpeg_create_compress(&n.c);
	int rc = encode(&n, m, quality);
	if (rc == 0 && buf_add(b, n.bytes, n.n) < 0)
		rc = err_set(e, "cannot encode a JPEG: over %zu bytes", b->max);
	jpeg_destroy_compress(&n.c);
	free(n.bytes);
	return rc;
}
