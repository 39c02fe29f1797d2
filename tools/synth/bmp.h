/*
 * bmp.h - Windows bitmaps of 24 or 32 bits without compression: the textures of Florence's scans
 */
#ifndef FRL_SYNTH_BMP_H
#define FRL_SYNTH_BMP_H

#include <stdbool.h>

#include "common/image.h"

/* Of 32 bits also with masks (compression 3), if they are those of the form without. */
bool bmp_is(const void *data, size_t len);
/* m is initialised by the call and released by the caller. Errors are words without the file's name, as image_decode's. */
int bmp_decode(struct image *m, const void *data, size_t len, const struct image_limits *limits, struct err *e);
/* 24 bits, rows from the bottom; rgb [h][w][3] from the top. Appends to b. */
void bmp_encode(const uint8_t *rgb, int w, int h, struct buf *b);

#endif
