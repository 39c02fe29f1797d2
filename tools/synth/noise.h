/*
 * noise.h - smooth noise on a lattice: a pure function of seed and place
 */
#ifndef FRL_SYNTH_NOISE_H
#define FRL_SYNTH_NOISE_H

#include <stdint.h>

/* -1..1, smooth over distances of 1. */
float noise3(uint32_t seed, float x, float y, float z);
float noise2(uint32_t seed, float x, float y);
/* Octaves added: each of twice the frequency and `fade` times the strength; about -1..1. */
float noise3_sum(uint32_t seed, float x, float y, float z, int octaves, float fade);
/* A number that seed and two others lead to. */
uint32_t noise_hash(uint32_t seed, uint32_t a, uint32_t b);

#endif
