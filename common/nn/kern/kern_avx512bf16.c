/* kern_avx512bf16.c - bf16 kernels for AVX-512 with BF16: 2-byte elements, pairs of products summed in f32 */
#include "common/nn/kern/kern_priv.h"

#if defined(__x86_64__)
#include "common/nn/kern/vec_avx512.h"

#define KERN_ELEM_BF16
typedef uint16_t elem;

INLINE vec eload(const elem *p)
{
	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)p)), 16));
}

INLINE void estore(elem *p, vec v)
{
	_mm256_store_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(v));
}

INLINE void round_all(vec *v, const int n, int round)
{
	(void)v, (void)n, (void)round; /* estore() does */
}

/* As sum_f32() of simd_tile.h; channels in pairs (an odd one's partner is 0), weights [B / 2][B out][2]. */
INLINE void sum_elem(vec *acc, const int nb, const int np, const elem *x, int nc, const elem *w, ptrdiff_t wblk)
{
	for (int c = 0; c < nc; c += 2, x += 2, w += 2 * B) {
		__m512bh wv[NB_MAX];

		UNROLLED (j, nb)
			wv[j] = (__m512bh)_mm512_load_si512(w + j * wblk);
		UNROLLED (i, np) {
			int32_t pair;

			memcpy(&pair, x + i * B, sizeof(pair));
			UNROLLED (j, nb)
				acc[j * np + i] = _mm512_dpbf16_ps(acc[j * np + i], wv[j],
								   (__m512bh)_mm512_set1_epi32(pair));
		}
	}
}

#define KERN_OPS kern_ops_avx512bf16
#include "common/nn/kern/simd_ops.h"
#endif
