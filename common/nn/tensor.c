/* tensor.c - element types, shapes, and conversion of elements */
#include "common/nn/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/le.h"
#include "common/nn/bf16.h"

static const struct {
	const char *name;
	size_t size;
	const char *numpy; /* NULL: NumPy has none */
} types[DTYPE_COUNT] = {
	[DTYPE_F64] = { "F64", 8, "<f8" },   [DTYPE_F32] = { "F32", 4, "<f4" }, [DTYPE_F16] = { "F16", 2, "<f2" },
	[DTYPE_BF16] = { "BF16", 2, NULL },  [DTYPE_I64] = { "I64", 8, "<i8" }, [DTYPE_I32] = { "I32", 4, "<i4" },
	[DTYPE_I16] = { "I16", 2, "<i2" },   [DTYPE_I8] = { "I8", 1, "|i1" },	[DTYPE_U8] = { "U8", 1, "|u1" },
	[DTYPE_BOOL] = { "BOOL", 1, "|b1" },
};

size_t dtype_size(enum dtype dtype)
{
	if ((unsigned)dtype >= DTYPE_COUNT)
		BUG("dtype %d", (int)dtype);
	return types[dtype].size;
}

const char *dtype_name(enum dtype dtype)
{
	if ((unsigned)dtype >= DTYPE_COUNT)
		BUG("dtype %d", (int)dtype);
	return types[dtype].name;
}

int dtype_parse(const char *name, enum dtype *dtype)
{
	for (int i = 0; i < DTYPE_COUNT; i++) {
		if (strcmp(name, types[i].name) == 0) {
			*dtype = (enum dtype)i;
			return 0;
		}
	}
	return -1;
}

int dtype_parse_numpy(const char *descr, enum dtype *dtype)
{
	for (int i = 0; i < DTYPE_COUNT; i++) {
		if (types[i].numpy && strcmp(descr, types[i].numpy) == 0) {
			*dtype = (enum dtype)i;
			return 0;
		}
	}
	return -1;
}

bool dtype_is_float(enum dtype dtype)
{
	return dtype == DTYPE_F64 || dtype == DTYPE_F32 || dtype == DTYPE_F16 || dtype == DTYPE_BF16;
}

int64_t shape_count(const struct shape *s)
{
	const int64_t limit = INT64_C(1) << 62;
	int64_t count = 1;
	bool empty = false;

	if (s->n < 0 || s->n > SHAPE_MAX)
		return -1;
	/* Dimensions around a zero are held to the limit too, so that strides computed from them cannot overflow. */
	for (int i = 0; i < s->n; i++) {
		if (s->dim[i] < 0)
			return -1;
		if (s->dim[i] == 0)
			empty = true;
		else if (count > limit / s->dim[i])
			return -1;
		else
			count *= s->dim[i];
	}
	return empty ? 0 : count;
}

int64_t shape_bytes(const struct shape *s, enum dtype dtype)
{
	int64_t count = shape_count(s), size = (int64_t)dtype_size(dtype);

	if (count < 0 || count > (INT64_C(1) << 62) / size)
		return -1;
	return count * size;
}

bool shape_equal(const struct shape *a, const struct shape *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->dim[i] != b->dim[i])
			return false;
	return true;
}

char *shape_text(const struct shape *s, char *text)
{
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < s->n && i < SHAPE_MAX; i++)
		len += (size_t)snprintf(text + len, SHAPE_TEXT - len, "%s%" PRId64, i ? "," : "", s->dim[i]);
	return text;
}

static float bits_f32(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

static uint32_t f32_bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof u);
	return u;
}

float f16_to_f32(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16;
	uint32_t exponent = h >> 10 & 31, mantissa = h & 1023;

	if (exponent == 31)
		return bits_f32(sign | 0x7f800000 | mantissa << 13);
	if (exponent == 0) {
		/* Subnormal: mantissa * 2^-24, exact in f32. */
		float f = (float)mantissa * 0x1p-24f;
		return sign ? -f : f;
	}
	return bits_f32(sign | (exponent + 112) << 23 | mantissa << 13);
}

float bf16_to_f32(uint16_t h)
{
	return bf16_value(h);
}

uint16_t f32_to_f16(float f)
{
	uint32_t u = f32_bits(f), sign = u >> 16 & 0x8000, rest = u & 0x7fffffff;

	if (rest > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x1ff));
	if (rest >= 0x477ff000) /* 65520 and more round to infinity */
		return (uint16_t)(sign | 0x7c00);
	if (rest < 0x38800000) {
		/* Below 2^-14: adding .5 puts the subnormal's last place at f32's last place, and rounds. */
		float magic = bits_f32(rest) + 0.5f;
		return (uint16_t)(sign | (f32_bits(magic) - f32_bits(0.5f)));
	}
	rest += 0xfff + (rest >> 13 & 1);
	return (uint16_t)(sign | (rest - (112U << 23)) >> 13);
}

uint16_t f32_to_bf16(float f)
{
	return bf16_of(f);
}

int tensor_to_f32(float *dst, enum dtype dtype, const void *src, size_t n)
{
	const uint8_t *p = src;

	switch (dtype) {
	case DTYPE_F64:
		for (size_t i = 0; i < n; i++)
			dst[i] = (float)le_getf64(p + 8 * i);
		return 0;
	case DTYPE_F32:
		for (size_t i = 0; i < n; i++)
			dst[i] = le_getf32(p + 4 * i);
		return 0;
	case DTYPE_F16:
		for (size_t i = 0; i < n; i++)
			dst[i] = f16_to_f32(le_get16(p + 2 * i));
		return 0;
	case DTYPE_BF16:
		for (size_t i = 0; i < n; i++)
			dst[i] = bf16_to_f32(le_get16(p + 2 * i));
		return 0;
	default:
		return -1;
	}
}

static double element_f64(enum dtype dtype, const uint8_t *p)
{
	switch (dtype) {
	case DTYPE_F64:
		return le_getf64(p);
	case DTYPE_F32:
		return (double)le_getf32(p);
	case DTYPE_F16:
		return (double)f16_to_f32(le_get16(p));
	case DTYPE_BF16:
		return (double)bf16_to_f32(le_get16(p));
	case DTYPE_I64:
		return (double)(int64_t)le_get64(p);
	case DTYPE_I32:
		return (double)(int32_t)le_get32(p);
	case DTYPE_I16:
		return (double)(int16_t)le_get16(p);
	case DTYPE_I8:
		return (double)(int8_t)*p;
	case DTYPE_U8:
		return (double)*p;
	case DTYPE_BOOL:
		return *p ? 1 : 0;
	default:
		BUG("dtype %d", (int)dtype);
	}
}

void tensor_to_f64(double *dst, enum dtype dtype, const void *src, size_t n)
{
	const uint8_t *p = src;
	size_t size = dtype_size(dtype);

	for (size_t i = 0; i < n; i++)
		dst[i] = element_f64(dtype, p + size * i);
}
