/*
 * raster.h - which triangle is seen at each sample: a z-buffer
 *
 * Samples lie on a square grid; sample (i, j) is at (i + .5, j + .5), y down. Corners are rounded to 1/64 of a sample, and a
 * sample on an edge belongs to one of its two triangles: a surface without holes is drawn without holes.
 */
#ifndef FRL_SYNTH_RASTER_H
#define FRL_SYNTH_RASTER_H

#include <stdbool.h>
#include <stdint.h>

struct raster {
	int side;	   /* samples in a row, and rows */
	int32_t *triangle; /* [side][side]: its number, -1 for none */
	float *depth;	   /* [side][side]: larger is nearer; -inf for none */
};

void raster_init(struct raster *r, int side); /* zeroed or initialised before; its memory is used again */
void raster_release(struct raster *r);
void raster_clear(struct raster *r);
/*
 * Draws triangles first to first + n - 1. xyz [vertices][3]: place in samples and depth. Those that are seen from behind (their
 * corners run clockwise in the picture) are left out where `front` is set, and so are those with a corner more than 2^15 samples
 * away.
 */
void raster_draw(struct raster *r, const float *xyz, const int32_t (*triangle)[3], int first, int n, bool front);
/* The weights of a triangle's corners at (x, y), in samples; they add up to 1. A triangle without area gives its first corner. */
void raster_weights(const float *xyz, const int32_t triangle[3], float x, float y, float w[3]);

#endif
