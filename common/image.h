/*
 * image.h - pictures in memory, and decoding them from bytes that nobody vouches for
 *
 * A picture is RGB, 8 bits a channel, rows from the top, whatever the file held: grey, CMYK and YCCK, palette, 16 bit and
 * alpha (over white) are converted, and the EXIF orientation is applied here, once, for every program. Decoders read
 * memory only, obey limits, return errors, and never end the process.
 */
#ifndef FRL_IMAGE_H
#define FRL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct image {
	int w, h;
	size_t stride; /* bytes from row to row, >= 3 * w */
	uint8_t *data; /* [h][stride], owned */
	size_t room;   /* bytes that data has, for image_resize */
};

/*
 * w, h >= 1; pixels not initialised. 16 bytes follow the last pixel, so that loops may load and store whole words. Pictures
 * too large for memory are the caller's limits' business.
 */
void image_init(struct image *m, int w, int h);
/* The same for a picture that is zeroed or was initialised: its memory is used again where it is large enough. */
void image_resize(struct image *m, int w, int h);
void image_release(struct image *m);
static inline uint8_t *image_at(const struct image *m, int x, int y)
{
	return m->data + (size_t)y * m->stride + 3 * (size_t)x;
}

enum image_format { IMAGE_UNKNOWN, IMAGE_JPEG, IMAGE_PNG };

struct image_limits {
	uint64_t max_pixels; /* width times height as stored */
	uint64_t max_bytes;  /* of the file */
	/*
	 * A JPEG may be decoded at 1/2, 1/4 or 1/8 (the DCT's own scaling) as long as its short side stays at least
	 * min_short and its long side at least min_long, both after scaling; 0 and 0: full size always.
	 */
	int min_short, min_long;
};

#define IMAGE_LIMITS_DEFAULT \
	{ \
		.max_pixels = 40000000, .max_bytes = 256u << 20 \
	}

struct image_info {
	enum image_format format;
	int w, h;	 /* of the full picture after orientation: the frame that coordinates refer to */
	int orientation; /* EXIF, 1..8 */
	int scale;	 /* the picture was decoded at 1/scale: 1, 2, 4, 8 */
	int warnings; /* the codec's complaints about a file that it could still decode (e.g. bytes missing at its end) */
};

/* By the first bytes, never by the file's name. */
enum image_format image_sniff(const void *data, size_t len);

/*
 * Decodes data into m (initialised by the call, released by the caller). info may be NULL. Errors name the reason in a few
 * words that suit a status ("truncated", "not a picture", "too many pixels: 50000x50000", ...); the caller adds the file.
 * A JPEG whose scan ends early is an error (truncated) - what is missing would be made up.
 */
int image_decode(struct image *m, struct image_info *info, const void *data, size_t len,
		 const struct image_limits *limits, struct err *e);
/* Size, format and orientation only. */
int image_probe(struct image_info *info, const void *data, size_t len, struct err *e);
/*
 * The bytes of a file (io_slurp: no FIFO, no device, no directory) into bytes. Reasons are words that suit a status
 * ("missing", "a folder", ..), without the path.
 */
int image_slurp(struct buf *bytes, const char *path, const struct image_limits *limits, struct err *e);
/* Reads and decodes; e as above. */
int image_read(struct image *m, struct image_info *info, const char *path, const struct image_limits *limits,
	       struct err *e);

/*
 * image_decode for one picture after the other: m is zeroed before the first call and keeps its memory from call to call
 * (after an error it is zeroed again). Fresh pages cost about 1 ms a picture.
 */
int image_decode_again(struct image *m, struct image_info *info, const void *data, size_t len,
		       const struct image_limits *limits, struct err *e);

/* Encoders append to b. quality 1..100, 4:2:0 below 90, 4:4:4 from 90 on. PNG: zlib level 6. */
int image_encode_jpeg(const struct image *m, int quality, struct buf *b, struct err *e);
int image_encode_png(const struct image *m, struct buf *b, struct err *e);

#endif
