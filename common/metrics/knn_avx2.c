/* knn_avx2.c - see knn_tile.h */
#include "common/metrics/knn_tile.h"

void knn_tile_avx2(const double *rows, const double *cols, size_t dims, double *sum)
{
	knn_tile_loop(rows, cols, dims, sum);
}
