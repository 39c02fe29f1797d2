/* support_image.h - what the tests of pictures share */
#ifndef FRL_SUPPORT_IMAGE_H
#define FRL_SUPPORT_IMAGE_H

#include "common/buf.h"
#include "common/image.h"

/* A new picture, half noise and half slope: the same as pattern() of tests/golden/image.py. */
void support_pattern(struct image *m, int w, int h);
/* The whole file, or a failed test. */
void support_slurp(struct buf *b, const char *path);
/* "$FRL_SHARED/NAME" when that file exists, else NULL after saying SKIP. */
const char *support_shared(const char *name);
/* CRC-32 over the pixels, without what lies between rows. */
uint32_t support_crc(const struct image *m);
/* The largest difference of any channel; 256 when the sizes differ. */
int support_difference(const struct image *a, const struct image *b);

/* Peak resident set of this process, bytes. */
size_t support_peak(void);

#endif
