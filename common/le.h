/*
 * le.h - little-endian integers and floats, byte by byte
 *
 * Formats on disk are read and written through these, never as a struct and never by the machine's own order.
 */
#ifndef FRL_LE_H
#define FRL_LE_H

#include <stdint.h>
#include <string.h>

static inline uint16_t le_get16(const void *p)
{
	const uint8_t *b = p;
	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t le_get32(const void *p)
{
	const uint8_t *b = p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t le_get64(const void *p)
{
	return le_get32(p) | (uint64_t)le_get32((const uint8_t *)p + 4) << 32;
}

static inline void le_put16(void *p, uint16_t v)
{
	uint8_t *b = p;
	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline void le_put32(void *p, uint32_t v)
{
	uint8_t *b = p;
	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> (8 * i));
}

static inline void le_put64(void *p, uint64_t v)
{
	le_put32(p, (uint32_t)v);
	le_put32((uint8_t *)p + 4, (uint32_t)(v >> 32));
}

static inline float le_getf32(const void *p)
{
	uint32_t u = le_get32(p);
	float f;
	memcpy(&f, &u, sizeof f);
	return f;
}

static inline double le_getf64(const void *p)
{
	uint64_t u = le_get64(p);
	double d;
	memcpy(&d, &u, sizeof d);
	return d;
}

static inline void le_putf32(void *p, float f)
{
	uint32_t u;
	memcpy(&u, &f, sizeof u);
	le_put32(p, u);
}

#endif
