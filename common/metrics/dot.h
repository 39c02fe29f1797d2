/*
 * dot.h - similarity of embeddings
 */
#ifndef FRL_METRICS_DOT_H
#define FRL_METRICS_DOT_H

#include <stddef.h>

/* The sum of products of n floats, added in double in a fixed order: the same bits on any machine. */
double dot_f32(const float *a, const float *b, size_t n);

#endif
