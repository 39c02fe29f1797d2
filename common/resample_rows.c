/* resample_rows.c - see resample_rows.h; SSE2 is part of every x86-64, machines of other kinds take the plain form */
#include "common/resample_rows.h"

#include <stdbool.h>
#include <string.h>

enum { HALF = 1 << (RESAMPLE_BITS - 1) };

static uint8_t narrow(int32_t sum)
{
	int32_t v = sum >> RESAMPLE_BITS;
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Weight k of a tap's. */
static int32_t weight(const int16_t *w, int k)
{
	const int16_t *pair = w + 4 * (k / 2) + k % 2;
	return pair[0] * (1 << RESAMPLE_HALF_BITS) + pair[2];
}

void resample_along_plain(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n)
{
	for (int i = 0; i < n; i++, dst += 3) {
		const uint8_t *s = src + 3 * (int64_t)(taps[i].first - base);
		int32_t r = HALF, g = HALF, b = HALF;
		for (int k = 0; k < taps[i].n; k++, s += 3) {
			int32_t w = weight(taps[i].w, k);
			r += s[0] * w;
			g += s[1] * w;
			b += s[2] * w;
		}
		dst[0] = narrow(r);
		dst[1] = narrow(g);
		dst[2] = narrow(b);
	}
}

static void across_from(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int from, int n)
{
	for (int i = from; i < n; i++) {
		int32_t sum = HALF;
		for (int k = 0; k < n_rows; k++)
			sum += rows[k][i] * weight(w, k);
		dst[i] = narrow(sum);
	}
}

void resample_across_plain(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n)
{
	across_from(dst, rows, w, n_rows, 0, n);
}

#ifdef __SSE2__
#include <emmintrin.h>

static __m128i load_pixel(const uint8_t *p)
{
	int32_t v;
	memcpy(&v, p, sizeof v);
	return _mm_cvtsi32_si128(v);
}

/* Two halves of weights, four times. */
static __m128i load_weights(const int16_t *w)
{
	int32_t v;
	memcpy(&v, w, sizeof v);
	return _mm_set1_epi32(v);
}

/* The sums of high and of low halves, put together, rounded, and shifted down. */
static __m128i join(__m128i high, __m128i low)
{
	__m128i sum = _mm_add_epi32(_mm_slli_epi32(high, RESAMPLE_HALF_BITS), low);
	return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(HALF)), RESAMPLE_BITS);
}

void resample_along(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n)
{
	const __m128i zero = _mm_setzero_si128();
	bool avx2 = __builtin_cpu_supports("avx2");
	for (int i = 0; i < n; i++, dst += 3) {
		int done = avx2 ? resample_along_avx2(dst, src, base, taps + i, n - i) : 0;
		i += done;
		dst += 3 * done;
		if (i == n)
			break;
		const uint8_t *s = src + 3 * (int64_t)(taps[i].first - base);
		const int16_t *w = taps[i].w;
		__m128i high = zero, low = zero;
		for (int k = 0; k < taps[i].n; k += 2, s += 6, w += 4) {
			/* r0 r1 g0 g1 b0 b1 - - as 16 bits, times w0 w1 w0 w1 .., neighbours added */
			__m128i pair = _mm_unpacklo_epi8(load_pixel(s), load_pixel(s + 3));
			pair = _mm_unpacklo_epi8(pair, zero);
			high = _mm_add_epi32(high, _mm_madd_epi16(pair, load_weights(w)));
			low = _mm_add_epi32(low, _mm_madd_epi16(pair, load_weights(w + 2)));
		}
		__m128i sum = _mm_packs_epi32(join(high, low), zero);
		int32_t rgb = _mm_cvtsi128_si32(_mm_packus_epi16(sum, zero));
		memcpy(dst, &rgb, sizeof rgb);
	}
}

void resample_across(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n)
{
	const __m128i zero = _mm_setzero_si128();
	int i = __builtin_cpu_supports("avx2") ? resample_across_avx2(dst, rows, w, n_rows, n) : 0;
	for (; i + 16 <= n; i += 16) {
		__m128i high[4] = { zero, zero, zero, zero }, low[4] = { zero, zero, zero, zero };
		for (int k = 0; k < n_rows; k += 2) {
			__m128i p = _mm_loadu_si128((const __m128i *)(rows[k] + i));
			__m128i q = _mm_loadu_si128((const __m128i *)(rows[k + 1] + i));
			__m128i a = _mm_unpacklo_epi8(p, q), b = _mm_unpackhi_epi8(p, q);
			__m128i pairs[4] = { _mm_unpacklo_epi8(a, zero), _mm_unpackhi_epi8(a, zero),
					     _mm_unpacklo_epi8(b, zero), _mm_unpackhi_epi8(b, zero) };
			__m128i wh = load_weights(w + 2 * k), wl = load_weights(w + 2 * k + 2);
			for (int c = 0; c < 4; c++) {
				high[c] = _mm_add_epi32(high[c], _mm_madd_epi16(pairs[c], wh));
				low[c] = _mm_add_epi32(low[c], _mm_madd_epi16(pairs[c], wl));
			}
		}
		__m128i a = _mm_packs_epi32(join(high[0], low[0]), join(high[1], low[1]));
		__m128i b = _mm_packs_epi32(join(high[2], low[2]), join(high[3], low[3]));
		_mm_storeu_si128((__m128i *)(dst + i), _mm_packus_epi16(a, b));
	}
	across_from(dst, rows, w, n_rows, i, n);
}
#else
void resample_along(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n)
{
	resample_along_plain(dst, src, base, taps, n);
}

void resample_across(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n)
{
	resample_across_plain(dst, rows, w, n_rows, n);
}
#endif
