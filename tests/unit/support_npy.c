/* support_npy.c - see support_npy.h */
#include "tests/unit/support_npy.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/io.h"
#include "common/le.h"

float *support_npy(const char *file, size_t *count)
{
	struct buf b = { 0 };
	size_t start;
	float *v;

	if (io_slurp(file, 1u << 30, &b, NULL) < 0)
		return NULL;
	if (b.len < 12 || memcmp(b.data, "\x93NUMPY\x01", 7) != 0 || !strstr(b.data + 10, "'<f4'"))
		die(EXIT_CODE_FAILED, "%s: not a float32 .npy of version 1", file);
	start = 10 + (size_t)le_get16(b.data + 8);
	*count = (b.len - start) / 4;
	v = xaligned(*count * sizeof *v + 64);
	for (size_t i = 0; i < *count; i++)
		v[i] = le_getf32(b.data + start + 4 * i);
	buf_release(&b);
	return v;
}
