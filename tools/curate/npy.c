/* npy.c - see npy.h */
#include "tools/curate/npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/nn/tensor.h"
#include "common/npy.h"
#include "common/num.h"

enum { STRING_MAX = 63 };

/* The text of a string element: `size` characters of `width` bytes, padded with zeros. */
static int string_number(const char *p, size_t size, size_t width, double *v)
{
	char text[STRING_MAX + 1];
	size_t n = 0;

	for (; n < size && p[n * width]; n++) {
		if (n == STRING_MAX || (width > 1 && memcmp(p + n * width + 1, "\0\0", 3) != 0))
			return -1; /* nothing that a number has */
		text[n] = p[n * width];
	}
	text[n] = 0;
	return num_parse_f64(text, v) || !isfinite(*v) ? -1 : 0;
}

static int read_strings(const char *descr, const char *p, size_t left, double *v, int n)
{
	size_t width = descr[0] == '<' && descr[1] == 'U' ? 4 : 1, size;
	char *end;

	if (width == 1 && (descr[0] != '|' || descr[1] != 'S'))
		return -1;
	size = strtoul(descr + 2, &end, 10);
	if (*end || size > STRING_MAX || (size_t)n * size * width > left)
		return -1;
	for (int i = 0; i < n; i++)
		if (string_number(p + (size_t)i * size * width, size, width, v + i))
			return -1;
	return n;
}

int npy_numbers(const char *bytes, size_t len, double *v, int max)
{
	struct npy h;
	uint64_t count = 1;
	enum dtype dtype;
	size_t at;

	if (npy_read(&h, bytes, len, &at, NULL))
		return -1;
	for (int i = 0; i < h.ndim; i++)
		if (__builtin_mul_overflow(count, h.dim[i], &count) || count > (uint64_t)max)
			return -1;
	if (dtype_parse_numpy(h.descr, &dtype))
		return read_strings(h.descr, bytes + at, len - at, v, (int)count);
	if (count * dtype_size(dtype) > len - at)
		return -1;
	tensor_to_f64(v, dtype, bytes + at, (size_t)count);
	return (int)count;
}
