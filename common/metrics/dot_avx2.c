/* dot_avx2.c - see dot_lanes.h */
#include "common/metrics/dot_lanes.h"

double dot_f32_avx2(const float *a, const float *b, size_t n)
{
	return dot_lanes(a, b, n);
}
