/*
 * vec.h - three numbers and what is done with them; rotations are [3][3], rows first
 */
#ifndef FRL_SYNTH_VEC_H
#define FRL_SYNTH_VEC_H

#include <math.h>

static inline float vec_dot(const float a[3], const float b[3])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void vec_sub(float out[3], const float a[3], const float b[3])
{
	for (int k = 0; k < 3; k++)
		out[k] = a[k] - b[k];
}

static inline void vec_add_scaled(float out[3], const float a[3], float s, const float b[3])
{
	for (int k = 0; k < 3; k++)
		out[k] = a[k] + s * b[k];
}

static inline void vec_cross(float out[3], const float a[3], const float b[3])
{
	float x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2], z = a[0] * b[1] - a[1] * b[0];

	out[0] = x;
	out[1] = y;
	out[2] = z;
}

/* A vector of no length stays as it is. */
static inline void vec_unit(float v[3])
{
	float length = sqrtf(vec_dot(v, v));

	if (length > 0)
		for (int k = 0; k < 3; k++)
			v[k] /= length;
}

static inline float vec_distance(const float a[3], const float b[3])
{
	float d[3];

	vec_sub(d, a, b);
	return sqrtf(vec_dot(d, d));
}

/* out = r v, or r^T v. out is not v. */
static inline void vec_rotate(float out[3], const float r[3][3], const float v[3])
{
	for (int k = 0; k < 3; k++)
		out[k] = vec_dot(r[k], v);
}

static inline void vec_rotate_back(float out[3], const float r[3][3], const float v[3])
{
	for (int k = 0; k < 3; k++)
		out[k] = r[0][k] * v[0] + r[1][k] * v[1] + r[2][k] * v[2];
}

/* 0 before a, 1 beyond b, smooth between them; a may be the larger. */
static inline float vec_smooth(float a, float b, float x)
{
	float t = (x - a) / (b - a);

	t = t < 0 ? 0 : t > 1 ? 1 : t;
	return t * t * (3 - 2 * t);
}

static inline float vec_clamp(float v, float least, float most)
{
	return v < least ? least : v > most ? most : v;
}

#endif
