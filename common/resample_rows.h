/*
 * resample_rows.h - the two inner loops of resample.c, in plain C and for SSE2
 *
 * Weighted sums of pixels in integers: a weight is a multiple of 2^-bits that fits 16 bits, weights come in pairs (the last
 * may be a zero that pads), sums are rounded and clamped to 0..255. Both forms give the same bytes.
 */
#ifndef FRL_RESAMPLE_ROWS_H
#define FRL_RESAMPLE_ROWS_H

#include <stdint.h>

/* The weights of one output position: input positions first .. first + n - 1. */
struct taps {
	int first;
	int n;		  /* may be 0: nothing but zeros */
	const int16_t *w; /* [n, rounded up to even] */
};

/*
 * Along a row of RGB pixels of which src is position base: dst[i] = sum of src[taps[i].first - base + k] * w[k]. Reads up to
 * one pixel and one byte beyond the last tap, writes one byte beyond the last pixel: src and dst have that much room
 * (image_init gives it).
 */
void resample_along(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n, int bits);
/* Across rows: dst[i] = sum of rows[k][i] * w[k], for n bytes; rows holds pairs as w does. */
void resample_across(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n, int bits);

void resample_along_plain(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n, int bits);
void resample_across_plain(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n, int bits);

#endif
