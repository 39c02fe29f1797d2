/*
 * tensor.h - element types and shapes, as weights on disk and the engine name them
 *
 * Tensors are dense, in C order (the last dimension runs fastest), little-endian on disk. A shape without dimensions is a
 * scalar (one element); a dimension of 0 is allowed (no elements).
 */
#ifndef FRL_NN_TENSOR_H
#define FRL_NN_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dtype {
	DTYPE_F64,
	DTYPE_F32,
	DTYPE_F16,  /* IEEE 754 binary16 */
	DTYPE_BF16, /* the upper half of an f32 */
	DTYPE_I64,
	DTYPE_I32,
	DTYPE_I16,
	DTYPE_I8,
	DTYPE_U8,
	DTYPE_BOOL, /* one byte, 0 or 1 */
	DTYPE_COUNT
};

enum { SHAPE_MAX = 8 };

struct shape {
	int n;			/* dimensions, 0..SHAPE_MAX */
	int64_t dim[SHAPE_MAX]; /* each >= 0 */
};

/* Bytes an element takes. */
size_t dtype_size(enum dtype dtype);
/* "F32", "BF16", ..: safetensors' names. */
const char *dtype_name(enum dtype dtype);
/* The type of that name: 0, or -1 (unknown; *dtype unchanged). */
int dtype_parse(const char *name, enum dtype *dtype);
/* NumPy's names of little-endian types, "<f4", "|u1" ..: as dtype_parse. */
int dtype_parse_numpy(const char *descr, enum dtype *dtype);
/* F64, F32, F16, BF16. */
bool dtype_is_float(enum dtype dtype);

/* The number of elements, or -1 when a dimension is negative, n is out of range or the product passes 2^62. */
int64_t shape_count(const struct shape *s);
/* Bytes of a dense tensor, or -1 as above. */
int64_t shape_bytes(const struct shape *s, enum dtype dtype);
bool shape_equal(const struct shape *a, const struct shape *b);

enum { SHAPE_TEXT = 192 }; /* room for any shape as text */
/* "8,3,3,3", "" for a scalar, into text[SHAPE_TEXT]; returns it. */
char *shape_text(const struct shape *s, char *text);

/* ---- values; src and dst of n elements may not overlap, src may be unaligned */

float f16_to_f32(uint16_t h);
float bf16_to_f32(uint16_t h);
/* To nearest, ties to even; too large becomes infinite; NaN stays NaN. */
uint16_t f32_to_f16(float f);
uint16_t f32_to_bf16(float f);

/* Little-endian elements of a float type to f32 (F64 is rounded once): 0, or -1 when dtype is not a float type. */
int tensor_to_f32(float *dst, enum dtype dtype, const void *src, size_t n);
/* Any type to double (BOOL is 0 or 1; I64 beyond 2^53 is rounded). */
void tensor_to_f64(double *dst, enum dtype dtype, const void *src, size_t n);

#endif
