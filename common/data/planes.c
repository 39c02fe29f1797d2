/* planes.c - which loops, the mean of contrast, and blurring with what lies beyond the border */
#include "common/data/planes.h"

#include <math.h>
#include <string.h>

#include "common/err.h"
#include "common/nn/kern/kern.h"
#include "common/resample.h"

const struct planes_ops *planes_ops(void)
{
#if defined(__x86_64__)
	const char *isa = kern_best()->name;
	if (strncmp(isa, "avx512", 6) == 0)
		return &planes_avx512;
	if (strcmp(isa, "avx2") == 0)
		return &planes_avx2;
#endif
	return &planes_generic;
}

void planes_contrast(const struct planes_ops *ops, uint8_t *const c[3], size_t n, float alpha)
{
	int mean = (int)((double)ops->luma_sum(c, n) / (double)n + .5);
	for (int k = 0; k < 3; k++)
		ops->blend(c[k], n, mean, alpha);
}

void blur_set(struct blur *b, double sigma, int taps)
{
	double g[BLUR_TAPS / 2 + 1], sum = 0, carry = 0;
	int reach = taps / 2, rest = 256;
	if (taps < 1 || taps > BLUR_TAPS || taps % 2 == 0 || !(sigma > 0))
		BUG("blur of %d taps, sigma %g", taps, sigma);
	for (int i = 0; i <= reach; i++) {
		g[i] = exp(-.5 * i * i / (sigma * sigma));
		sum += i ? 2 * g[i] : g[i];
	}
	memset(b, 0, sizeof *b);
	for (int i = reach; i > 0; i--) {
		double want = g[i] / sum * 256 + carry, w = rint(want);
		carry = want - w;
		b->w[i] = (uint16_t)w;
		rest -= 2 * b->w[i];
	}
	b->w[0] = (uint16_t)rest;
	while (reach > 0 && b->w[reach] == 0)
		reach--;
	b->reach = reach;
}

size_t blur_room(int w, int h)
{
	size_t padded = ((size_t)w + 2 * (BLUR_TAPS / 2) + sizeof(float)) / sizeof(float);
	return ((size_t)h + 1) * (size_t)w + padded;
}

void planes_blur(const struct planes_ops *ops, const struct blur *b, uint8_t *plane, int w, int h, float *room)
{
	float *along = room, *sum = along + (size_t)h * (size_t)w;
	uint8_t *padded = (uint8_t *)(sum + w);
	const float *rows[BLUR_TAPS];
	int reach = b->reach;
	if (reach == 0)
		return;
	for (int y = 0; y < h; y++) {
		const uint8_t *row = plane + (size_t)y * (size_t)w;
		memcpy(padded + reach, row, (size_t)w);
		for (int i = 1; i <= reach; i++) {
			padded[reach - i] = row[resample_fill_index(-i, w, RESAMPLE_REFLECT)];
			padded[reach + w - 1 + i] = row[resample_fill_index(w - 1 + i, w, RESAMPLE_REFLECT)];
		}
		ops->blur_along(b, padded + reach, w, along + (size_t)y * (size_t)w);
	}
	for (int y = 0; y < h; y++) {
		for (int k = -reach; k <= reach; k++)
			rows[reach + k] = along + (size_t)resample_fill_index(y + k, h, RESAMPLE_REFLECT) * (size_t)w;
		ops->blur_across(b, rows + reach, w, sum, plane + (size_t)y * (size_t)w);
	}
}
