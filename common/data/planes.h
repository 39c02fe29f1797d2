/*
 * planes.h - pictures as three planes of bytes (red, green, blue): the operations of colour jitter, grey, and blur
 *
 * Values are, byte by byte, those of Pillow (convert("L"), ImageEnhance, HSV in 8 bits) and of OpenCV (GaussianBlur of
 * 8-bit pictures). One set of loops per instruction set, all of which give the same bytes.
 */
#ifndef FRL_DATA_PLANES_H
#define FRL_DATA_PLANES_H

#include <stddef.h>
#include <stdint.h>

/* The most taps a blur may have. */
#define BLUR_TAPS 63

struct blur {
	int reach;		       /* taps at -reach .. reach */
	uint16_t w[BLUR_TAPS / 2 + 1]; /* at distance 0 .. reach; in units of 1/256, their sum over all taps is 256 */
};

/* Loops over planes of n pixels, n < 2^24; planes do not overlap. */
struct planes_ops {
	const char *name;
	/* RGB pixels to planes. */
	void (*split)(const uint8_t *rgb, size_t n, uint8_t *const c[3]);
	/* p = to + alpha (p - to), cut off to an integer in 0..255: ImageEnhance's blend with a constant. */
	void (*blend)(uint8_t *p, size_t n, int to, float alpha);
	/* The same with each pixel's own luma. */
	void (*saturate)(uint8_t *const c[3], size_t n, float alpha);
	/* The sum of the luma, (19595 R + 38470 G + 7471 B + 2^15) / 2^16 cut off to an integer, of all pixels. */
	uint32_t (*luma_sum)(uint8_t *const c[3], size_t n);
	/* Luma in all three planes. */
	void (*grey)(uint8_t *const c[3], size_t n);
	/* To HSV in 8 bits, shift (in 1/256 of a byte's turn) added to the hue, and back. */
	void (*hue)(uint8_t *const c[3], size_t n, uint8_t shift);
	/* src has b->reach pixels before its first and after its last; out[i] = sum of w src, exact. */
	void (*blur_along)(const struct blur *b, const uint8_t *src, int n, float *out);
	/* rows[-reach .. reach], each from blur_along; out = the sum of w rows / 2^16, rounded. sum: room for n. */
	void (*blur_across)(const struct blur *b, const float *const *rows, int n, float *sum, uint8_t *out);
	/* out[i] = p[n - 1 - i]; they do not overlap. */
	void (*mirror)(const uint8_t *p, size_t n, uint8_t *out);
	/* out = (p / 255 - mean) / std in float, each of the three rounded. */
	void (*normalise)(const uint8_t *p, size_t n, float mean, float std, float *out);
};

/* The best for this machine that FRL_ISA allows. */
const struct planes_ops *planes_ops(void);

extern const struct planes_ops planes_generic;
#if defined(__x86_64__)
extern const struct planes_ops planes_avx2, planes_avx512;
#endif

/* Contrast about the mean luma, rounded. */
void planes_contrast(const struct planes_ops *ops, uint8_t *const c[3], size_t n, float alpha);

/*
 * The kernel that OpenCV's GaussianBlur takes for 8-bit pictures: a Gaussian of `taps` (odd, up to BLUR_TAPS) taps, rounded
 * to 1/256 from the ends inwards, each rounding error handed on to the next tap. Taps that come out as 0 are left out.
 */
void blur_set(struct blur *b, double sigma, int taps);
/* Floats that planes_blur needs. */
size_t blur_room(int w, int h);
/* One plane, in place, reflected beyond its border without repeating the border itself. */
void planes_blur(const struct planes_ops *ops, const struct blur *b, uint8_t *plane, int w, int h, float *room);

#endif
