/* Decoding against Pillow and NumPy (tests/golden/image.py); damage, lies and bombs; encoding; EXIF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "common/exif.h"
#include "common/hash.h"
#include "common/image.h"
#include "support_image.h"

static const struct image_limits limits = IMAGE_LIMITS_DEFAULT;

static void test_golden(void **state)
{
	struct buf table = { 0 }, file = { 0 };
	char name[64], path[128];
	unsigned crc;
	int w, h, n = 0;
	(void)state;
	support_slurp(&table, "tests/golden/image/expected.tsv");
	for (char *line = strchr(table.data, '\n'); line && line[1]; line = strchr(line + 1, '\n'), n++) {
		struct image m;
		struct image_info info, probed;
		struct err e = { 0 };
		assert_int_equal(sscanf(line, "%63s %d %d %x", name, &w, &h, &crc), 4);
		snprintf(path, sizeof path, "tests/golden/image/%s", name);
		support_slurp(&file, path);
		if (image_decode(&m, &info, file.data, file.len, &limits, &e) < 0)
			fail_msg("%s: %s", name, e.msg);
		if (m.w != w || m.h != h || support_crc(&m) != crc)
			fail_msg("%s: %dx%d %08x, expected %dx%d %08x", name, m.w, m.h, support_crc(&m), w, h, crc);
		assert_int_equal(info.warnings, 0);
		assert_int_equal(info.w, w);
		assert_int_equal(info.h, h);
		assert_int_equal(image_probe(&probed, file.data, file.len, &e), 0);
		assert_true(probed.w == w && probed.h == h && probed.orientation == info.orientation);
		assert_int_equal(probed.format, strstr(name, ".jpg") ? IMAGE_JPEG : IMAGE_PNG);
		image_release(&m);
	}
	assert_int_equal(n, 36);
	buf_release(&table);
	buf_release(&file);
}

/* libjpeg-turbo's accurate DCT and fancy upsampling on a real photo. */
static void test_photo(void **state)
{
	const char *path = support_shared("data/photos/face_alignment/aflw-test.jpg");
	struct image m;
	struct image_info info;
	struct err e = { 0 };
	(void)state;
	if (!path)
		skip();
	assert_int_equal(image_read(&m, &info, path, &limits, &e), 0);
	assert_int_equal(m.w, 450);
	assert_int_equal(m.h, 450);
	assert_int_equal(support_crc(&m), 0x33339a11);
	image_release(&m);
}

static void test_scaled(void **state)
{
	struct image m, part;
	struct buf b = { 0 };
	struct image_info info;
	struct err e = { 0 };
	static const struct {
		int min_short, min_long, scale, w, h;
	} cases[] = { { 0, 0, 1, 201, 120 }, { 61, 0, 1, 201, 120 }, { 60, 0, 2, 101, 60 }, { 60, 101, 1, 201, 120 },
		      { 30, 50, 4, 51, 30 }, { 15, 0, 8, 26, 15 },   { 1, 1, 8, 26, 15 },   { 0, 100, 2, 101, 60 } };
	(void)state;
	support_pattern(&m, 201, 120);
	assert_int_equal(image_encode_jpeg(&m, 90, &b, &e), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct image_limits l = limits;
		l.min_short = cases[i].min_short;
		l.min_long = cases[i].min_long;
		assert_int_equal(image_decode(&part, &info, b.data, b.len, &l, &e), 0);
		assert_int_equal(info.scale, cases[i].scale);
		assert_int_equal(part.w, cases[i].w);
		assert_int_equal(part.h, cases[i].h);
		assert_true(info.w == 201 && info.h == 120);
		image_release(&part);
	}
	image_release(&m);
	buf_release(&b);
}

static void expect_error(const void *data, size_t len, const struct image_limits *l, const char *want)
{
	struct image m;
	struct err e = { 0 };
	assert_int_equal(image_decode(&m, NULL, data, len, l, &e), -1);
	assert_null(m.data);
	if (strncmp(e.msg, want, strlen(want)) != 0)
		fail_msg("'%s' instead of '%s'", e.msg, want);
}

static void test_not_pictures(void **state)
{
	struct image m;
	struct err e = { 0 };
	(void)state;
	expect_error("", 0, &limits, "empty file");
	expect_error("hello, world\n", 13, &limits, "not a picture");
	expect_error("GIF89a", 6, &limits, "not a picture");
	expect_error("\xff\xd8\xff", 3, &limits, "truncated");
	expect_error("\x89PNG\r\n\x1a\n", 8, &limits, "truncated");
	assert_int_equal(image_read(&m, NULL, "/nowhere", &limits, &e), -1);
	assert_string_equal(e.msg, "no such file");
	assert_int_equal(image_read(&m, NULL, "/", &limits, &e), -1);
	assert_string_equal(e.msg, "a directory");
	assert_int_equal(image_read(&m, NULL, "/dev/zero", &limits, &e), -1);
	assert_string_equal(e.msg, "not a regular file");
}

/* Every proper prefix is an error, or (only the last few bytes missing) the whole picture with a warning. */
static void test_truncated(void **state)
{
	static const char *const names[] = { "rgb.jpg",	 "420.jpg", "progressive.jpg",
					     "cmyk.jpg", "rgb.png", "interlaced.png" };
	struct buf file = { 0 };
	char path[128];
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "tests/golden/image/%s", names[i]);
		support_slurp(&file, path);
		struct image whole, m;
		struct image_info info;
		struct err e = { 0 };
		assert_int_equal(image_decode(&whole, NULL, file.data, file.len, &limits, &e), 0);
		for (size_t len = 1; len < file.len; len++) {
			char *copy = malloc(len); /* so that the sanitizer sees the end */
			memcpy(copy, file.data, len);
			int rc = image_decode(&m, &info, copy, len, &limits, &e);
			free(copy);
			if (rc < 0)
				continue;
			if (file.len - len > 24)
				fail_msg("%s: %zu of %zu bytes are taken for a picture", names[i], len, file.len);
			assert_true(info.warnings > 0);
			assert_int_equal(support_difference(&m, &whole), 0);
			image_release(&m);
		}
		image_release(&whole);
	}
	buf_release(&file);
}

/* An end marker in the middle of the scan, the rest of the file behind it. */
static void test_early_end(void **state)
{
	struct buf file = { 0 };
	(void)state;
	support_slurp(&file, "tests/golden/image/420.jpg");
	memcpy(file.data + file.len - 120, "\xff\xd9", 2);
	expect_error(file.data, file.len, &limits, "truncated");
	buf_release(&file);
}

static void put16(char *p, unsigned v)
{
	p[0] = (char)(v >> 8);
	p[1] = (char)v;
}

static char *sof(struct buf *file)
{
	return (char *)memmem(file->data, file->len, "\xff\xc0", 2) + 5;
}

static void test_lies(void **state)
{
	struct buf file = { 0 };
	struct image_limits wide = limits;
	(void)state;
	wide.max_pixels = 1ull << 40;
	support_slurp(&file, "tests/golden/image/420.jpg");
	put16(sof(&file), 6000);
	put16(sof(&file) + 2, 6000);
	uint64_t before = support_peak();
	expect_error(file.data, file.len, &limits, "truncated");
	put16(sof(&file), 65500);
	put16(sof(&file) + 2, 65500);
	expect_error(file.data, file.len, &limits, "too many pixels: 65500x65500");
	expect_error(file.data, file.len, &wide, "truncated");
	put16(sof(&file), 0);
	expect_error(file.data, file.len, &limits, "damaged JPEG");
	put16(sof(&file), 29);
	put16(sof(&file) + 2, 0);
	expect_error(file.data, file.len, &limits, "damaged JPEG");
	assert_true(support_peak() - before < 16u << 20);
	buf_release(&file);
}

/* ---- PNG written by hand */

static void chunk(struct buf *b, const char *kind, const void *data, size_t len)
{
	char head[8] = { (char)(len >> 24), (char)(len >> 16), (char)(len >> 8), (char)len,
			 kind[0],	    kind[1],	       kind[2],		 kind[3] };
	uint32_t crc = crc32_add(crc32_add(0, kind, 4), data, len);
	char tail[4] = { (char)(crc >> 24), (char)(crc >> 16), (char)(crc >> 8), (char)crc };
	buf_add(b, head, 8);
	if (len)
		buf_add(b, data, len);
	buf_add(b, tail, 4);
}

/* n zeros, deflated, without ever being in memory. */
static void deflate_zeros(struct buf *b, size_t n)
{
	static Bytef zeros[65536], out[4096];
	z_stream z = { 0 };
	assert_int_equal(deflateInit(&z, 9), Z_OK);
	do {
		z.next_in = zeros;
		z.avail_in = (uInt)(n < sizeof zeros ? n : sizeof zeros);
		n -= z.avail_in;
		do {
			z.next_out = out;
			z.avail_out = sizeof out;
			deflate(&z, n ? Z_NO_FLUSH : Z_FINISH);
			buf_add(b, out, sizeof out - z.avail_out);
		} while (z.avail_out == 0);
	} while (n);
	deflateEnd(&z);
}

static void png_of(struct buf *b, unsigned w, unsigned h, size_t raw_bytes, size_t text_bytes)
{
	char ihdr[13] = { (char)(w >> 24),
			  (char)(w >> 16),
			  (char)(w >> 8),
			  (char)w,
			  (char)(h >> 24),
			  (char)(h >> 16),
			  (char)(h >> 8),
			  (char)h,
			  8,
			  2,
			  0,
			  0,
			  0 };
	struct buf part = { 0 };
	buf_reset(b);
	buf_add(b, "\x89PNG\r\n\x1a\n", 8);
	chunk(b, "IHDR", ihdr, sizeof ihdr);
	if (text_bytes) {
		buf_add(&part, "k\0", 3);
		deflate_zeros(&part, text_bytes);
		chunk(b, "zTXt", part.data, part.len);
		buf_reset(&part);
	}
	deflate_zeros(&part, raw_bytes);
	chunk(b, "IDAT", part.data, part.len);
	chunk(b, "IEND", "", 0);
	buf_release(&part);
}

static void test_png_bombs(void **state)
{
	struct buf b = { 0 };
	struct image m;
	struct err e = { 0 };
	uint64_t before = support_peak();
	(void)state;
	png_of(&b, 60000, 60000, 1000, 0);
	expect_error(b.data, b.len, &limits, "too many pixels: 60000x60000");
	png_of(&b, 6000, 6000, 1000, 0);
	expect_error(b.data, b.len, &limits, "truncated");
	png_of(&b, 0, 5, 1000, 0);
	expect_error(b.data, b.len, &limits, "damaged PNG");
	png_of(&b, 0x80000001u, 1, 1000, 0);
	expect_error(b.data, b.len, &limits, "damaged PNG");
	png_of(&b, 8, 8, 100, 0);
	expect_error(b.data, b.len, &limits, "damaged PNG");
	/* A text chunk that would unpack to 64 MiB is not looked at. */
	png_of(&b, 8, 8, 8 * 25, 64u << 20);
	assert_int_equal(image_decode(&m, NULL, b.data, b.len, &limits, &e), 0);
	image_release(&m);
	assert_true(support_peak() - before < 16u << 20);
	buf_release(&b);
}

static void test_limits(void **state)
{
	struct buf file = { 0 };
	struct image_limits l = limits;
	(void)state;
	support_slurp(&file, "tests/golden/image/rgb.png");
	l.max_pixels = 19 * 11 - 1;
	expect_error(file.data, file.len, &l, "too many pixels: 19x11");
	l = limits;
	l.max_bytes = file.len - 1;
	expect_error(file.data, file.len, &l, "too many bytes");
	buf_release(&file);
}

/* Long and thin: 65500 x 1. */
static void test_long(void **state)
{
	struct image m, back;
	struct buf jpeg = { 0 }, png = { 0 };
	struct err e = { 0 };
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		support_pattern(&m, turn ? 1 : 65500, turn ? 65500 : 1);
		buf_reset(&jpeg);
		buf_reset(&png);
		assert_int_equal(image_encode_jpeg(&m, 95, &jpeg, &e), 0);
		assert_int_equal(image_encode_png(&m, &png, &e), 0);
		assert_int_equal(image_decode(&back, NULL, jpeg.data, jpeg.len, &limits, &e), 0);
		assert_true(back.w == m.w && back.h == m.h);
		image_release(&back);
		assert_int_equal(image_decode(&back, NULL, png.data, png.len, &limits, &e), 0);
		assert_int_equal(support_difference(&back, &m), 0);
		image_release(&back);
		image_release(&m);
	}
	/* libjpeg's own limit is an error, not an exit. */
	image_init(&m, 65501, 1);
	memset(m.data, 0, m.stride);
	assert_int_equal(image_encode_jpeg(&m, 95, &jpeg, &e), -1);
	image_release(&m);
	buf_release(&jpeg);
	buf_release(&png);
}

/*
 * A progressive file whose last scan is repeated: each costs a pass over the picture. The scan is a refinement, so more of
 * them only warn, until the limit.
 */
static void test_scans(void **state)
{
	struct buf file = { 0 }, bomb = { 0 };
	(void)state;
	support_slurp(&file, "tests/golden/image/progressive.jpg");
	char *last = NULL;
	for (char *p = file.data; (p = memmem(p, (size_t)(file.data + file.len - p), "\xff\xda", 2)); p += 2)
		last = p;
	size_t at = (size_t)(last - file.data), n = file.len - 2 - at;
	buf_add(&bomb, file.data, at);
	for (int i = 0; i < 200; i++)
		buf_add(&bomb, last, n);
	buf_add(&bomb, "\xff\xd9", 2);
	expect_error(bomb.data, bomb.len, &limits, "too many scans");
	buf_release(&file);
	buf_release(&bomb);
}

static void test_encode(void **state)
{
	struct image m, back;
	struct buf b = { 0 };
	struct err e = { 0 };
	(void)state;
	support_pattern(&m, 33, 21);
	for (int y = 0; y < m.h; y++)
		for (int x = 0; x < m.w; x++)
			memcpy(image_at(&m, x, y), (uint8_t[3]){ (uint8_t)(x * 7), (uint8_t)(y * 11), 90 }, 3);
	assert_int_equal(image_encode_png(&m, &b, &e), 0);
	assert_int_equal(image_decode(&back, NULL, b.data, b.len, &limits, &e), 0);
	assert_int_equal(support_difference(&m, &back), 0);
	image_release(&back);
	buf_reset(&b);
	assert_int_equal(image_encode_jpeg(&m, 95, &b, &e), 0);
	assert_int_equal(sof(&b)[6], 0x11); /* 4:4:4 */
	assert_int_equal(image_decode(&back, NULL, b.data, b.len, &limits, &e), 0);
	assert_true(support_difference(&m, &back) <= 12);
	image_release(&back);
	buf_reset(&b);
	assert_int_equal(image_encode_jpeg(&m, 89, &b, &e), 0);
	assert_int_equal(sof(&b)[6], 0x22); /* 4:2:0 */
	buf_release(&b);
	image_release(&m);
}

static void test_exif(void **state)
{
	static const char le[] = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
	char block[sizeof le];
	(void)state;
	assert_int_equal(exif_orientation(le, sizeof le - 1), 6);
	/* No prefix is read beyond its end; the value needs the whole entry. */
	for (size_t n = 0; n < sizeof le - 1; n++) {
		char *copy = malloc(n + 1);
		memcpy(copy, le, n);
		assert_int_equal(exif_orientation(copy, n), n < 22 ? 1 : 6);
		free(copy);
	}
	for (int v = 0; v < 256; v++) {
		memcpy(block, le, sizeof le);
		block[18] = (char)v;
		assert_int_equal(exif_orientation(block, sizeof le - 1), v >= 1 && v <= 8 ? v : 1);
		memcpy(block, le, sizeof le);
		block[4] = (char)v; /* the directory somewhere else */
		if (v != 8)
			assert_int_equal(exif_orientation(block, sizeof le - 1), 1);
	}
	memcpy(block, "II*\0\xff\xff\xff\xff", 8);
	assert_int_equal(exif_orientation(block, sizeof le - 1), 1);
	memcpy(block, le, sizeof le);
	memcpy(block + 8, "\xff\xff", 2);
	assert_int_equal(exif_orientation(block, sizeof le - 1), 6);
}

/* One picture after the other in the same memory: the pixels are those of a fresh decode, whatever was there before. */
static void decoding_again(void **state)
{
	static const char *const files[] = { "420.jpg",	 "1x1.png", "exif6.jpg", "rgba-interlaced.png",
					     "cmyk.jpg", "420.jpg" };
	struct image m = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *path = xasprintf("tests/golden/image/%s", files[i]);
		struct buf b = { 0 };
		struct image fresh;

		support_slurp(&b, path);
		assert_int_equal(image_decode(&fresh, NULL, b.data, b.len, &limits, NULL), 0);
		assert_int_equal(image_decode_again(&m, NULL, b.data, b.len, &limits, NULL), 0);
		assert_int_equal(support_difference(&fresh, &m), 0);
		assert_true(m.room >= m.stride * (size_t)m.h);
		image_release(&fresh);
		buf_release(&b);
		free(path);
	}
	assert_int_equal(image_decode_again(&m, NULL, "text", 4, &limits, NULL), -1);
	assert_null(m.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_again), cmocka_unit_test(test_golden),       cmocka_unit_test(test_photo),
		cmocka_unit_test(test_scaled),	  cmocka_unit_test(test_not_pictures), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_early_end), cmocka_unit_test(test_lies),	       cmocka_unit_test(test_png_bombs),
		cmocka_unit_test(test_limits),	  cmocka_unit_test(test_long),	       cmocka_unit_test(test_scans),
		cmocka_unit_test(test_encode),	  cmocka_unit_test(test_exif),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
