/* noise.c - see noise.h: values at lattice points, joined by cubic weights */
#include "tools/synth/noise.h"

#include <math.h>

/* The finaliser of MurmurHash3: every bit in changes half of those out. */
static uint32_t mix(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

uint32_t noise_hash(uint32_t seed, uint32_t a, uint32_t b)
{
	return mix(mix(mix(seed + 0x9e3779b9) + a) + b);
}

static float value(uint32_t seed, int x, int y, int z)
{
	uint32_t h = seed + (uint32_t)x * 0x8da6b343 + (uint32_t)y * 0xd8163841 + (uint32_t)z * 0xcb1ab31f;

	return (float)(mix(h) >> 8) * 0x1p-23F - 1;
}

static float ease(float t)
{
	return t * t * (3 - 2 * t);
}

static float between(float a, float b, float t)
{
	return a + t * (b - a);
}

static float plane(uint32_t seed, float x, float y, int z)
{
	int ix = (int)floorf(x), iy = (int)floorf(y);
	float tx = ease(x - (float)ix), ty = ease(y - (float)iy);

	return between(between(value(seed, ix, iy, z), value(seed, ix + 1, iy, z), tx),
		       between(value(seed, ix, iy + 1, z), value(seed, ix + 1, iy + 1, z), tx), ty);
}

float noise3(uint32_t seed, float x, float y, float z)
{
	int iz = (int)floorf(z);

	return between(plane(seed, x, y, iz), plane(seed, x, y, iz + 1), ease(z - (float)iz));
}

float noise2(uint32_t seed, float x, float y)
{
	return plane(seed, x, y, 0);
}

float noise3_sum(uint32_t seed, float x, float y, float z, int octaves, float fade)
{
	float sum = 0, strength = 1;

	for (int i = 0; i < octaves; i++) {
		sum += strength * noise3(seed + (uint32_t)i, x, y, z);
		x *= 2, y *= 2, z *= 2;
		strength *= fade;
	}
	return sum;
}
