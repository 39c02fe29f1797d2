/*
 * num.h - numbers as text, regardless of locale
 *
 * Written by the shortest decimal form that reads back to the same value ("0.1", "1e-07", "12.5", "nan", "inf").
 */
#ifndef FRL_NUM_H
#define FRL_NUM_H

#include <stdint.h>

#define NUM_SIZE 32 /* room for any number and its NUL */

/* Both write into text[NUM_SIZE] and return it. Exponents appear below 1e-5 and from 1e16 (f32: 1e9) on. */
char *num_f32(char *text, float v);
char *num_f64(char *text, double v);

/*
 * The whole of s must be one number (no spaces, no locale, no hexadecimal). 0, or -1: not a number or out of range.
 * The float parsers accept nan, inf, -inf; num_parse_f32 rounds once.
 */
int num_parse_f32(const char *s, float *v);
int num_parse_f64(const char *s, double *v);
int num_parse_i64(const char *s, int64_t *v);
int num_parse_u64(const char *s, uint64_t *v);
/* Bytes with an optional suffix k, m, g, t (powers of 1024). */
int num_parse_bytes(const char *s, uint64_t *v);

#endif
