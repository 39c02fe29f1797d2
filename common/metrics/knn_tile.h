/*
 * knn_tile.h - the loop of knn.c, compiled once for each instruction set
 *
 * Products of two floats are exact in double, so a fused multiply-add rounds as the two operations do, and every
 * instruction set gives the same bits.
 */
#ifndef FRL_METRICS_KNN_TILE_H
#define FRL_METRICS_KNN_TILE_H

#include <stddef.h>
#include <string.h>

enum { KNN_ROWS = 8, KNN_COLS = 16 };

typedef double knn_double8 __attribute__((vector_size(64)));

/* sum [KNN_ROWS][KNN_COLS] += over d in order: rows [dims][KNN_ROWS] times cols [dims][KNN_COLS]. */
typedef void knn_tile_fn(const double *rows, const double *cols, size_t dims, double *sum);

static inline __attribute__((always_inline)) void knn_tile_loop(const double *rows, const double *cols, size_t dims,
								double *sum)
{
	knn_double8 s[KNN_ROWS][2];

	memcpy(s, sum, sizeof s);
	for (size_t d = 0; d < dims; d++, rows += KNN_ROWS, cols += KNN_COLS) {
		knn_double8 a, b;

		memcpy(&a, cols, sizeof a);
		memcpy(&b, cols + 8, sizeof b);
#pragma GCC unroll 8
		for (int r = 0; r < KNN_ROWS; r++) {
			s[r][0] += a * rows[r];
			s[r][1] += b * rows[r];
		}
	}
	memcpy(sum, s, sizeof s);
}

knn_tile_fn knn_tile_avx2, knn_tile_avx512;

#endif
