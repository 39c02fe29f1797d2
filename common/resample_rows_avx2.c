/* resample_rows_avx2.c - the loops of resample_rows.h for AVX2: the SSE2 form, each half of a register for itself */
#include "common/resample_rows.h"

#ifdef __AVX2__
#include <string.h>

#include <immintrin.h>

static __m256i load_weights(const int16_t *w)
{
	int32_t v;
	memcpy(&v, w, sizeof v);
	return _mm256_set1_epi32(v);
}

static __m256i join(__m256i high, __m256i low)
{
	__m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, RESAMPLE_HALF_BITS), low);
	return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(1 << (RESAMPLE_BITS - 1))), RESAMPLE_BITS);
}

/* Eight bytes for each half. */
static __m256i load_two(const void *low, const void *high)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadl_epi64(low)), _mm_loadl_epi64(high), 1);
}

/* Two output pixels at once. */
int resample_along_avx2(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n)
{
	/* two pixels rgbrgb to r0 r1 g0 g1 b0 b1 - - of 16 bits */
	const __m256i pairs = _mm256_broadcastsi128_si256(
		_mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
	const __m256i zero = _mm256_setzero_si256();
	int i = 0;
	for (; i + 2 <= n; i += 2, dst += 6) {
		const struct taps *t = taps + i;
		const uint8_t *p = src + 3 * (int64_t)(t[0].first - base), *q = src + 3 * (int64_t)(t[1].first - base);
		const int16_t *v = t[0].w, *w = t[1].w;
		int steps = (t[0].n + 1) / 2;
		__m256i high = zero, low = zero;
		if ((t[1].n + 1) / 2 != steps)
			break; /* the ends of a row */
		for (int k = 0; k < steps; k++, p += 6, q += 6, v += 4, w += 4) {
			__m256i two = _mm256_shuffle_epi8(load_two(p, q), pairs), weights = load_two(v, w);
			high = _mm256_add_epi32(high, _mm256_madd_epi16(two, _mm256_shuffle_epi32(weights, 0)));
			low = _mm256_add_epi32(low, _mm256_madd_epi16(two, _mm256_shuffle_epi32(weights, 0x55)));
		}
		__m256i sum = _mm256_packs_epi32(join(high, low), zero);
		sum = _mm256_packus_epi16(sum, zero);
		int32_t first = _mm256_extract_epi32(sum, 0), second = _mm256_extract_epi32(sum, 4);
		memcpy(dst, &first, sizeof first);
		memcpy(dst + 3, &second, sizeof second);
	}
	return i;
}

int resample_across_avx2(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n)
{
	const __m256i zero = _mm256_setzero_si256();
	int i = 0;
	for (; i + 32 <= n; i += 32) {
		__m256i high[4] = { zero, zero, zero, zero }, low[4] = { zero, zero, zero, zero };
		for (int k = 0; k < n_rows; k += 2) {
			__m256i p = _mm256_loadu_si256((const __m256i *)(rows[k] + i));
			__m256i q = _mm256_loadu_si256((const __m256i *)(rows[k + 1] + i));
			__m256i a = _mm256_unpacklo_epi8(p, q), b = _mm256_unpackhi_epi8(p, q);
			__m256i pairs[4] = { _mm256_unpacklo_epi8(a, zero), _mm256_unpackhi_epi8(a, zero),
					     _mm256_unpacklo_epi8(b, zero), _mm256_unpackhi_epi8(b, zero) };
			__m256i wh = load_weights(w + 2 * k), wl = load_weights(w + 2 * k + 2);
			for (int c = 0; c < 4; c++) {
				high[c] = _mm256_add_epi32(high[c], _mm256_madd_epi16(pairs[c], wh));
				low[c] = _mm256_add_epi32(low[c], _mm256_madd_epi16(pairs[c], wl));
			}
		}
		__m256i a = _mm256_packs_epi32(join(high[0], low[0]), join(high[1], low[1]));
		__m256i b = _mm256_packs_epi32(join(high[2], low[2]), join(high[3], low[3]));
		_mm256_storeu_si256((__m256i *)(dst + i), _mm256_packus_epi16(a, b));
	}
	return i;
}
#else
int resample_along_avx2(uint8_t *dst, const uint8_t *src, int base, const struct taps *taps, int n)
{
	(void)dst;
	(void)src;
	(void)base;
	(void)taps;
	(void)n;
	return 0;
}

int resample_across_avx2(uint8_t *dst, const uint8_t *const *rows, const int16_t *w, int n_rows, int n)
{
	(void)dst;
	(void)rows;
	(void)w;
	(void)n_rows;
	(void)n;
	return 0;
}
#endif
