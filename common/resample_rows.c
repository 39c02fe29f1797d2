/* resample_rows.c - see resample_rows.h; SSE2 is part of every x86-64, other machines take the plain form */
#include "common/resample_rows.h"

#include <string.h>

static uint8_t narrow(int32_t sum, int bits)
{
	int32_t v = sum >> bits;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

void resample_along_plain(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n, int bits)
{
	for (int i = 0; i < n; i++, dst += 3) {
		const uint8_t *s = src + 3 * (int64_t)(taps[i].first - base);
		int32_t r = 1 << (bits - 1), g = r, b = r;
		for (int k = 0; k < taps[i].n; k++, s += 3) {
			r += s[0] * taps[i].w[k];
			g += s[1] * taps[i].w[k];
			b += s[2] * taps[i].w[k];
		}
		dst[0] = narrow(r, bits);
		dst[1] = narrow(g, bits);
		dst[2] = narrow(b, bits);
	}
}

static void across_from(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int from, int n,
			int bits)
{
	for (int i = from; i < n; i++) {
		int32_t sum = 1 << (bits - 1);
		for (int k = 0; k < n_rows; k++)
			sum += rows[k][i] * w[k];
		dst[i] = narrow(sum, bits);
	}
}

void resample_across_plain(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n, int bits)
{
	across_from(dst, rows, w, n_rows, 0, n, bits);
}

#ifdef __SSE2__
#include <emmintrin.h>

static __m128i load_pixel(const uint8_t *p)
{
	int32_t v;
	memcpy(&v, p, sizeof v);
	return _mm_cvtsi32_si128(v);
}

/* Two weights, four times. */
static __m128i load_weights(const int16_t *w)
{
	int32_t v;
	memcpy(&v, w, sizeof v);
	return _mm_set1_epi32(v);
}

void resample_along(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n, int bits)
{
	const __m128i zero = _mm_setzero_si128(), half = _mm_set1_epi32(1 << (bits - 1));
	const __m128i shift = _mm_cvtsi32_si128(bits);
	for (int i = 0; i < n; i++, dst += 3) {
		const uint8_t *s = src + 3 * (int64_t)(taps[i].first - base);
		const int16_t *w = taps[i].w;
		__m128i sum = half;
		for (int k = 0; k < taps[i].n; k += 2, s += 6, w += 2) {
			/* r0 r1 g0 g1 b0 b1 - - as 16 bits, times w0 w1 w0 w1 .., neighbours added */
			__m128i pair = _mm_unpacklo_epi8(load_pixel(s), load_pixel(s + 3));
			sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_unpacklo_epi8(pair, zero), load_weights(w)));
		}
		sum = _mm_packs_epi32(_mm_sra_epi32(sum, shift), zero);
		int32_t rgb = _mm_cvtsi128_si32(_mm_packus_epi16(sum, zero));
		memcpy(dst, &rgb, sizeof rgb);
	}
}

void resample_across(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n, int bits)
{
	const __m128i zero = _mm_setzero_si128(), half = _mm_set1_epi32(1 << (bits - 1));
	const __m128i shift = _mm_cvtsi32_si128(bits);
	int i = 0;
	for (; i + 16 <= n; i += 16) {
		__m128i a = half, b = half, c = half, d = half;
		for (int k = 0; k < n_rows; k += 2) {
			__m128i p = _mm_loadu_si128((const __m128i *)(rows[k] + i));
			__m128i q = _mm_loadu_si128((const __m128i *)(rows[k + 1] + i));
			__m128i lo = _mm_unpacklo_epi8(p, q), hi = _mm_unpackhi_epi8(p, q), v = load_weights(w + k);
			a = _mm_add_epi32(a, _mm_madd_epi16(_mm_unpacklo_epi8(lo, zero), v));
			b = _mm_add_epi32(b, _mm_madd_epi16(_mm_unpackhi_epi8(lo, zero), v));
			c = _mm_add_epi32(c, _mm_madd_epi16(_mm_unpacklo_epi8(hi, zero), v));
			d = _mm_add_epi32(d, _mm_madd_epi16(_mm_unpackhi_epi8(hi, zero), v));
		}
		a = _mm_packs_epi32(_mm_sra_epi32(a, shift), _mm_sra_epi32(b, shift));
		c = _mm_packs_epi32(_mm_sra_epi32(c, shift), _mm_sra_epi32(d, shift));
		_mm_storeu_si128((__m128i *)(dst + i), _mm_packus_epi16(a, c));
	}
	across_from(dst, rows, w, n_rows, i, n, bits);
}
#else
void resample_along(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n, int bits)
{
	resample_along_plain(dst, src, base, taps, n, bits);
}

void resample_across(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n, int bits)
{
	resample_across_plain(dst, rows, w, n_rows, n, bits);
}
#endif
