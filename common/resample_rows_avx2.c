/* resample_rows_avx2.c - resample_across for AVX2: the SSE2 form on twice as many bytes, each half of a register for itself */
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
