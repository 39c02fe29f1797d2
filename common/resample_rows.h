/*
 * resample_rows.h - the two inner loops of resample.c, in plain C and for SSE2
 *
 * Weighted sums of pixels in integers: a weight is a multiple of 2^-22, sums are rounded and clamped to 0..255. That is
 * exactly what Pillow computes. A weight is kept in two halves of 11 bits that 16-bit multiplications can take, and weights
 * in pairs, as four numbers: high, high, low, low. The last pair may be filled up with a weight of zero.
 */
#ifndef FRL_RESAMPLE_ROWS_H
#define FRL_RESAMPLE_ROWS_H

#include <stdint.h>

/* The weights of one output position: input positions first .. first + n - 1. */
struct taps {
	int first;
	int n;		  /* may be 0: nothing but zeros */
	const int16_t *w; /* [4 * ((n + 1) / 2)] */
};

enum { RESAMPLE_BITS = 22, RESAMPLE_HALF_BITS = 11 };

/*
 * Along a row of RGB pixels of which src is position base: dst[i] = sum of src[taps[i].first - base + k] * weight k. Reads up to
 * one pixel and two bytes beyond the last tap, writes one byte beyond the last pixel: src and dst have that much room
 * (image_init gives it).
 */
void resample_along(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n);
/* Across rows: dst[i] = sum of rows[k][i] * weight k, for n bytes; rows comes in pairs, too. */
void resample_across(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n);

/* As much of it as goes two by two, up to positions that have other numbers of taps; in whole registers: how many pixels,
 * or bytes, are done. For processors that have AVX2. */
int resample_along_avx2(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n);
int resample_across_avx2(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n);

void resample_along_plain(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n);
void resample_across_plain(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n);

#endif
