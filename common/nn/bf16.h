/*
 * bf16.h - the upper half of an f32: to nearest, ties to even; too large becomes infinite; NaN stays NaN
 */
#ifndef FRL_NN_BF16_H
#define FRL_NN_BF16_H

#include <stdint.h>
#include <string.h>

static inline float bf16_value(uint16_t h)
{
	uint32_t u = (uint32_t)h << 16;
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

static inline uint16_t bf16_of(float f)
{
	uint32_t u, up;

	memcpy(&u, &f, sizeof u);
	up = (u + 0x7fff + (u >> 16 & 1)) >> 16;
	return (uint16_t)((u & 0x7fffffff) > 0x7f800000 ? u >> 16 | 0x40 : up);
}

static inline float bf16_rounded(float f)
{
	return bf16_value(bf16_of(f));
}

#endif
