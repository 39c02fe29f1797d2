/* npy.c - see npy.h */
#include "tools/curate/npy.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/tensor.h"
#include "common/num.h"

enum { MAGIC = 10, HEADER_MAX = 1024, STRING_MAX = 63 };

/* What stands after 'KEY': in the header's dictionary, or NULL. */
static const char *value_of(const char *header, const char *key)
{
	const char *s = strstr(header, key);

	if (!s)
		return NULL;
	s += strlen(key);
	return s + strspn(s, " :");
}

/* The product of a shape "(68, 2)", at most max; -1: not a shape. */
static int count_of(const char *s, int max)
{
	long n = 1;

	if (!s || *s++ != '(')
		return -1;
	while (*s != ')') {
		char *end;
		long d;

		s += strspn(s, ", ");
		if (*s == ')')
			break;
		d = strtol(s, &end, 10);
		if (end == s || d < 0 || d > max)
			return -1;
		n *= d;
		s = end;
		if (n > max)
			return -1;
	}
	return (int)n;
}

/* The text of a string element: `size` characters of `width` bytes, padded with zeros. */
static int string_number(const char *p, size_t size, size_t width, double *v)
{
	char text[STRING_MAX + 1];
	size_t n = 0;

	for (; n < size && p[n * width]; n++) {
		if (n == STRING_MAX)
			return -1;
		text[n] = p[n * width];
	}
	text[n] = 0;
	return num_parse_f64(text, v) || !isfinite(*v) ? -1 : 0;
}

/* "<f8" and the like. */
static int dtype_of(const char *descr, enum dtype *dtype)
{
	static const struct {
		char name[4];
		enum dtype dtype;
	} known[] = {
		{ "<f8", DTYPE_F64 }, { "<f4", DTYPE_F32 }, { "<i8", DTYPE_I64 }, { "<i4", DTYPE_I32 },
		{ "<i2", DTYPE_I16 }, { "|i1", DTYPE_I8 },  { "|u1", DTYPE_U8 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strncmp(descr, known[i].name, 3) && descr[3] == '\'') {
			*dtype = known[i].dtype;
			return 0;
		}
	return -1;
}

static int read_strings(const char *descr, const char *p, size_t left, double *v, int n)
{
	size_t width = descr[0] == '<' && descr[1] == 'U' ? 4 : 1, size;
	char *end;

	if (width == 1 && (descr[0] != '|' || descr[1] != 'S'))
		return -1;
	size = strtoul(descr + 2, &end, 10);
	if (*end != '\'' || size > STRING_MAX || (size_t)n * size * width > left)
		return -1;
	for (int i = 0; i < n; i++)
		if (string_number(p + (size_t)i * size * width, size, width, v + i))
			return -1;
	return n;
}

int npy_numbers(const char *bytes, size_t len, double *v, int max)
{
	char header[HEADER_MAX + 1];
	const uint8_t *u = (const uint8_t *)bytes;
	const char *descr, *order;
	size_t at, size;
	enum dtype dtype;
	int n;

	if (len < MAGIC + 2 || memcmp(bytes, "\x93NUMPY", 6) != 0 || u[6] < 1 || u[6] > 3)
		return -1;
	at = u[6] == 1 ? MAGIC : MAGIC + 2;
	size = (size_t)u[8] | (size_t)u[9] << 8 | (u[6] == 1 ? 0 : (size_t)u[10] << 16 | (size_t)u[11] << 24);
	if (size > HEADER_MAX || len - at < size)
		return -1;
	memcpy(header, bytes + at, size);
	header[size] = 0;
	descr = value_of(header, "'descr'");
	order = value_of(header, "'fortran_order'");
	n = count_of(value_of(header, "'shape'"), max);
	if (n < 0 || !descr || *descr++ != '\'' || !order || strncmp(order, "False", 5) != 0)
		return -1;
	at += size;
	if (dtype_of(descr, &dtype))
		return read_strings(descr, bytes + at, len - at, v, n);
	if ((size_t)n * dtype_size(dtype) > len - at)
		return -1;
	tensor_to_f64(v, dtype, bytes + at, (size_t)n);
	return n;
}
