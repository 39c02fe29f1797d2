/*
 * image_codec.h - what image.c asks of a codec; nobody else includes it
 *
 * Codecs give the picture as stored, before orientation; w and h of info are those of the full stored picture.
 */
#ifndef FRL_IMAGE_CODEC_H
#define FRL_IMAGE_CODEC_H

#include "common/image.h"

int image_jpeg_decode(struct image *m, struct image_info *info, const void *data, size_t len,
		      const struct image_limits *limits, struct err *e);
int image_jpeg_probe(struct image_info *info, const void *data, size_t len, struct err *e);
int image_png_decode(struct image *m, struct image_info *info, const void *data, size_t len,
		     const struct image_limits *limits, struct err *e);
int image_png_probe(struct image_info *info, const void *data, size_t len, struct err *e);

/* "too many pixels: WxH" where they are; 0 or -1. */
int image_check_size(uint64_t w, uint64_t h, const struct image_limits *limits, struct err *e);

#endif
